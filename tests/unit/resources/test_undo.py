# SPDX-License-Identifier: Apache-2.0
"""Taking back what a run made: what is deleted, what is not, and what is in use."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Binding, Origin, Ref, Resource
from pumphouse.resources.registry import resource_types
from tests.unit.resources.fakes import FakeCloud, FakeContext

TYPES = resource_types()
KEYPAIR = Resource(
    Ref("keypair", "u/k"), "k", {"name": "k", "user_id": "u", "public_key": "ssh"}
)
SERVERS = [{"id": "S", "name": "web"}]


def context(cloud: FakeCloud, ref: Ref, origin: Origin = Origin.CREATED) -> FakeContext:
    ctx = FakeContext(destination=cloud)
    ctx.bindings[ref] = Binding(ref, "X", origin)
    return ctx


class TestUndo(testtools.TestCase):
    """The standard step, on a type that adds nothing to it."""

    kind = TYPES["subnet"]
    resource = Resource(Ref("subnet", "s"), "s", {"id": "s", "network_id": "n"}, "p")

    def test_what_was_created_is_deleted_and_forgotten(self):
        cloud = FakeCloud().on("DELETE", "/subnets/X", {})
        ctx = context(cloud, self.resource.ref)
        self.assertEqual({"removed": "X"}, self.kind.undo(ctx, self.resource))
        self.assertIsNone(ctx.binding(self.resource.ref))

    def test_the_second_time_nothing_is_asked(self):
        ctx = FakeContext()
        self.assertEqual({}, self.kind.undo(ctx, self.resource))
        self.assertEqual([], ctx.destination.calls)

    def test_gone_already_is_as_good(self):
        cloud = FakeCloud().on("DELETE", "/subnets/X", exceptions.ResourceMissing("-"))
        ctx = context(cloud, self.resource.ref)
        self.kind.undo(ctx, self.resource)
        self.assertIsNone(ctx.binding(self.resource.ref))

    def test_what_was_not_created_stays_whoever_asks(self):
        for origin in (Origin.ADOPTED, Origin.REGISTERED):
            ctx = context(FakeCloud(), self.resource.ref, origin)
            self.assertEqual({"kept": "X"}, self.kind.undo(ctx, self.resource))
            self.assertEqual([], ctx.destination.calls)
            self.assertIsNotNone(ctx.binding(self.resource.ref))

    def test_what_the_cloud_keeps_stays_bound(self):
        cloud = FakeCloud().on("DELETE", "/subnets/X", exceptions.Conflict("in use"))
        ctx = context(cloud, self.resource.ref)
        self.assertRaises(exceptions.Conflict, self.kind.undo, ctx, self.resource)
        self.assertIsNotNone(ctx.binding(self.resource.ref))


class TestSweep(testtools.TestCase):
    """A creation of which nobody knows the outcome."""

    def swept(self, records):
        cloud = FakeCloud().on("GET", "/security-groups", records)
        cloud.on("GET", "/security-groups/G", *records[:1] or [None])
        cloud.on("DELETE", "/security-groups/G", {})
        project = Ref("project", "p")
        ctx = FakeContext(destination=cloud, bound={project: "P"})
        group = Resource(
            Ref("security-group", "g"),
            "web",
            {"id": "g", "name": "web", "project_id": "p"},
            "p",
        )
        intent = ctx.temporary("create", group.ref)
        done = TYPES["security-group"].undo(ctx, group)
        return cloud, intent, done

    def test_what_it_made_is_removed(self):
        there = {"id": "G", "name": "web", "project_id": "P"}
        cloud, intent, done = self.swept([there])
        self.assertEqual({"removed": "G"}, done)
        self.assertEqual(1, len(cloud.made("DELETE")))
        self.assertEqual("undone", intent.outcome)

    def test_if_it_made_nothing_the_intent_is_closed(self):
        cloud, intent, done = self.swept([])
        self.assertEqual({}, done)
        self.assertEqual([], cloud.made("DELETE"))
        self.assertEqual("failed", intent.outcome)


class TestInUse(testtools.TestCase):
    """What its cloud would delete in spite of whoever uses it."""

    def refused(self, kind, record, *answers):
        cloud = FakeCloud()
        for path, answer in answers:
            cloud.on("GET", path, answer)
        ref = Ref(kind, "x")
        ctx = context(cloud, ref)
        resource = Resource(ref, "x", record)
        error = self.assertRaises(exceptions.Conflict, TYPES[kind].undo, ctx, resource)
        self.assertEqual([], cloud.made("DELETE"))
        self.assertIsNotNone(ctx.binding(ref))
        return str(error)

    def test_a_flavor_and_an_image(self):
        for kind in ("flavor", "image"):
            said = self.refused(kind, {}, ("/servers", SERVERS))
            self.assertIn("server web (S)", said)

    def test_a_user_with_a_keypair_of_his_own(self):
        keys = [{"keypair": {"name": "mine"}}]
        said = self.refused("user", {}, ("/servers", []), ("/os-keypairs", keys))
        self.assertIn("keypair mine", said)

    def test_a_role_that_somebody_was_given_since(self):
        given = [{"role": {"id": "X"}, "user": {"id": "U"}, "scope": {}}]
        said = self.refused("role", {}, ("/role_assignments", given))
        self.assertIn("user U", said)

    def test_a_domain_with_a_project_in_it(self):
        nothing = [("/users", []), ("/groups", [])]
        inside = [("/projects", [{"name": "new"}])]
        said = self.refused("domain", {}, *inside, *nothing)
        self.assertIn("project new", said)

    def test_a_port_that_a_server_got_since(self):
        said = self.refused("port", {}, ("/ports/X", {"id": "X", "device_id": "S"}))
        self.assertIn("server S", said)

    def test_a_floating_ip_that_leads_elsewhere_by_now(self):
        there = {"id": "X", "port_id": "Q"}
        said = self.refused("floating-ip", {"port_id": "p"}, ("/floatingips/X", there))
        self.assertIn("port Q", said)

    def test_a_project_with_a_network_in_it(self):
        lists = ("/servers/detail", "/ports", "/routers", "/subnets", "/images")
        more = ("/security-groups", "/floatingips", "/flavors/detail")
        said = self.refused(
            "project",
            {},
            ("/networks", [{"id": "N", "name": "new", "project_id": "X"}]),
            *((path, []) for path in (*lists, *more)),
        )
        self.assertIn("network new", said)


class TestProject(testtools.TestCase):
    def test_the_group_that_neutron_made_by_itself_goes_with_it(self):
        lists = ("/servers/detail", "/networks", "/ports", "/routers", "/subnets")
        cloud = FakeCloud()
        for path in (*lists, "/images", "/floatingips"):
            cloud.on("GET", path, [])
        group = {"id": "G", "name": "default", "project_id": "X"}
        cloud.on("GET", "/security-groups", [group])
        cloud.on("DELETE", "/security-groups/G", {}).on("DELETE", "/projects/X", {})
        ref = Ref("project", "p")
        TYPES["project"].undo(context(cloud, ref), Resource(ref, "p", {}))
        self.assertEqual(
            ["/security-groups/G", "/projects/X"],
            [call.path for call in cloud.made("DELETE")],
        )
