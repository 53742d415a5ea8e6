# SPDX-License-Identifier: Apache-2.0
"""Who loses a project, who gains it, and by what way they had it."""

from __future__ import annotations

import testtools

from pumphouse.models import Action, Ref
from pumphouse.resources.identity import access
from pumphouse.resources.identity.assignment import Assignment
from pumphouse.resources.identity.domain import Domain
from pumphouse.resources.identity.project import Project
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.identity import outlooks

ASSIGNMENT, DOMAIN, PROJECT = Assignment(), Domain(), Project()
DEFAULT = DOMAIN.resource({"id": "default", "name": "Default"})
WEB, PARENT = (
    PROJECT.resource(
        {"id": key, "name": name, "domain_id": "default", "parent_id": above}
    )
    for key, name, above in (("web", "web", "parent"), ("parent", "parent", "default"))
)
BELOW = {"OS-INHERIT:inherited_to": "projects"}
STANDS = {
    DEFAULT.ref: "D",
    **{Ref("role", r): r.upper() for r in ("member", "admin")},
    **{Ref("user", u): u.upper() for u in ("alice", "bob")},
}


def effective(user, link, *, role="member", project="web", **links):
    """An entry of the effective list, as Keystone has it."""
    scope = {"project": {"id": project}}
    if link.startswith("OS-INHERIT"):
        scope["OS-INHERIT:inherited_to"] = "projects"
    base = "http://h:5000/v3/"
    return {
        "user": {"id": user, "name": user},
        "role": {"id": role, "name": role.lower()},
        "scope": scope,
        "links": {
            "assignment": base + link,
            **{name: base + path for name, path in links.items()},
        },
    }


def own(user, role="member", project="web"):
    path = f"projects/{project}/users/{user}/roles/{role}"
    return effective(user, path, role=role, project=project)


def inherited(user, place="projects/parent", role="member", project="web"):
    link = f"OS-INHERIT/{place}/users/{user}/roles/{role}/inherited_to_projects"
    return effective(user, link, role=role, project=project)


def by_group(user, group="ops", role="member"):
    link = f"projects/web/groups/{group}/roles/{role}"
    membership = f"groups/{group}/users/{user}"
    return effective(user, link, role=role, membership=membership)


def carried(user, role="member", project="web", end=""):
    """The node of an assignment."""
    record = {
        "user": {"id": user},
        "role": {"id": role},
        "scope": {"project": {"id": project}},
    }
    if end:
        record["scope"]["OS-INHERIT:inherited_to"] = "projects"
    return ASSIGNMENT.resource(record)


class AccessTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.here: list[dict] = []
        self.there: list[dict] = []
        self.above: list[dict] = []
        self.source = FakeCloud().on("GET", "/role_assignments", self._ours)
        self.source.on("GET", "/groups/ops", {"id": "ops", "name": "operators"})
        self.destination = FakeCloud().on("GET", "/role_assignments", self._theirs)
        self.destination.on("GET", "/groups/ops", {"id": "ops", "name": "operators"})

    def _ours(self, call):
        wanted = call.params["scope.project.id"]
        self.assertEqual("true", call.params["effective"])
        return [e for e in self.here if e["scope"]["project"]["id"] == wanted]

    def _theirs(self, call):
        if "effective" not in call.params:
            self.assertEqual("projects", call.params["scope.OS-INHERIT:inherited_to"])
            return self.above
        self.assertEqual("W", call.params["scope.project.id"])
        return self.there

    def notes(self, *nodes, action=Action.CREATE, stands=None, **more):
        stands = {**STANDS, **(stands or {})}
        if action is not Action.CREATE:
            stands[WEB.ref] = "W"
        decided = {DEFAULT: Action.ADOPT, PARENT: Action.CREATE, WEB: action}
        decided |= dict.fromkeys(nodes, more.get("carried", Action.CREATE))
        view = outlooks.outlook(decided, stands, self.source, self.destination)
        found = {f.ref: f for f in access.foresee(view)}
        self.assertEqual([], [f.blocked for f in found.values() if f.blocked])
        return found[WEB.ref].notes if WEB.ref in found else ()


class TestLost(AccessTestCase):
    def test_what_is_given_to_users_in_the_project_is_carried(self):
        self.here = [own("alice")]
        self.assertEqual((), self.notes(carried("alice")))

    def test_a_role_from_above_is_lost(self):
        """f6: all access gone, although the parent is migrated."""
        self.here = [inherited("alice")]
        (note,) = self.notes()
        self.assertIn(
            "no access is left to alice (member, inherited from project parent)", note
        )

    def test_a_domains_and_a_groups_as_well(self):
        self.here = [inherited("alice", "domains/default"), by_group("bob")]
        (note,) = self.notes()
        self.assertIn("alice (member, inherited from domain Default)", note)
        self.assertIn("bob (member, as a member of group operators)", note)

    def test_a_groups_from_above(self):
        link = (
            "OS-INHERIT/projects/parent/groups/ops/roles/member/inherited_to_projects"
        )
        self.here = [effective("bob", link, membership="groups/ops/users/bob")]
        (note,) = self.notes()
        self.assertIn(
            "bob (member, inherited from project parent, as a member of group "
            "operators)",
            note,
        )

    def test_who_keeps_something_is_told_apart(self):
        self.here = [own("alice"), inherited("alice", role="admin"), by_group("bob")]
        (note,) = self.notes(carried("alice"))
        self.assertIn("no access is left to bob", note)
        self.assertIn("roles are lost to alice (admin, inherited", note)

    def test_implied_roles_go_with_those_that_imply_them(self):
        implied = own("alice", "reader")
        implied["links"]["prior_role"] = "http://h/v3/prior_role/r/implies/m"
        self.here = [own("alice"), implied]
        self.assertEqual((), self.notes(carried("alice")))
        heirs = inherited("heir", role="reader")
        heirs["links"]["prior_role"] = "http://h/v3/prior_role/r/implies/m"
        self.here = [inherited("heir"), heirs]
        self.assertNotIn("reader", *self.notes())

    def test_what_is_blocked_is_told_there(self):
        self.here = [own("alice")]
        self.assertEqual((), self.notes(carried("alice"), carried=Action.BLOCKED))

    def test_a_parent_that_is_migrated_with_its_assignments_is_no_loss(self):
        self.here = [inherited("alice")]
        node = carried("alice", project="parent", end="/inherited")
        self.assertEqual((), self.notes(node))
        self.assertNotEqual((), self.notes(node, carried=Action.BLOCKED))

    def test_a_group_that_the_operator_registered_is_no_loss(self):
        self.here = [by_group("bob")]
        record = {
            "group": {"id": "ops"},
            "role": {"id": "member"},
            "scope": {"project": {"id": "web"}},
        }
        node = ASSIGNMENT.resource(record)
        self.assertEqual((), self.notes(node, carried=Action.MAP))
        self.assertNotEqual((), self.notes(node, carried=Action.BLOCKED))

    def test_who_has_it_on_the_destination_anyway_loses_nothing(self):
        self.here = [inherited("alice")]
        self.there = [own("ALICE", "MEMBER", "W")]
        self.assertEqual((), self.notes(action=Action.MAP))
        self.above = [inherited("ALICE", "domains/D", "MEMBER")]
        self.above[0]["scope"] = {"domain": {"id": "D"}, **BELOW}
        self.assertEqual((), self.notes())

    def test_of_a_selection_of_servers_only_those_in_the_plan_matter(self):
        self.here = [own("carol"), inherited("alice"), inherited("dave")]
        self.assertEqual((), self.notes())
        alice = outlooks.named("user", "alice")
        (note,) = self.notes(alice)
        self.assertIn("alice", note)
        self.assertNotIn("dave", note)

    def test_many_are_counted(self):
        self.here = [inherited(f"u{n}") for n in range(20)]
        (note,) = self.notes()
        self.assertIn("), 12 more:", note)

    def test_one_list_a_project_and_none_there_without_need(self):
        self.here = [own("alice")]
        self.notes(carried("alice"), action=Action.SKIP)
        self.assertEqual(2, len(self.source.made("GET", "/role_assignments")))
        there = [c for c in self.destination.calls if "effective" in c.params]
        self.assertEqual([], there)

    def test_the_operators_own_project_is_not_looked_at(self):
        self.source.project_id = "web"
        self.here = [inherited("alice")]
        self.assertEqual((), self.notes(action=Action.MAP))

    def test_pumphouses_own_user_is_not_told(self):
        self.here = [inherited("operator")]
        self.assertEqual((), self.notes())


class TestGained(AccessTestCase):
    def test_members_of_a_project_that_is_adopted_or_mapped_are_named(self):
        self.there = [own("eve", "MEMBER", "W"), own("ALICE", "MEMBER", "W")]
        self.here = [own("alice")]
        for action in (Action.ADOPT, Action.MAP):
            (note,) = self.notes(carried("alice"), action=action)
            self.assertIn("reach what arrives in it: eve (member)", note)

    def test_more_than_somebody_had_is_named_too(self):
        self.here = [own("alice")]
        self.there = [own("ALICE", "MANAGER", "W")]
        (note,) = self.notes(carried("alice"), action=Action.ADOPT)
        self.assertIn("ALICE (manager)", note)

    def test_by_a_group_and_from_above(self):
        self.there = [by_group("eve"), inherited("mal", "domains/D")]
        self.destination.on("GET", "/domains/D", {"name": "Default"})
        (note,) = self.notes(action=Action.ADOPT)
        self.assertIn("eve (member, as a member of group operators)", note)
        self.assertIn("mal (member, inherited from domain Default)", note)

    def test_what_counts_below_reaches_a_new_project(self):
        eve, mal, far = (
            {
                actor: {"id": who, "name": who},
                "role": {"id": "MEMBER", "name": "member"},
                "scope": {kind: {"id": where}, **BELOW},
                "links": {},
            }
            for actor, who, kind, where in (
                ("user", "eve", "domain", "D"),
                ("group", "mal", "project", "P"),
                ("user", "far", "domain", "E"),
            )
        )
        self.above = [eve, mal, far]
        self.destination.on("GET", "/domains/D", {"name": "Default"})
        self.destination.on("GET", "/projects/P", {"name": "parent"})
        (note,) = self.notes(stands={PARENT.ref: "P"})
        self.assertIn("eve (member, inherited from domain Default)", note)
        self.assertIn("the members of group mal (member, inherited from", note)
        self.assertNotIn("far", note)

    def test_administrators_reach_everything_anyway(self):
        self.there = [own("root", "ADMIN", "W")]
        self.assertEqual((), self.notes(action=Action.ADOPT))

    def test_what_an_earlier_run_made_is_the_destinations_own_by_now(self):
        self.there = [own("eve", "MEMBER", "W")]
        self.assertEqual((), self.notes(action=Action.SKIP))


class TestMany(testtools.TestCase):
    """More projects than are worth a request each."""

    def test_one_list_of_each_cloud_does_for_all(self):
        def given(actor, who, role, place, where, **below):
            scope = {place: {"id": where}, **below}
            return {actor: {"id": who}, "role": {"id": role}, "scope": scope}

        projects = [
            PROJECT.resource({**WEB.record, "id": f"p{n}", "name": f"p{n}"})
            for n in range(12)
        ]
        source = FakeCloud().on(
            "GET",
            "/role_assignments",
            [
                given("user", "alice", "member", "project", "p0"),
                given("user", "heir", "member", "project", "parent", **BELOW),
                given("group", "ops", "member", "project", "p1"),
                given("user", "far", "member", "project", "parent"),
                given("user", "far", "member", "project", "elsewhere", **BELOW),
                given("user", "operator", "admin", "domain", "default", **BELOW),
            ],
        )
        source.on("GET", "/users/heir", {"name": "henry"})
        source.on("GET", "/groups/ops", {"name": "operators"})
        source.on("GET", "/roles/member", {"name": "member"})
        eve = given("user", "eve", "MEMBER", "project", "P2")
        eve["role"]["name"], eve["user"]["name"] = "member", "eve"
        destination = FakeCloud().on("GET", "/role_assignments", [eve])
        decided = {
            DEFAULT: Action.ADOPT,
            PARENT: Action.SKIP,
            **dict.fromkeys(projects, Action.ADOPT),
            carried("alice", project="p0"): Action.CREATE,
        }
        stands = {**STANDS, PARENT.ref: "P"}
        stands |= {p.ref: p.ref.id.upper() for p in projects}
        view = outlooks.outlook(decided, stands, source, destination)
        found = {f.ref.id: f.notes for f in access.foresee(view)}
        (lost,) = found["p0"]
        self.assertIn("henry (member, inherited from project parent)", lost)
        self.assertNotIn("alice", lost)
        self.assertIn("the members of group operators (member)", found["p1"][0])
        self.assertIn("reach what arrives in it: eve (member)", found["p2"][1])
        self.assertNotIn("far", str(found))
        self.assertNotIn("parent", found)
        asked = {c.path for c in source.calls if "effective" in c.params}
        self.assertEqual(set(), asked)
