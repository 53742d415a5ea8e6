# SPDX-License-Identifier: Apache-2.0
"""Domains, projects and what all of Keystone's resources have in common."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Difference, Need, Ref
from pumphouse.resources.identity.domain import Domain
from pumphouse.resources.identity.project import Project
from pumphouse.resources.listing import ID, where
from tests.unit.resources.fakes import FakeCloud, FakeContext, Options

DOMAIN, PROJECT = Domain(), Project()
DEFAULT = {
    "id": "default",
    "name": "Default",
    "description": "The default domain",
    "enabled": True,
    "tags": [],
    "options": {},
    "links": {"self": "http://source/v3/domains/default"},
}
WEB = {
    "id": "p1",
    "name": "web",
    "domain_id": "default",
    "parent_id": "default",
    "description": "the shop",
    "enabled": True,
    "is_domain": False,
    "tags": ["b", "a"],
    "options": {},
    "links": {"self": "http://source/v3/projects/p1"},
}
SHOP = {**WEB, "id": "p2", "name": "shop", "parent_id": "p1"}
BOUND = {Ref("domain", "default"): "D", Ref("project", "p1"): "P1"}


def same(ref):
    return ref.id


class TestProject(testtools.TestCase):
    def test_one_at_the_top_needs_its_domain(self):
        needs = list(PROJECT.needs(PROJECT.resource(WEB)))
        self.assertEqual({Ref("domain", "default")}, {n.ref for n in needs})

    def test_one_below_another_needs_that_too(self):
        needs = list(PROJECT.needs(PROJECT.resource(SHOP)))
        self.assertEqual(
            [
                Need(Ref("domain", "default"), "the domain it is in", enabled=True),
                Need(Ref("project", "p1"), "what it is below", enabled=True),
            ],
            needs,
        )

    def test_body_maps_either_kind_of_parent(self):
        ctx = FakeContext(bound=BOUND)
        top = PROJECT.body(ctx, PROJECT.resource(WEB))
        below = PROJECT.body(ctx, PROJECT.resource(SHOP))
        self.assertEqual(("D", "D"), (top["domain_id"], top["parent_id"]))
        self.assertEqual(("D", "P1"), (below["domain_id"], below["parent_id"]))
        self.assertNotIn("id", top)
        self.assertNotIn("links", top)

    def test_disabled_stays_disabled(self):
        off = PROJECT.resource({**WEB, "enabled": False})
        self.assertIs(False, PROJECT.body(FakeContext(bound=BOUND), off)["enabled"])

    def test_nothing_is_made_within_a_disabled_project_or_domain(self):
        for kind, record in ((PROJECT, WEB), (DOMAIN, DEFAULT)):
            for enabled in (True, False):
                one = kind.resource({**record, "enabled": enabled})
                self.assertEqual(not enabled, kind.disabled(one))

    def test_enabled_on_one_side_only_differs(self):
        there = PROJECT.resource({**WEB, "domain_id": "D", "parent_id": "D"})
        off = PROJECT.resource({**WEB, "enabled": False})
        self.assertEqual(
            (Difference("enabled", False, True),),
            PROJECT.compare(off, there, BOUND.get, Options()),
        )

    def test_equal_whatever_the_order_of_tags(self):
        there = {**WEB, "domain_id": "D", "parent_id": "D", "tags": ["a", "b"]}
        self.assertEqual(
            (),
            PROJECT.compare(
                PROJECT.resource(WEB), PROJECT.resource(there), BOUND.get, Options()
            ),
        )

    def test_in_another_domain_it_is_another_project(self):
        there = PROJECT.resource({**WEB, "domain_id": "E"})
        self.assertNotEqual(
            PROJECT.key(there, same), PROJECT.key(PROJECT.resource(WEB), BOUND.get)
        )

    def test_a_few_are_fetched_by_id_and_many_by_one_list(self):
        records = [{**WEB, "id": f"p{i}"} for i in range(9)]
        cloud = FakeCloud().on("GET", "/projects", records)
        cloud.on("GET", "/projects/p1", records[1])
        self.assertEqual(
            ["p1"], [r.ref.id for r in PROJECT.list(cloud, where(ID, ["p1"]))]
        )
        many = PROJECT.list(cloud, where(ID, ["p1", "p4", "p5"]))
        self.assertEqual(["p1", "p4", "p5"], [r.ref.id for r in many])
        self.assertEqual(
            ["/projects/p1", "/projects"], [call.path for call in cloud.calls]
        )

    def test_those_that_no_list_shows_are_fetched_by_id(self):
        """A Keystone with directories lists only the caller's own domain."""
        cloud = FakeCloud().on("GET", "/projects", [WEB])
        cloud.on("GET", "/projects/p2", SHOP)
        found = [r.ref.id for r in PROJECT.list(cloud, where(ID, ["p1", "p2", "gone"]))]
        self.assertEqual(["p1", "p2"], sorted(found))

    def test_so_are_all_if_the_list_is_cut_off(self):
        cloud = FakeCloud().on("GET", "/projects", exceptions.UnexpectedAnswer("cut"))
        for record in (WEB, SHOP, {**WEB, "id": "p3"}):
            cloud.on("GET", f"/projects/{record['id']}", record)
        found = [r.ref.id for r in PROJECT.list(cloud, where(ID, ["p1", "p2", "p3"]))]
        self.assertEqual(["p1", "p2", "p3"], found)

    def test_candidates_take_one_request_a_domain(self):
        cloud = FakeCloud().on("GET", "/projects", [])
        two = [PROJECT.resource(WEB), PROJECT.resource(SHOP)]
        list(PROJECT.candidates(cloud, two, BOUND.get))
        list(PROJECT.candidates(cloud, two[:1], BOUND.get))
        self.assertEqual(
            [{"domain_id": "D"}, {"domain_id": "D", "name": "web"}],
            [call.params for call in cloud.calls],
        )

    def test_a_domain_still_to_be_created_costs_no_request(self):
        cloud = FakeCloud()
        list(PROJECT.candidates(cloud, [PROJECT.resource(WEB)], {}.get))
        self.assertEqual([], cloud.calls)


class TestExtras(testtools.TestCase):
    """Attributes that somebody put there and Keystone just keeps."""

    RECORD = {**WEB, "cost_centre": 4711, "owner": {"mail": "a@example.org"}}
    THERE = {**RECORD, "id": "P1", "domain_id": "D", "parent_id": "D"}

    def test_are_carried(self):
        body = PROJECT.body(FakeContext(bound=BOUND), PROJECT.resource(self.RECORD))
        self.assertEqual(4711, body["cost_centre"])
        self.assertEqual({"mail": "a@example.org"}, body["owner"])

    def test_are_compared(self):
        source = PROJECT.resource(self.RECORD)
        there = PROJECT.resource(self.THERE)
        self.assertEqual((), PROJECT.compare(source, there, BOUND.get, Options()))
        there = PROJECT.resource({**self.THERE, "cost_centre": 4712})
        self.assertEqual(
            (Difference("cost_centre", 4711, 4712),),
            PROJECT.compare(source, there, BOUND.get, Options()),
        )

    def test_are_named_in_the_plan(self):
        (note,) = PROJECT.fitness(PROJECT.resource(self.RECORD), Options()).notes
        self.assertIn("cost_centre, owner", note)
        self.assertEqual((), PROJECT.fitness(PROJECT.resource(WEB), Options()).notes)


class TestUndo(testtools.TestCase):
    def test_an_immutable_one_is_made_mutable_first(self):
        cloud = FakeCloud()
        cloud.on("DELETE", "/projects/P1", exceptions.Forbidden("immutable"), True)
        cloud.on("PATCH", "/projects/P1", {}).on("GET", "/security-groups", [])
        PROJECT.delete(FakeContext(destination=cloud), "P1")
        (change,) = cloud.made("PATCH")
        self.assertEqual({"project": {"options": {"immutable": False}}}, change.body)
        self.assertEqual(2, len(cloud.made("DELETE")))

    def test_a_domain_is_disabled_first(self):
        cloud = FakeCloud().on("PATCH", "/domains/D", {}).on("DELETE", "/domains/D", {})
        DOMAIN.delete(FakeContext(destination=cloud), "D")
        self.assertEqual(
            [{"options": {"immutable": False}}, {"enabled": False}],
            [call.body["domain"] for call in cloud.made("PATCH")],
        )
        self.assertEqual("DELETE", cloud.calls[-1].method)

    def test_a_domain_that_is_gone_is_fine(self):
        gone = exceptions.ResourceMissing("gone")
        cloud = FakeCloud().on("PATCH", "/domains/D", gone)
        DOMAIN.delete(FakeContext(destination=cloud), "D")


class TestDomain(testtools.TestCase):
    def test_of_the_default_domain_only_its_being_on_counts(self):
        there = DOMAIN.resource({**DEFAULT, "description": "ours", "tags": ["x"]})
        source = DOMAIN.resource(DEFAULT)
        self.assertEqual((), DOMAIN.compare(source, there, same, Options()))
        off = DOMAIN.resource({**DEFAULT, "enabled": False})
        self.assertEqual(
            ["enabled"],
            [d.field for d in DOMAIN.compare(source, off, same, Options())],
        )

    def test_of_any_other_all_fields_count(self):
        source = DOMAIN.resource({**DEFAULT, "id": "d1", "name": "tenants"})
        there = DOMAIN.resource({**source.record, "description": "other"})
        self.assertEqual(
            ["description"],
            [d.field for d in DOMAIN.compare(source, there, same, Options())],
        )
