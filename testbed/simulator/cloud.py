# SPDX-License-Identifier: Apache-2.0
"""One simulated cloud: takes requests to its services, on good days and bad.

It knows nothing of sockets: whoever has a request asks ``answer``.  So a test can
drive it without HTTP, and what a request does is done at once and as a whole.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection, Mapping
from typing import Any

from testbed.simulator.cinder import Cinder
from testbed.simulator.control import Control
from testbed.simulator.faults import Faults, Plan
from testbed.simulator.glance import Glance
from testbed.simulator.http import Upload
from testbed.simulator.keystone import Keystone
from testbed.simulator.keystone.bootstrap import bootstrap
from testbed.simulator.keystone.resources import KINDS
from testbed.simulator.keystone.tokens import Tokens
from testbed.simulator.log import Log
from testbed.simulator.messages import Answer, Request, json_answer
from testbed.simulator.neutron import Neutron
from testbed.simulator.nova import Nova
from testbed.simulator.releases import RELEASES
from testbed.simulator.router import Route
from testbed.simulator.service import Service
from testbed.simulator.settings import Settings
from testbed.simulator.state import State

_SERVICES: tuple[type[Service], ...] = (Keystone, Nova, Neutron, Glance, Cinder)


class SimulatedCloud:
    """A cloud with its services and all they know.

    :param name: ``source`` or ``destination``; part of the names of its hosts
    :param release: ``zed`` or ``2026.2``
    :param settings: how it behaves; see there
    :param clock: Unix time in seconds
    """

    def __init__(
        self,
        name: str = "source",
        release: str = "zed",
        settings: Settings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.release = RELEASES[release]
        self.settings = settings or Settings()
        self.clock = clock
        self.state = State(f"{self.settings.seed}/{name}", clock)
        self.tokens = Tokens(self)
        self.faults = Faults(self.settings.seed)
        self.log = Log()
        self.connections: Collection[object] = ()  # open ones, of whoever listens
        self.services: Mapping[str, Any] = {s.name: s(self) for s in _SERVICES}
        self.control = Control(self)
        bootstrap(self)
        self._fresh = self.state.keep()

    def reset(self, kept: bytes | None = None) -> None:
        """Back to a kept state, or to when it was new; without faults and log."""
        self.state.restore(kept or self._fresh)
        self.faults.clear()
        self.log.clear()

    def tick(self) -> None:
        """Does what was to happen until now."""
        for job, arguments in self.state.due():
            service, _, method = job.partition(".")
            getattr(self.services[service], method)(*arguments)

    # -- for the HTTP layer ------------------------------------------------
    def answer(self, request: Request) -> Answer:
        """The answer to a request.  Never raises."""
        self.tick()
        segments = request.segments
        service = self.services.get(segments[0]) if segments else None
        if service is None:
            if segments and segments[0] == "_simulator":
                return self.control.answer(request, segments[1:])
            return json_answer(404, {"message": "no such service"})
        route, values, known = service.router.find(request.method, segments[1:])
        if route is None and known:
            found = json_answer(405, {"message": "The method is not allowed."})
            return self._logged(request, service, route, found)
        plan = self.faults.plan(request) if self.faults.rules else None
        return self._carry_out(request, service, route, values, plan)

    def upload(self, request: Request) -> Upload | None:
        """Who takes a body as it comes: Glance, an image's data."""
        segments = request.segments
        if segments[:1] != ["image"] or segments[-1] != "file":
            return None
        self.tick()
        glance = self.services["image"]
        plan = self.faults.plan(request) if self.faults.rules else None
        refused = self._refused(request, glance, plan)
        route, values, _ = glance.router.find(request.method, segments[1:])
        return glance.uploads(
            request,
            values,
            refused=refused,
            cut=plan.cut if plan else None,
            told=lambda found: self._told(request, glance, route, found, plan),
        )

    # -- inside ------------------------------------------------------------
    def _carry_out(
        self,
        request: Request,
        service: Service,
        route: Route | None,
        values: list[str],
        plan: Plan | None,
    ) -> Answer:
        found = self._refused(request, service, plan)
        if found is None:
            try:
                found = service.serve(request, route, values)
            except Exception:  # noqa: BLE001  a fault of the simulator, seen as 500
                found = json_answer(500, {"error": {"message": traceback.format_exc()}})
                self.log.crashes.append(traceback.format_exc())
        return self._told(request, service, route, found, plan)

    def _refused(
        self, request: Request, service: Service, plan: Plan | None
    ) -> Answer | None:
        """What a fault answers in place of the service, if one does."""
        if plan is None:
            return None
        for kind in plan.first:
            if kind == "expire":
                self.state.tokens.remove(request.headers.get("x-auth-token", ""))
            elif kind == "vanish":
                self._vanish(request)
            elif kind == "quota":
                return service.refusal(service.out_of_quota())
        return plan.instead

    def _told(
        self,
        request: Request,
        service: Service,
        route: Route | None,
        found: Answer,
        plan: Plan | None,
    ) -> Answer:
        """What the client gets to see of an answer."""
        found.delay += self.settings.delay(service.log_name)
        if plan is not None:
            if plan.doom and found.status < 300:
                self.services["compute"].doom(found, plan.doom)
            found = plan.applied_to(found)
        return self._logged(request, service, route, found)

    def _vanish(self, request: Request) -> None:
        for segment in reversed(request.segments):
            if segment in self.state.ports:
                self.services["network"].remove_port(segment)
                return
            for kind in KINDS:
                if segment in self.state.tables[f"{kind}s"]:
                    self.services["identity"].forget(kind, segment)
                    return
            for table in self.state.tables.values():
                if table.remove(segment) is not None:
                    return

    def _logged(
        self, request: Request, service: Service, route: Route | None, found: Answer
    ) -> Answer:
        name = route.name if route else f"{request.method} ?"
        self.log.add(request, service.log_name, name, found)
        number = self.log.total
        found.headers["x-openstack-request-id"] = f"req-{number:032x}"
        return found
