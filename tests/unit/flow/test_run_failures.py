# SPDX-License-Identifier: Apache-2.0
"""A node that fails: what stops, what goes on, what it says, what a resume runs."""

from __future__ import annotations

from pumphouse import exceptions
from pumphouse.store.rows import NodeState, RunState
from tests.unit.flow.base import RunTestCase, raising


class TestFailure(RunTestCase):
    def test_a_failure_stops_only_what_depends_on_it(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "mill")
        run = self.run_plan(self.plan("house", "h1", "h2"))
        self.assertEqual(RunState.FAILED, run.state)
        self.assertEqual(NodeState.FAILED, self.node(run, "house:h1").state)
        self.assertEqual(NodeState.PENDING, self.node(run, "person:p1").state)
        self.assertEqual(NodeState.DONE, self.node(run, "house:h2").state)

    def test_an_error_names_the_resource(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual("house inn: no room", self.node(run, "house:h2").error)

    def test_resuming_runs_what_has_not_succeeded(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.destination.before = lambda kind, body: None
        self.onlooker.events.clear()
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        self.assertNotIn("town:t1:ensure started", self.onlooker.events)
        self.assertEqual(3, len(self.destination.made))

    def test_a_bug_is_one_line_and_names_the_step(self):
        self.destination.before = raising(KeyError("secret\nsecond line"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        error = self.node(run, "house:h2").error
        self.assertIn("unexpected KeyError in step ensure", error)
        self.assertNotIn("secret", error)

    def test_a_node_that_was_put_back_starts_over(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no bed"), "Eve")
        run = self.run_plan(self.plan("guest", "Eve", "Fay"))
        self.assertEqual(RunState.FAILED, run.state)
        self.destination.before = lambda kind, body: None
        self.onlooker.events.clear()
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        self.assertIn("guest:g1:pack started", self.onlooker.events)
        self.assertNotIn("guest:g2:pack started", self.onlooker.events)

    def test_an_onlooker_that_breaks_fails_nothing(self):
        # A closed terminal, a name that the display cannot show.
        def broken(event: str) -> None:
            raise BrokenPipeError

        self.onlooker.on = broken
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
