# SPDX-License-Identifier: Apache-2.0
"""Roles and what they imply."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Action, Origin, Ref
from pumphouse.resources.identity.assignment import Assignment
from pumphouse.resources.identity.role import Role
from pumphouse.resources.listing import ID, where
from tests.unit.resources.fakes import FakeCloud, FakeContext, Options
from tests.unit.resources.identity.outlooks import outlook

ROLE, ASSIGNMENT = Role(), Assignment()
OPS = ("role", "o")


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
    named = {each["id"]: {"id": each["id"], "name": each["name"]} for each in roles}
    rules = [
        {
            "prior_role": named.get(prior, {"id": prior}),
            "implies": [named.get(i, {"id": i}) for i in those],
        }
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
NAMES = {
    **{"A": "admin", "G": "manager", "M": "member", "R": "reader"},
    **{"O": "ops", "X": "extra"},
}
STANDS = {Ref("role", k): k.upper() for k in "amr"}


def listed(where):
    return {r.name: r for r in ROLE.listed(where)}


class TestDiscovery(testtools.TestCase):
    def test_roles_and_what_they_imply_take_two_requests(self):
        before = len(OLD.calls)
        found = {r.name: r for r in ROLE.list(OLD, where(ID, ["a", "m", "o"]))}
        self.assertEqual(2, len(OLD.calls) - before)
        self.assertEqual(["m"], found["ops"].record["implies"])
        self.assertEqual(["r"], found["ops"].record["implies_indirectly"])
        self.assertEqual([Ref("role", "m")], [n.ref for n in ROLE.needs(found["ops"])])

    def test_one_by_id_knows_as_much(self):
        OLD.on("GET", "/roles/o", role("o", "ops"))
        (found,) = ROLE.list(OLD, where(ID, ["o"]))
        self.assertEqual(["m"], found.record["implies"])

    def test_everywhere_has_the_roles_of_domains_too(self):
        where = cloud([role("a", "admin"), role("d", "own", domain_id="d1")], {})
        where.script["GET", "/roles"] = lambda call: [
            r
            for r in (role("a", "admin"), role("d", "own", domain_id="d1"))
            if r["domain_id"] == call.params.get("domain_id")
        ]
        where.on("GET", "/domains", [{"id": "d1"}])
        self.assertEqual(["a", "d"], [r.ref.id for r in ROLE.list(where)])

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
        self.assertEqual(["member", "reader"], difference.source)
        self.assertEqual([], difference.destination)

    def more(self, implied, name="ops", stands=(), here=OLD):
        """The difference of a destination whose ``O`` and others imply that."""
        roles = [role(i, n) for i, n in NAMES.items()]
        translate = {Ref("role", k): k.upper() for k in (*"amro", *stands)}.get
        found = ROLE.compare(
            listed(here)[name],
            listed(cloud(roles, implied))[name],
            translate,
            Options(),
        )
        return [(d.field, d.destination) for d in found]

    def test_one_that_gives_more_is_not(self):
        """f2: 'adopt: equal' made all who had it managers."""
        more = self.more({"O": ["M", "G"], "M": ["R"], "G": ["M"]})
        self.assertEqual([("implies", ["manager", "member", "reader"])], more)
        more = self.more({"R": ["G"]}, "reader")
        self.assertEqual([("implies", ["manager"])], more)

    def test_nor_one_that_gives_more_at_a_remove(self):
        more = self.more({"O": ["M", "X"], "M": ["R"], "X": ["G"]})
        self.assertEqual([("implies", ["extra", "manager", "member", "reader"])], more)

    def test_what_comes_with_an_implied_role_is_that_ones_difference(self):
        """It is in the plan as well: blocked there once, or mapped there."""
        implied = {"O": ["M"], "M": ["R", "G"]}
        self.assertEqual([], self.more(implied))
        self.assertEqual([], self.more({"O": ["M", "G"], "M": ["R", "G"]}))
        more = self.more(implied, "member")
        self.assertEqual([("implies", ["manager", "reader"])], more)

    def test_nor_is_a_circle_an_explanation(self):
        more = self.more({"R": ["X"], "X": ["R"]}, "reader")
        self.assertEqual([("implies", ["extra", "reader"])], more)
        here = cloud([role("r", "reader"), role("o", "ops")], {"r": ["o"], "o": ["r"]})
        implied = {"R": ["O", "G"], "O": ["R"]}
        more = self.more(implied, "reader", here=here)
        self.assertEqual([("implies", ["manager", "ops", "reader"])], more)

    def test_nothing_can_be_added_to_the_administrator(self):
        self.assertEqual([], self.more({"A": ["G"], "G": ["M"], "M": ["R"]}, "admin"))
        here = cloud([role("a", "admin"), role("o", "ops")], {"o": ["a"]})
        more = self.more({"O": ["A", "X"], "A": ["G"]}, here=here)
        self.assertEqual([], more)

    def test_but_to_a_domains_role_of_that_name(self):
        here = cloud([role("a", "admin", domain_id="d")], {})
        there = cloud(
            [role("A", "admin", domain_id="D"), role("G", "manager")], {"A": ["G"]}
        )
        stands = {Ref("domain", "d"): "D"}.get
        found = ROLE.compare(
            listed(here)["admin"], listed(there)["admin"], stands, Options()
        )
        self.assertEqual(["implies"], [d.field for d in found])

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


class TestChosen(testtools.TestCase):
    """Roles that the operator mapped, or an earlier run adopted."""

    def notes(self, action, implied, *assignments):
        there = cloud([role(i, n) for i, n in NAMES.items()], implied)
        roles = listed(OLD)
        decided = {roles["ops"]: action, roles["member"]: Action.ADOPT}
        decided |= dict.fromkeys(assignments, Action.CREATE)
        stands = {**STANDS, roles["ops"].ref: "X"}
        found = list(ROLE.foresee(outlook(decided, stands, destination=there)))
        self.assertEqual({roles["ops"].ref}, {f.ref for f in found} or {Ref(*OPS)})
        self.assertEqual([], [f.blocked for f in found if f.blocked])
        return [note for f in found for note in f.notes]

    def test_more_and_less_are_noted(self):
        alice = ASSIGNMENT.resource(
            {
                "user": {"id": "u", "name": "alice"},
                "role": {"id": "o", "name": "ops"},
                "scope": {"project": {"id": "p"}},
            }
        )
        for action, verb in (
            (Action.MAP, "mapped to 'extra'"),
            (Action.SKIP, "stood for by 'extra'"),
        ):
            more, less = self.notes(action, {"X": ["G"]}, alice)
            self.assertIn(f"{verb}, which gives manager as well", more)
            self.assertIn("for alice", more)
            self.assertIn(f"{verb}, which does not give member, reader", less)
            self.assertIn("lost to alice", less)

    def test_equal_ones_are_not(self):
        self.assertEqual([], self.notes(Action.MAP, {"X": ["M"], "M": ["R"]}))

    def test_what_is_created_or_adopted_is_not_looked_at_again(self):
        there = FakeCloud()
        decided = {listed(OLD)["ops"]: Action.ADOPT}
        self.assertEqual([], [*ROLE.foresee(outlook(decided, destination=there))])
        self.assertEqual([], there.calls)
