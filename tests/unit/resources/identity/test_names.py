# SPDX-License-Identifier: Apache-2.0
"""Names that the destination takes for others, and what is too big for it."""

from __future__ import annotations

import itertools

import testtools

from pumphouse.models import Action, Ref
from pumphouse.resources import folding
from pumphouse.resources.identity.domain import Domain
from pumphouse.resources.identity.keystone import IdentityType
from pumphouse.resources.identity.project import Project
from pumphouse.resources.identity.role import Role
from pumphouse.resources.identity.user import User
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.identity import outlooks

ROLE, USER, PROJECT, DOMAIN = Role(), User(), Project(), Domain()
IN_DEFAULT = {Ref("domain", "default"): "D"}


def role(name, domain=None, role_id=None):
    record = {"id": role_id or f"s-{name}", "name": name, "domain_id": domain}
    return ROLE.resource(record)


def user(name, domain="default"):
    return USER.resource({"id": f"s-{name}", "name": name, "domain_id": domain})


def there(*names, exact=False, path="/roles", **more):
    records = [{"id": f"d-{n}", "name": n, "domain_id": None, **more} for n in names]
    answer = records if exact else outlooks.folding(records)
    cloud = FakeCloud().on("GET", path, answer)
    return cloud.on("GET", "/role_inferences", [])


def blocked(kind, *resources, cloud, stands=None):
    made = dict.fromkeys(resources, Action.CREATE)
    view = outlooks.outlook(made, stands or IN_DEFAULT, destination=cloud)
    return {f.ref.id: f.blocked for f in IdentityType.foresee(kind, view) if f.blocked}


class TestFolding(testtools.TestCase):
    def test_what_a_default_collation_does_not_count(self):
        for one, other in (
            ("Manager", "manager"),
            ("ops", "öps"),
            ("ops", "ops  "),
            ("ÖPS ", "ops"),
            ("straße", "STRASSE"),
        ):
            self.assertEqual(folding.folded(one), folding.folded(other), (one, other))
        for one, other in (("ops", " ops"), ("ops", "op s"), ("a-b", "a_b")):
            self.assertNotEqual(folding.folded(one), folding.folded(other))

    def test_a_known_name_is_disguised_as_far_as_two_names_differ(self):
        for one, other, expected in (
            ("Ops", "ops", "ADMIN"),
            ("ops", "öps", "ádmin"),
            ("ops", "ops ", "admin "),
            ("Öps ", "ops", "ÁDMIN "),
        ):
            self.assertEqual(expected, folding.disguised("admin", one, other))
            self.assertEqual(expected, folding.disguised("admin", other, one))


class TestTaken(testtools.TestCase):
    def test_a_name_that_counts_as_one_of_the_destinations_is_blocked(self):
        found = blocked(ROLE, role("Manager"), cloud=there("manager", "member"))
        self.assertEqual(["s-Manager"], list(found))
        self.assertIn("the destination has the role 'manager'", found["s-Manager"])
        self.assertIn("map it", found["s-Manager"])

    def test_among_several_as_well_by_a_question_for_the_suspect_only(self):
        cloud = there("manager", "member")
        roles = [role(n) for n in ("Manager", "one", "two")]
        self.assertEqual(["s-Manager"], list(blocked(ROLE, *roles, cloud=cloud)))
        asked = [c.params.get("name") for c in cloud.made("GET", "/roles")]
        self.assertEqual([None, "Manager"], asked)

    def test_a_database_that_tells_them_apart_takes_both(self):
        cloud = there("manager", "member", exact=True)
        roles = [role(n) for n in ("Manager", "one")]
        self.assertEqual({}, blocked(ROLE, *roles, cloud=cloud))

    def test_every_type_with_unique_names(self):
        record = {"id": "s-Ops", "name": "Ops", "enabled": True}
        for kind, more in (
            (USER, {"domain_id": "default"}),
            (PROJECT, {"domain_id": "default", "parent_id": "default"}),
            (DOMAIN, {}),
        ):
            domain = {"domain_id": "D"} if more else {}
            cloud = there("ops", path=kind.path, **domain)
            found = blocked(kind, kind.resource({**record, **more}), cloud=cloud)
            self.assertEqual(["s-Ops"], list(found), kind.name)

    def test_in_another_domain_it_is_another_name(self):
        cloud = there("ops", path="/users", domain_id="E")
        self.assertEqual({}, blocked(USER, user("Ops"), user("x"), cloud=cloud))

    def test_a_domain_that_is_still_to_be_created_is_not_asked(self):
        cloud = FakeCloud()
        found = blocked(USER, user("Ops", "new"), user("x", "new"), cloud=cloud)
        self.assertEqual(({}, []), (found, cloud.calls))

    def test_what_is_not_created_costs_no_request(self):
        cloud = FakeCloud()
        view = outlooks.outlook({user("Ops"): Action.ADOPT}, destination=cloud)
        self.assertEqual([], list(IdentityType.foresee(USER, view)))
        self.assertEqual([], cloud.calls)


class TestWantedTwice(testtools.TestCase):
    """A source that tells case apart, and a destination that does not."""

    def test_two_of_the_plan_that_count_as_one_are_both_blocked(self):
        for one, other in (("Ops", "ops"), ("ops", "öps"), ("ops", "ops ")):
            cloud = there("admin")
            roles = [role(one), role(other), role("x")]
            found = blocked(ROLE, *roles, cloud=cloud)
            self.assertEqual({f"s-{one}", f"s-{other}"}, set(found))
            self.assertIn(repr(other), found[f"s-{one}"])

    def test_not_where_the_destination_tells_them_apart(self):
        cloud = there("admin", exact=True)
        self.assertEqual({}, blocked(ROLE, role("Ops"), role("ops"), cloud=cloud))

    def test_not_in_two_domains(self):
        users = [user("Ops", "one"), user("ops", "two")]
        self.assertEqual({}, blocked(USER, *users, cloud=FakeCloud()))


class TestSizes(testtools.TestCase):
    def reasons(self, kind, **record):
        record = {"id": "s", "name": "fine", **record}
        cloud = FakeCloud().on("GET", kind.path, []).on("GET", "/role_inferences", [])
        stands = {Ref("domain", "default"): "D"}
        return blocked(kind, kind.resource(record), cloud=cloud, stands=stands)

    def test_what_keystone_takes_is_let_through(self):
        for kind, record in (
            (ROLE, {"name": "x" * 255, "description": "x" * 255}),
            (USER, {"name": "x" * 255, "domain_id": "default"}),
            (PROJECT, {"name": "x" * 64, "domain_id": "default", "tags": ["x" * 255]}),
            (PROJECT, {"description": "x" * 999, "domain_id": "default"}),
            (DOMAIN, {"name": "x" * 64, "description": "x" * 255}),
        ):
            self.assertEqual({}, self.reasons(kind, **record))

    def test_what_it_does_not_take_is_blocked(self):
        for kind, record, expected in (
            (USER, {"name": "x" * 256, "domain_id": "default"}, "256 characters"),
            (PROJECT, {"name": "x" * 65, "domain_id": "default"}, "takes 64"),
            (DOMAIN, {"name": "x" * 65}, "takes 64"),
            (ROLE, {"name": "  "}, "blank"),
            (DOMAIN, {"description": "x" * 256}, "take 255"),
            (PROJECT, {"tags": [str(n) for n in range(81)]}, "81 tags"),
            (PROJECT, {"tags": ["a/b"]}, "tag 'a/b'"),
        ):
            (reason,) = self.reasons(kind, **record).values()
            self.assertIn(expected, reason)

    def tree(self, depth, model="", mapped=False):
        ids = ["default", *(f"p{n}" for n in range(depth))]
        made = {
            PROJECT.resource(
                {
                    "id": one,
                    "name": one,
                    "domain_id": "default",
                    "parent_id": above,
                    "enabled": True,
                }
            ): Action.CREATE
            for above, one in itertools.pairwise(ids)
        }
        if mapped:
            made[next(iter(made))] = Action.MAP
        cloud = FakeCloud().on("GET", "/projects", [])
        if model:
            cloud.on("GET", "/limits/model", {"name": model})
        view = outlooks.outlook(made, destination=cloud)
        return {f.ref.id: f for f in IdentityType.foresee(PROJECT, view)}

    def test_projects_below_the_default_depth_are_noted(self):
        self.assertEqual({}, self.tree(5))
        found = self.tree(6)
        self.assertEqual(["p5"], list(found))
        self.assertIn("6 levels", found["p5"].notes[0])
        self.assertIn("max_project_tree_depth", found["p5"].notes[0])

    def test_projects_too_deep_for_the_model_of_limits_are_blocked(self):
        self.assertEqual({}, self.tree(3, "flat"))
        found = self.tree(3, "strict_two_level")
        self.assertEqual(["p2"], list(found))
        self.assertIn("strict_two_level", found["p2"].blocked)

    def test_below_something_mapped_the_depth_is_not_known(self):
        self.assertEqual({}, self.tree(6, mapped=True))
