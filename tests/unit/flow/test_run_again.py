# SPDX-License-Identifier: Apache-2.0
"""What is tried again within a run or by the next one, and made once all the same."""

from __future__ import annotations

from pumphouse import exceptions
from pumphouse.flow import rollback, undoing
from pumphouse.plan.document import Plan
from pumphouse.store.rows import RunState
from tests.unit.flow.base import Killed, RunTestCase, raising, so_often


class TestLostAnswers(RunTestCase):
    def test_what_a_lost_answer_made_is_found(self):
        self.destination.after = raising(exceptions.LostAnswer("?"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(1, self.destination.made.count("house inn"))

    def test_what_was_made_when_the_process_was_killed_is_found(self):
        self.destination.after = raising(Killed(), "inn")
        plan = self.plan("house", "inn")
        run = self.run_plan(plan)
        self.assertEqual(["create"], [i.kind for i in self.store.open_intents()])
        self.destination.after = lambda kind, body: None
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        self.assertEqual(1, self.destination.made.count("house inn"))

    def test_namesakes_of_unknown_outcome_do_not_get_in_each_others_way(self):
        # All were made, none was bound; each has to get one of them.
        ids = [f"t{n}" for n in range(8)]
        self.source.records["town"] = [{"id": i, "name": "Ulm"} for i in ids]
        self.destination.after = raising(Killed(), "Ulm")
        run = self.run_plan(self.plan("town", *ids))
        self.destination.after = lambda kind, body: None
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        bound = {b.destination_id for b in self.store.bindings()}
        self.assertEqual({t["id"] for t in self.destination.records["town"]}, bound)


class TestAgain(RunTestCase):
    def test_a_request_that_never_arrived_is_sent_again_by_its_node(self):
        """In the same run, and nothing else runs twice."""
        lost = exceptions.Unreachable("no route to host")
        self.destination.before = so_often(2, lost, "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(3, self.onlooker.events.count("house:h2:ensure started"))
        self.assertEqual(2, self.onlooker.events.count("house:h2:ensure again"))
        self.assertEqual(1, self.onlooker.events.count("town:t1:ensure started"))
        self.assertEqual(["town Ulm", "house inn", "person Bob"], self.destination.made)
        self.assertEqual(3, self.node(run, "house:h2").attempts)
        self.assertEqual("", self.node(run, "house:h2").error)

    def test_a_lost_answer_is_looked_for_first(self):
        """What the request made before its answer was lost is not made again."""
        self.destination.after = so_often(1, exceptions.ServiceError("503"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(1, self.destination.made.count("house inn"))

    def test_after_three_attempts_it_has_failed(self):
        lost = exceptions.Unreachable("no route to host")
        self.destination.before = raising(lost, "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.FAILED, run.state)
        self.assertEqual(3, self.onlooker.events.count("house:h2:ensure started"))
        self.assertIn("no route", self.node(run, "house:h2").error)

    def test_a_permanent_error_is_not_tried_again(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.FAILED, run.state)
        self.assertEqual(1, self.onlooker.events.count("house:h2:ensure started"))

    def test_what_was_put_back_begins_with_its_first_step(self):
        """A guest that could not arrive has unpacked: it packs again."""
        lost = exceptions.ServiceError("503")
        self.destination.before = so_often(1, lost, "Eve")
        run = self.run_plan(self.plan("guest", "Eve"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(2, self.onlooker.events.count("guest:g1:pack started"))

    def test_a_deletion_is_tried_again(self):
        """A rollback is as patient."""
        run = self.run_plan(self.plan("house", "inn"))
        left = [exceptions.Unreachable("no route to host")]

        def lose(kind: str, its_id: str) -> None:
            if left:
                raise left.pop()

        self.destination.before_delete = lose
        plan = Plan.loads(self.store.plan(run.plan_id).document)
        undone = rollback.outline(self.store, plan, run).undone
        back = undoing.begin(self.store, plan, run, undone)
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(back.id).state)
        self.assertEqual(3, len(self.destination.deleted))
