# SPDX-License-Identifier: Apache-2.0
"""Roles and what they imply."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Origin, Ref
from pumphouse.resources.identity.role import Role
from tests.unit.resources.fakes import FakeCloud, FakeContext, Options

ROLE = Role()


def role(role_id, name, **more):
    return {
        "id": role_id,
        "name": name,
        "domain_id": None,
        "description": None,
        "options": {},
        "links": {},
        **more,
    }


def cloud(roles, implied):
    rules = [
        {"prior_role": {"id": prior}, "implies": [{"id": i} for i in those]}
        for prior, those in implied.items()
    ]
    return FakeCloud().on("GET", "/roles", roles).on("GET", "/role_inferences", rules)


OLD = cloud(
    [role("a", "admin"), role("m", "member"), role("r", "reader"), role("o", "ops")],
    {"a": ["m"], "m": ["r"], "o": ["m"]},
)
# A newer release puts a role of its own between admin and member.
NEW = cloud(
    [
        role("A", "admin", description="boss", options={"immutable": True}),
        role("G", "manager"),
        role("M", "member"),
        role("R", "reader"),
    ],
    {"A": ["G"], "G": ["M"], "M": ["R"]},
)
STANDS = {Ref("role", k): k.upper() for k in "amr"}


def listed(where):
    return {r.name: r for r in ROLE.listed(where)}


class TestDiscovery(testtools.TestCase):
    def test_roles_and_what_they_imply_take_two_requests(self):
        before = len(OLD.calls)
        found = {r.name: r for r in ROLE.fetch(OLD, ["a", "m", "o"])}
        self.assertEqual(2, len(OLD.calls) - before)
        self.assertEqual(["m"], found["ops"].record["implies"])
        self.assertEqual(["r"], found["ops"].record["implies_indirectly"])
        self.assertEqual([Ref("role", "m")], [n.ref for n in ROLE.needs(found["ops"])])

    def test_one_by_id_knows_as_much(self):
        OLD.on("GET", "/roles/o", role("o", "ops"))
        (found,) = ROLE.fetch(OLD, ["o"])
        self.assertEqual(["m"], found.record["implies"])

    def test_everywhere_has_the_roles_of_domains_too(self):
        where = cloud([role("a", "admin"), role("d", "own", domain_id="d1")], {})
        where.script["GET", "/roles"] = lambda call: [
            r
            for r in (role("a", "admin"), role("d", "own", domain_id="d1"))
            if r["domain_id"] == call.params.get("domain_id")
        ]
        where.on("GET", "/domains", [{"id": "d1"}])
        self.assertEqual(["a", "d"], [r.ref.id for r in ROLE.everywhere(where)])

    def test_roles_that_imply_each_other_do_not_need_each_other(self):
        """A circle in the needs would make every plan with them impossible."""
        where = cloud([role("x", "x"), role("y", "y")], {"x": ["y"], "y": ["x"]})
        needs = {
            (r.ref.id, n.ref.id) for r in ROLE.listed(where) for n in ROLE.needs(r)
        }
        self.assertEqual({("y", "x")}, needs)


class TestCompare(testtools.TestCase):
    def compare(self, name, there=NEW, translate=STANDS.get):
        return ROLE.compare(
            listed(OLD)[name], listed(there)[name], translate, Options()
        )

    def test_default_roles_of_two_releases_are_equal(self):
        for name in ("admin", "member", "reader"):
            self.assertEqual((), self.compare(name))

    def test_one_that_implies_less_is_not(self):
        there = cloud([role("A", "admin"), role("M", "member")], {})
        (difference,) = self.compare("admin", there)
        self.assertEqual("implies", difference.field)
        self.assertEqual(["M", "R"], difference.source)

    def test_key_tells_a_domains_role_from_the_clouds(self):
        mine = ROLE.resource(role("x", "ops", domain_id="d1"))
        self.assertNotEqual(
            ROLE.key(mine, lambda r: r.id),
            ROLE.key(ROLE.resource(role("o", "ops")), lambda r: r.id),
        )


class TestSteps(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.ops = listed(OLD)["ops"]

    def steps(self, resource):
        return ROLE.tasks(resource, lambda step, function: step)

    def test_only_one_that_implies_something_has_the_second_step(self):
        self.assertEqual(["ensure", "imply"], self.steps(self.ops))
        self.assertEqual(["ensure"], self.steps(listed(OLD)["reader"]))

    def test_imply_twice_is_as_once(self):
        there = FakeCloud().on(
            "PUT", "/roles/O/implies/M", {}, exceptions.Conflict("it does")
        )
        ctx = FakeContext(destination=there, bound=STANDS)
        ctx.bind(self.ops.ref, "O", Origin.CREATED)
        self.assertEqual({"implies": 1}, ROLE.imply(ctx, self.ops))
        self.assertEqual({"implies": 1}, ROLE.imply(ctx, self.ops))

    def test_a_role_of_the_destination_is_left_as_it_is(self):
        ctx = FakeContext(bound=STANDS)
        ctx.bind(self.ops.ref, "O", Origin.ADOPTED)
        ROLE.imply(ctx, self.ops)
        self.assertEqual([], ctx.destination.calls)

    def test_body_does_not_send_our_own_fields(self):
        body = ROLE.body(FakeContext(bound=STANDS), self.ops)
        self.assertEqual({"name": "ops", "options": {}}, body)
