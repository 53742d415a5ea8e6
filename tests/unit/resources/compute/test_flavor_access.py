# SPDX-License-Identifier: Apache-2.0
"""Who may use a private flavor: only projects of the migration come along."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Ref, Resource
from pumphouse.resources.compute.flavor_access import FlavorAccess
from pumphouse.resources.listing import ID, PROJECT, where
from tests.unit.resources.fakes import FakeCloud, FakeContext, found, linking

KIND = FlavorAccess()
ACCESS = KIND.resource({"flavor_id": "f1", "tenant_id": "p1"})
BOUND = {Ref("flavor", "f1"): "F1", Ref("project", "p1"): "P1"}
LIST = "/flavors/f1/os-flavor-access"


def cloud():
    flavors = [
        {"id": "f1", "os-flavor-access:is_public": False},
        {"id": "f2", "os-flavor-access:is_public": True},
    ]
    allowed = [{"flavor_id": "f1", "tenant_id": p} for p in ("p1", "p2")]
    script = {("GET", "/flavors/detail"): flavors, ("GET", LIST): allowed}
    return FakeCloud(script)


class TestFlavorAccess(testtools.TestCase):
    def test_in_projects_asks_for_private_flavors_only(self):
        asked = cloud()
        found = list(KIND.list(asked, where(PROJECT, {"p1"})))
        self.assertEqual([Ref("flavor-access", "f1/p1")], [r.ref for r in found])
        self.assertEqual(2, len(asked.calls))
        self.assertEqual([], list(KIND.list(asked, where(PROJECT, set()))))

    def test_beside_a_server_only_its_project_comes_along(self):
        flavor = Resource(
            Ref("flavor", "f1"), "", {"os-flavor-access:is_public": False}
        )
        port = Resource(Ref("port", "x"), "", {}, project_id="p2")
        asked = cloud()
        beside = linking(KIND, asked, found(flavor, port))
        self.assertEqual(["f1/p2"], [r.ref.id for r in beside])
        followed = found(flavor, port, followed=[Ref("project", "p2")])
        self.assertEqual([], linking(KIND, asked, followed))
        self.assertEqual(1, len(asked.calls))

    def test_needs_flavor_and_project(self):
        self.assertEqual(set(BOUND), {need.ref for need in KIND.needs(ACCESS)})

    def test_made_with_one_request_and_undone_with_one(self):
        there = FakeCloud().on("POST", "/flavors/F1/action", {})
        ctx = FakeContext(destination=there, bound=BOUND)
        self.assertEqual({"id": "F1/P1"}, KIND.ensure(ctx, ACCESS))
        KIND.delete(ctx, "F1/P1")
        self.assertEqual(
            [
                {"addTenantAccess": {"tenant": "P1"}},
                {"removeTenantAccess": {"tenant": "P1"}},
            ],
            [call.body for call in there.calls],
        )

    def test_one_that_is_there_is_adopted(self):
        there = FakeCloud().on(
            "POST", "/flavors/F1/action", exceptions.Conflict("has access")
        )
        found = [{"flavor_id": "F1", "tenant_id": "P1"}]
        there.on("GET", "/flavors/F1/os-flavor-access", found)
        ctx = FakeContext(destination=there, bound=BOUND)
        self.assertEqual({"id": "F1/P1"}, KIND.ensure(ctx, ACCESS))

    def test_a_public_flavor_has_none(self):
        self.assertEqual([], list(KIND.list(FakeCloud(), where(ID, ["f2/p1"]))))

    def test_deleting_what_is_gone_is_fine(self):
        gone = exceptions.ResourceMissing("gone")
        there = FakeCloud().on("POST", "/flavors/F1/action", gone)
        KIND.delete(FakeContext(destination=there), "F1/P1")
