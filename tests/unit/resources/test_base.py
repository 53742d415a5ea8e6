# SPDX-License-Identifier: Apache-2.0
"""What every resource type inherits: body, match, compare and the standard step.

Held against a small made-up type, so that each rule is seen on its own.
"""

from __future__ import annotations

import json

import testtools

from pumphouse import exceptions
from pumphouse.models import Difference, Need, Origin, Ref
from pumphouse.resources import base
from pumphouse.resources.fields import (
    compared,
    copied,
    dropped,
    optional,
    reference,
    references,
)
from tests.unit.resources.fakes import FakeCloud, FakeContext, Options

OWNER = Ref("project", "p1")
PART = Ref("part", "x1")


class Thing(base.ResourceType):
    """A made-up type with a field of each fate."""

    name = "thing"
    service = "network"
    path = "/things"
    singular = "thing"
    plural = "things"
    project_field = "project_id"
    fields = (
        dropped("id", "the destination gives its own"),
        copied("name"),
        reference("project_id", "project", "its owner"),
        references("parts", "part", "what it is made of", default=[]),
        reference("home", "project", "at home", must=False, brings=False, default=None),
        optional("mac", "keep_mac_addresses"),
        compared("size", default=0),
        copied("key", secret=True, send=False, default=None),
    )

    def in_projects(self, cloud, project_ids):
        query = {"project_id": sorted(project_ids)}
        for record in cloud.list(self.service, self.path, self.plural, params=query):
            yield self.resource(record)


THING = Thing()
SOURCE = {
    "id": "t1",
    "name": "web",
    "project_id": "p1",
    "parts": ["x1"],
    "mac": "fa:16:3e:00:00:01",
    "size": 3,
    "key": "hush",
}
THERE = {**SOURCE, "id": "t9", "project_id": "P1", "parts": ["X1"]}


def same(ref):
    return ref.id


def context(destination=None, **more):
    more.setdefault("bound", {OWNER: "P1", PART: "X1"})
    return FakeContext(destination=destination or FakeCloud(), **more)


class TestRecords(testtools.TestCase):
    def test_a_secret_never_enters_a_resource(self):
        resource = THING.resource(SOURCE)
        self.assertNotIn("hush", json.dumps(resource.record))
        self.assertNotIn("hush", repr(resource))
        self.assertEqual("hush", SOURCE["key"])

    def test_equal_secrets_stay_equal_and_others_differ(self):
        first, again = THING.resource(SOURCE), THING.resource(SOURCE)
        other = THING.resource({**SOURCE, "key": "psst"})
        self.assertEqual(first.record["key"], again.record["key"])
        self.assertNotEqual(first.record["key"], other.record["key"])

    def test_saved_says_only_that_there_is_a_secret(self):
        resource = THING.resource(SOURCE)
        saved = THING.saved(resource.record)
        self.assertIs(True, saved["key"])
        self.assertEqual("web", saved["name"])
        self.assertIs(False, THING.saved({**resource.record, "key": None})["key"])

    def test_undeclared_names_what_an_api_has_grown(self):
        self.assertEqual(set(), THING.undeclared(SOURCE))
        self.assertEqual({"colour"}, THING.undeclared({**SOURCE, "colour": "red"}))

    def test_needs_are_all_references_with_their_reasons(self):
        self.assertEqual(
            [
                Need(OWNER, "its owner"),
                Need(PART, "what it is made of"),
                Need(Ref("project", "p2"), "at home", must=False, brings=False),
            ],
            list(THING.needs(THING.resource({**SOURCE, "home": "p2"}))),
        )

    def test_chunks_lose_nothing(self):
        self.assertEqual(
            [["a", "b"], ["c"]], list(base.chunks(iter(["a", "b", "c"]), 2))
        )
        self.assertEqual([], list(base.chunks([], 2)))


class TestMatch(testtools.TestCase):
    def test_key_is_name_and_owner_in_terms_of_the_destination(self):
        bound = {OWNER: "P1"}
        self.assertEqual(
            THING.key(THING.resource(THERE), same),
            THING.key(THING.resource(SOURCE), bound.get),
        )

    def test_the_same_name_in_another_project_is_another_thing(self):
        there = THING.resource({**THERE, "project_id": "P2"})
        self.assertNotEqual(
            THING.key(there, same),
            THING.key(THING.resource(SOURCE), {OWNER: "P1"}.get),
        )

    def test_without_an_owner_there_is_no_key_and_no_request(self):
        """What goes into a project still to be created has no match anywhere."""
        cloud = FakeCloud()
        resource = THING.resource(SOURCE)
        self.assertIsNone(THING.key(resource, {}.get))
        self.assertEqual([], list(THING.candidates(cloud, [resource], {}.get)))
        self.assertEqual([], cloud.calls)

    def test_candidates_of_many_owners_take_one_request(self):
        cloud = FakeCloud().on("GET", "/things", [THERE])
        resources = [
            THING.resource({**SOURCE, "id": f"t{i}", "project_id": f"p{i % 2}"})
            for i in range(6)
        ]
        bound = {Ref("project", "p0"): "P0", OWNER: "P1"}
        found = list(THING.candidates(cloud, resources, bound.get))
        self.assertEqual(["t9"], [r.ref.id for r in found])
        (call,) = cloud.calls
        self.assertEqual({"project_id": ["P0", "P1"]}, call.params)


class TestCompare(testtools.TestCase):
    def compare(self, there, options=None, source=SOURCE):
        return THING.compare(
            THING.resource(source),
            THING.resource(there),
            {OWNER: "P1", PART: "X1"}.get,
            options or Options(),
        )

    def test_equal(self):
        self.assertEqual((), self.compare(THERE))

    def test_every_carried_field_counts(self):
        for field, other in (
            ("name", "db"),
            ("project_id", "P2"),
            ("parts", []),
            ("size", 4),
        ):
            (difference,) = self.compare({**THERE, field: other})
            self.assertEqual(field, difference.field)
            self.assertEqual(other, difference.destination)

    def test_a_dropped_field_does_not(self):
        self.assertEqual((), self.compare({**THERE, "id": "another"}))

    def test_an_optional_field_counts_under_its_option(self):
        there = {**THERE, "mac": "fa:16:3e:00:00:02"}
        on = Options(keep_mac_addresses=True)
        off = Options(keep_mac_addresses=False)
        self.assertEqual(["mac"], [d.field for d in self.compare(there, on)])
        self.assertEqual((), self.compare(there, off))

    def test_none_and_no_such_field_say_the_same(self):
        nameless = {**SOURCE, "name": None}
        there = {k: v for k, v in THERE.items() if k != "name"}
        self.assertEqual((), self.compare(there, source=nameless))
        (difference,) = self.compare(there)
        self.assertEqual(Difference("name", "web", None), difference)

    def test_secrets_are_compared_but_never_shown(self):
        (difference,) = self.compare({**THERE, "key": "psst"})
        self.assertEqual(Difference("key", "(secret)", "(another)"), difference)
        (difference,) = self.compare({**THERE, "key": None})
        self.assertEqual(Difference("key", "(secret)", None), difference)

    def test_a_field_the_destination_lacks_differs_unless_it_has_a_default(self):
        there = dict(THERE)
        del there["name"], there["size"]
        source = {**SOURCE, "size": 0}
        self.assertEqual(
            [Difference("name", "web", None)], list(self.compare(there, source=source))
        )

    def test_a_field_the_source_lacks_is_not_asked_for(self):
        """An older release cannot say what a newer one's field should be."""
        source = {k: v for k, v in SOURCE.items() if k != "mac"}
        self.assertEqual((), self.compare(THERE, source=source))

    def test_unless_it_has_a_default(self):
        source = {k: v for k, v in SOURCE.items() if k != "size"}
        self.assertEqual(
            ["size"], [d.field for d in self.compare(THERE, source=source)]
        )
        self.assertEqual((), self.compare({**THERE, "size": 0}, source=source))


class TestBody(testtools.TestCase):
    def test_carries_what_is_sent_with_references_mapped(self):
        ctx = context(options=Options(keep_mac_addresses=True))
        body = THING.body(ctx, THING.resource({**SOURCE, "home": None}))
        self.assertEqual(
            {
                "name": "web",
                "project_id": "P1",
                "parts": ["X1"],
                "mac": "fa:16:3e:00:00:01",
            },
            body,
        )

    def test_never_sends_what_stands_for_a_secret(self):
        self.assertNotIn("key", THING.body(context(), THING.resource(SOURCE)))

    def test_leaves_an_option_out_that_is_off(self):
        ctx = context(options=Options(keep_mac_addresses=False))
        self.assertNotIn("mac", THING.body(ctx, THING.resource(SOURCE)))

    def test_never_sends_a_source_id_in_place_of_a_missing_one(self):
        ctx = context(bound={OWNER: "P1"})
        self.assertRaises(
            exceptions.ResourceError, THING.body, ctx, THING.resource(SOURCE)
        )

    def test_a_weak_reference_to_nothing_is_left_out(self):
        body = THING.body(context(), THING.resource({**SOURCE, "home": "p2"}))
        self.assertNotIn("home", body)


class TestEnsure(testtools.TestCase):
    """The standard step, in every situation that it may find."""

    def setUp(self):
        super().setUp()
        self.resource = THING.resource(SOURCE)
        self.ref = self.resource.ref

    def test_makes_and_binds_with_one_request(self):
        cloud = FakeCloud().on("POST", "/things", {"id": "t9"})
        ctx = context(cloud)
        self.assertEqual({"id": "t9"}, THING.ensure(ctx, self.resource))
        self.assertEqual(1, len(cloud.calls))
        self.assertEqual(Origin.CREATED, ctx.binding(self.ref).origin)
        self.assertEqual([], ctx.open("create", self.ref))

    def test_the_intent_is_there_before_the_request(self):
        ctx = context()

        def answer(call):
            self.assertEqual(1, len(ctx.open("create", self.ref)))
            return {"id": "t9"}

        ctx.destination.on("POST", "/things", answer)
        THING.ensure(ctx, self.resource)

    def test_a_second_time_sends_nothing_and_says_the_same(self):
        cloud = FakeCloud().on("POST", "/things", {"id": "t9"})
        ctx = context(cloud)
        first = THING.ensure(ctx, self.resource)
        self.assertEqual(first, THING.ensure(ctx, self.resource))
        self.assertEqual(1, len(cloud.calls))

    def test_after_a_crash_finds_what_the_earlier_try_made(self):
        cloud = FakeCloud().on("GET", "/things", [THERE])
        ctx = context(cloud)
        self.crash(ctx)
        self.assertEqual({"id": "t9"}, THING.ensure(ctx, self.resource))
        self.assertEqual([], cloud.made("POST"))
        self.assertEqual(Origin.CREATED, ctx.binding(self.ref).origin)

    def test_after_a_crash_makes_it_if_the_earlier_try_did_not(self):
        cloud = FakeCloud().on("GET", "/things", []).on("POST", "/things", {"id": "t9"})
        ctx = context(cloud)
        self.crash(ctx)
        self.assertEqual({"id": "t9"}, THING.ensure(ctx, self.resource))
        self.assertEqual(1, len(cloud.made("POST")))

    def test_a_lost_answer_is_looked_up(self):
        cloud = (
            FakeCloud()
            .on("POST", "/things", exceptions.LostAnswer("no answer"))
            .on("GET", "/things", [THERE])
        )
        ctx = context(cloud)
        self.assertEqual({"id": "t9"}, THING.ensure(ctx, self.resource))
        self.assertEqual(1, len(cloud.made("POST")))

    def test_a_lost_request_leaves_the_intent_open_for_the_next_try(self):
        cloud = (
            FakeCloud()
            .on("POST", "/things", exceptions.LostAnswer("no answer"), {"id": "t9"})
            .on("GET", "/things", [])
        )
        ctx = context(cloud)
        self.assertRaises(exceptions.LostAnswer, THING.ensure, ctx, self.resource)
        self.assertEqual(1, len(ctx.open("create", self.ref)))
        self.assertEqual({"id": "t9"}, THING.ensure(ctx, self.resource))

    def test_a_refusal_closes_the_intent(self):
        cloud = FakeCloud().on("POST", "/things", exceptions.QuotaExceeded("full"))
        ctx = context(cloud)
        self.assertRaises(exceptions.QuotaExceeded, THING.ensure, ctx, self.resource)
        self.assertEqual([], ctx.open("create", self.ref))
        self.assertIsNone(ctx.binding(self.ref))

    def test_what_somebody_else_made_since_the_plan_is_adopted(self):
        cloud = self.conflict(THERE)
        ctx = context(cloud)
        self.assertEqual({"id": "t9"}, THING.ensure(ctx, self.resource))
        self.assertEqual(Origin.ADOPTED, ctx.binding(self.ref).origin)

    def test_but_not_if_it_differs(self):
        ctx = context(self.conflict({**THERE, "size": 4}))
        error = self.assertRaises(
            exceptions.DestinationDiffers, THING.ensure, ctx, self.resource
        )
        self.assertIn("size: 3 -> 4", str(error))
        self.assertIsNone(ctx.binding(self.ref))

    def test_and_not_what_stands_for_another_already(self):
        ctx = context(self.conflict(THERE))
        ctx.bind(Ref("thing", "t2"), "t9")
        self.assertRaises(exceptions.Conflict, THING.ensure, ctx, self.resource)

    def test_of_two_namesakes_the_equal_one_is_taken(self):
        other = {**THERE, "id": "t8", "size": 4}
        ctx = context(FakeCloud().on("GET", "/things", [other, THERE]))
        self.crash(ctx)
        self.assertEqual({"id": "t9"}, THING.ensure(ctx, self.resource))

    def test_delete_does_not_mind_that_it_is_gone(self):
        path = "/things/t9"
        cloud = FakeCloud().on("DELETE", path, exceptions.ResourceMissing("gone"))
        THING.delete(context(cloud), "t9")
        self.assertEqual(1, len(cloud.made("DELETE", path)))

    def crash(self, ctx):
        """Leave an open intent behind, as a killed process does."""

        class Killed(BaseException):
            pass

        def die():
            with ctx.creating(self.ref):
                raise Killed

        self.assertRaises(Killed, die)

    def conflict(self, there):
        return (
            FakeCloud()
            .on("POST", "/things", exceptions.Conflict("name taken"))
            .on("GET", "/things", [there])
        )
