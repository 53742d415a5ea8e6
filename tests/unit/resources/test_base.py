# SPDX-License-Identifier: Apache-2.0
"""What every resource type inherits for changing: the body and the standard step."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Origin, Ref
from tests.unit.resources.fakes import FakeCloud, Options
from tests.unit.resources.things import (
    OWNER,
    SOURCE,
    THERE,
    THING,
    context,
)


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

    def test_what_the_first_attempt_made_is_not_somebody_elses(self):
        """Its answer was lost, and the second attempt found the name taken."""
        taken = exceptions.Conflict("name taken")
        taken.retried = True
        cloud = self.conflict(THERE).on("POST", "/things", taken)
        ctx = context(cloud)
        self.assertEqual({"id": "t9"}, THING.ensure(ctx, self.resource))
        self.assertEqual(Origin.CREATED, ctx.binding(self.ref).origin)

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
