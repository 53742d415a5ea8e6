# SPDX-License-Identifier: Apache-2.0
"""A server and all that it needs, on its way to a cloud, as a plan sees them."""

from __future__ import annotations

from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision, Ref
from pumphouse.resources.compute.server import Server
from pumphouse.resources.compute.server_fields import HOSTNAME, ZONE
from pumphouse.resources.outlook import Outlook
from pumphouse.resources.registry import resource_types
from tests.unit.resources.fakes import FakeCloud


class Cloud(FakeCloud):
    """A destination, perhaps with Placement."""

    side = "destination"
    placement = False

    def services(self):
        return frozenset({"placement"} if self.placement else ())

    def list(self, service, path, key, params=None, **more):
        """Glance filters by ``in:``, unlike the services of the plain fake."""
        return self._answer("GET", service, path, {**more, "params": params})


class World:
    """A server, with all that it needs, on its way to a cloud."""

    def __init__(self, **options):
        self.there = Cloud()
        self.options = Options(**options)
        self.decisions = {}
        self.resources = {}
        self.types = resource_types()
        self.flavor = {
            "id": "f1",
            "name": "small",
            "ram": 64,
            "disk": 1,
            "os-flavor-access:is_public": True,
            "extra_specs": {},
        }
        self.image = {
            "id": "i1",
            "name": "debian",
            "owner": "p1",
            "visibility": "private",
            "status": "active",
            "size": 65536,
            "min_ram": 0,
            "min_disk": 0,
        }
        self.server = {
            "id": "s1",
            "name": "web",
            "tenant_id": "p1",
            "user_id": "u1",
            "image": {"id": "i1"},
            "flavor": {"id": "f1"},
            "OS-DCF:diskConfig": "AUTO",
            HOSTNAME: "web",
            ZONE: "nova",
        }
        self.add("project", {"id": "p1", "name": "shop"})
        self.add("user", {"id": "u1", "name": "lena", "enabled": True})

    def add(self, kind, record, action=Action.CREATE, there=""):
        resource = self.types[kind].resource(record)
        self.resources[resource.ref] = resource
        self.decisions[resource.ref] = Decision(action, "", destination_id=there)

    def findings(self):
        for kind, record in (
            ("image", self.image),
            ("flavor", self.flavor),
            ("server", self.server),
        ):
            known = self.decisions.get(Ref(kind, record["id"]))
            if known is None or known.action is Action.CREATE:
                self.add(kind, record)

        def translate(ref):
            decision = self.decisions.get(ref)
            return decision.destination_id or None if decision else None

        outlook = Outlook(
            FakeCloud(),
            self.there,
            self.options,
            self.resources,
            self.decisions,
            translate,
        )
        return list(Server().foresee(outlook))

    def blocked(self):
        return [f.blocked for f in self.findings() if f.blocked]

    def noted(self):
        found = self.findings()
        notes = [note for finding in found for note in finding.notes]
        return " ".join(notes), {n for f in found for n in f.announced}
