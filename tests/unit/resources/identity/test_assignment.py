# SPDX-License-Identifier: Apache-2.0
"""Role assignments: their names, which are taken along, giving and taking."""

from __future__ import annotations

import testtools

from pumphouse.models import Ref, Resource
from pumphouse.resources import listing
from pumphouse.resources.identity.assignment import Assignment
from tests.unit.resources.fakes import FakeCloud, FakeContext, Options, found, linking

ASSIGNMENT = Assignment()
BOUND = {
    Ref("user", "u"): "U",
    Ref("role", "r"): "R",
    Ref("project", "p"): "P",
    Ref("domain", "d"): "D",
}


def record(scope, actor="user", who="u", **names):
    return {
        actor: {"id": who, **names},
        "role": {"id": "r", **({"name": "member"} if names else {})},
        "scope": scope,
        "links": {"assignment": "http://source/v3/..."},
    }


PROJECT = {"project": {"id": "p"}}
PLAIN = record(PROJECT)
INHERITED = record({**PROJECT, "OS-INHERIT:inherited_to": "projects"})
DOMAIN = record({"domain": {"id": "d"}})
SYSTEM = record({"system": {"all": True}})
GROUP = record(PROJECT, "group", "g")
NAMED = record(PROJECT, name="alice", domain={"id": "d", "name": "Default"})

# record, its id, and where Keystone wants it on the destination
ALL = (
    (PLAIN, "user/u/role/r/project/p", "/projects/P/users/U/roles/R"),
    (
        INHERITED,
        "user/u/role/r/project/p/inherited",
        "/OS-INHERIT/projects/P/users/U/roles/R/inherited_to_projects",
    ),
    (DOMAIN, "user/u/role/r/domain/d", "/domains/D/users/U/roles/R"),
    (SYSTEM, "user/u/role/r/system/all", "/system/users/U/roles/R"),
)


class TestAssignment(testtools.TestCase):
    def test_is_named_by_what_it_says(self):
        for raw, name, _ in ALL:
            self.assertEqual(name, ASSIGNMENT.identify(raw))
        self.assertEqual("group/g/role/r/project/p", ASSIGNMENT.identify(GROUP))

    def test_needs_whom_what_and_where(self):
        needs = {n.ref for n in ASSIGNMENT.needs(ASSIGNMENT.resource(PLAIN))}
        self.assertEqual(
            {Ref("user", "u"), Ref("role", "r"), Ref("project", "p")}, needs
        )
        needs = {n.ref for n in ASSIGNMENT.needs(ASSIGNMENT.resource(SYSTEM))}
        self.assertEqual({Ref("user", "u"), Ref("role", "r")}, needs)

    def test_given_and_taken_at_the_right_place(self):
        for raw, _, path in ALL:
            cloud = FakeCloud().on("PUT", path, {}).on("DELETE", path, {})
            ctx = FakeContext(destination=cloud, bound=BOUND)
            made = ASSIGNMENT.ensure(ctx, ASSIGNMENT.resource(raw))
            again = ASSIGNMENT.ensure(ctx, ASSIGNMENT.resource(raw))
            self.assertEqual(made, again)
            ASSIGNMENT.delete(ctx, made["id"])
            self.assertEqual(["PUT", "DELETE"], [call.method for call in cloud.calls])

    def test_the_destination_id_is_its_key(self):
        """What is made is found again by the same words."""
        for raw, name, _ in ALL:
            words = [
                BOUND.get(Ref(*pair), pair[1])
                for pair in zip(*[iter(name.split("/"))] * 2, strict=False)
            ]
            key = str(ASSIGNMENT.key(ASSIGNMENT.resource(raw), BOUND.get))
            self.assertEqual(words, key.split("/")[1:6:2])
            self.assertEqual(name.endswith("inherited"), key.endswith("inherited"))

    def test_no_key_as_long_as_anything_of_it_is_missing(self):
        resource = ASSIGNMENT.resource(PLAIN)
        for missing in BOUND:
            if missing.type != "domain":
                some = {k: v for k, v in BOUND.items() if k != missing}
                self.assertIsNone(ASSIGNMENT.key(resource, some.get))

    def test_compares_ids_and_no_names(self):
        there = ASSIGNMENT.resource(
            {
                "user": {"id": "U", "name": "renamed"},
                "role": {"id": "R"},
                "scope": {"project": {"id": "P", "name": "renamed"}},
            }
        )
        source = ASSIGNMENT.resource(NAMED)
        compare = ASSIGNMENT.compare(source, there, BOUND.get, Options())
        self.assertEqual((), compare)
        inherited = ASSIGNMENT.resource(INHERITED)
        compare = ASSIGNMENT.compare(inherited, there, BOUND.get, Options())
        self.assertEqual(["scope"], [d.field for d in compare])

    def test_a_groups_role_is_blocked_and_says_what_to_do(self):
        fitness = ASSIGNMENT.fitness(ASSIGNMENT.resource(GROUP), Options())
        self.assertIn("pumphouse register", fitness.blocked)
        fitness = ASSIGNMENT.fitness(ASSIGNMENT.resource(PLAIN), Options())
        self.assertEqual("", fitness.blocked)

    def test_is_called_after_user_and_role(self):
        self.assertEqual("alice member", ASSIGNMENT.resource(NAMED).name)


class TestDiscovery(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.mine = record(PROJECT, who="operator")
        self.cloud = FakeCloud(user_id="operator").on(
            "GET", "/role_assignments", [PLAIN, self.mine, GROUP]
        )

    def test_a_project_takes_one_request_and_leaves_the_operator_out(self):
        found = ASSIGNMENT.list(self.cloud, listing.where(listing.PROJECT, ["p"]))
        self.assertEqual(
            ["user/u/role/r/project/p", "group/g/role/r/project/p"],
            [r.ref.id for r in found],
        )
        (call,) = self.cloud.calls
        self.assertEqual("p", call.params["scope.project.id"])

    def test_many_projects_take_one_request(self):
        many = [f"p{i}" for i in range(50)]
        found = list(
            ASSIGNMENT.list(self.cloud, listing.where(listing.PROJECT, [*many, "p"]))
        )
        self.assertEqual(2, len(found))
        self.assertEqual(1, len(self.cloud.calls))

    def owned(self, user):
        """A thing of theirs, in project p."""
        return Resource(Ref("server", "s"), "web", {"user_id": user}, "p")

    def test_of_an_owner_only_his_where_he_owns_something(self):
        linking(ASSIGNMENT, self.cloud, found(self.owned("u")))
        (call,) = self.cloud.calls
        self.assertEqual("u", call.params["user.id"])
        self.assertEqual("p", call.params["scope.project.id"])

    def test_the_operator_owns_servers_without_bringing_his_roles(self):
        so_far = found(self.owned("operator"))
        self.assertEqual([], linking(ASSIGNMENT, self.cloud, so_far))
        self.assertEqual([], self.cloud.calls)

    def test_a_project_that_is_followed_was_asked_for_them_all(self):
        so_far = found(self.owned("u"), followed=[Ref("project", "p")])
        self.assertEqual([], linking(ASSIGNMENT, self.cloud, so_far))
        self.assertEqual([], self.cloud.calls)

    def test_fetch_gives_those_asked_for(self):
        wanted = "user/u/role/r/project/p"
        found = ASSIGNMENT.list(
            self.cloud, listing.where(listing.ID, [wanted, "user/x/role/r/project/p"])
        )
        self.assertEqual([wanted], [r.ref.id for r in found])
        self.assertEqual(1, len(self.cloud.calls))

    def test_fetch_leaves_out_what_is_no_id(self):
        """An operator may take a name for one."""
        self.assertEqual(
            [],
            list(
                ASSIGNMENT.list(
                    self.cloud, listing.where(listing.ID, ["lena", "a/b", ""])
                )
            ),
        )

    def test_candidates_of_a_project_take_one_request(self):
        resources = [ASSIGNMENT.resource(r) for r in (PLAIN, INHERITED)]
        list(ASSIGNMENT.candidates(self.cloud, resources, BOUND.get))
        (call,) = self.cloud.calls
        self.assertEqual("P", call.params["scope.project.id"])

    def test_what_goes_into_a_new_project_has_no_candidates(self):
        resource = ASSIGNMENT.resource(PLAIN)
        list(ASSIGNMENT.candidates(self.cloud, [resource], {}.get))
        self.assertEqual([], self.cloud.calls)
