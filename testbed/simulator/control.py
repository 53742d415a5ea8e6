# SPDX-License-Identifier: Apache-2.0
"""The simulator's own API, below ``/_simulator``, without tokens.

=======  ====================  ===============================================
GET      /                     name, release, settings, counts of records and
                               open connections
GET      /log?last=N           requests by service, route and status
DELETE   /log                  forget them
GET      /faults               the rules, with how often each hit
POST     /faults               one more rule: the fields of ``faults.Rule``
DELETE   /faults[/ID]          all rules, or one
PUT      /settings             the fields of ``settings.Settings``
GET      /dump                 all records, by type and id
POST     /reset                as it was when new
PUT      /snapshots/NAME       keep everything under that name
POST     /snapshots/NAME       back to that
POST     /seed                 tenants in bulk: the arguments of ``seed.fill``
=======  ====================  ===============================================
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from testbed.simulator.messages import Answer, Request, json_answer
from testbed.simulator.settings import Settings

if TYPE_CHECKING:
    from testbed.simulator.cloud import SimulatedCloud

_SETTINGS = {field.name for field in fields(Settings)}


class Control:
    """Carries out what comes in by that API."""

    def __init__(self, cloud: SimulatedCloud) -> None:
        self._cloud = cloud
        self._kept: dict[str, bytes] = {}

    def answer(self, request: Request, path: list[str]) -> Answer:
        """The answer to a request to *path*."""
        name = f"{request.method}_{path[0] if path else 'status'}".lower()
        handler = getattr(self, f"_{name}", None)
        if handler is None:
            return json_answer(404, {"message": f"nothing like {name}"})
        try:
            return json_answer(200, handler(request, *path[1:]))
        except (ValueError, TypeError, KeyError) as error:
            return json_answer(400, {"message": f"{type(error).__name__}: {error}"})

    def _get_status(self, request: Request) -> Any:
        cloud = self._cloud
        settings = {k: v for k, v in asdict(cloud.settings).items() if "pass" not in k}
        return {
            "name": cloud.name,
            "release": cloud.release.name,
            "settings": settings,
            "records": {k: len(t) for k, t in sorted(cloud.state.tables.items())},
            "next_due": cloud.state.next_due,
            "connections": len(cloud.connections),
        }

    def _get_log(self, request: Request) -> Any:
        return self._cloud.log.shown(int(request.first("last", "0") or 0))

    def _delete_log(self, request: Request) -> Any:
        self._cloud.log.clear()
        return {}

    def _get_faults(self, request: Request) -> Any:
        return {"faults": [asdict(rule) for rule in self._cloud.faults.rules]}

    def _post_faults(self, request: Request) -> Any:
        what = dict(request.json)
        if "seed" in what:
            self._cloud.faults.reseed(what.pop("seed"))
        return asdict(self._cloud.faults.add(**what)) if what else {}

    def _delete_faults(self, request: Request, number: str = "") -> Any:
        if number:
            self._cloud.faults.remove(int(number))
        else:
            self._cloud.faults.clear()
        return {}

    def _put_settings(self, request: Request) -> Any:
        for name, value in request.json.items():
            if name not in _SETTINGS:
                raise KeyError(name)
            setattr(self._cloud.settings, name, value)
        return self._get_status(request)

    def _get_dump(self, request: Request) -> Any:
        return self._cloud.state.dump()

    def _post_reset(self, request: Request) -> Any:
        self._cloud.reset()
        return {}

    def _put_snapshots(self, request: Request, name: str) -> Any:
        self._kept[name] = self._cloud.state.keep()
        return {"bytes": len(self._kept[name])}

    def _post_snapshots(self, request: Request, name: str) -> Any:
        self._cloud.reset(self._kept[name])
        return {}

    def _post_seed(self, request: Request) -> Any:
        from testbed.simulator import seed

        return seed.fill(self._cloud, **request.json)
