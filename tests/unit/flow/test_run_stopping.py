# SPDX-License-Identifier: Apache-2.0
"""A run is stopped: what is under way ends, is put back or is named."""

from __future__ import annotations

import threading
from typing import Any
from unittest import mock

from pumphouse.store.owner import Owner
from pumphouse.store.rows import NodeState, RunState
from tests.unit.flow import toys
from tests.unit.flow.base import RunTestCase


class TestStopping(RunTestCase):
    def stuck(self, name: str) -> tuple[threading.Event, Any]:
        """A request that is never answered until the event is set."""
        inside, answer = threading.Event(), threading.Event()
        # Steps that a run has left behind still write, into a folder that goes.
        before = set(threading.enumerate())
        self.addCleanup(
            lambda: [t.join(30) for t in set(threading.enumerate()) - before]
        )
        self.addCleanup(answer.set)

        def hook(kind: str, body: Any) -> None:
            if body["name"] == name:
                inside.set()
                answer.wait(30)

        self.destination.before = hook
        return inside, answer

    def stopped_while_stuck(self, runner: Any, plan: Any, inside: Any) -> Any:
        """The run, which is stopped when the request is under way."""

        def stop() -> None:
            inside.wait(30)
            runner.stop()

        thread = threading.Thread(target=stop)
        thread.start()
        run = runner.drive(runner.start(plan).id)
        thread.join(30)
        return run

    def test_what_is_under_way_after_the_time_to_stop_is_named(self):
        """The run ends all the same; what was really running is marked, nothing else.

        Nobody else gets the run before this process has ended.
        """
        inside, answer = self.stuck("inn")
        runner = self.runner(stop_timeout=0.0, workers=1)
        run = self.stopped_while_stuck(runner, self.plan("house", "inn", "h1"), inside)
        self.assertEqual(RunState.SUSPENDED, run.state)
        self.assertEqual(("house:h2:ensure",), runner.left_behind)
        states = {str(n.ref): n.state for n in self.store.nodes(run.id)}
        self.assertEqual(NodeState.RUNNING, states["house:h2"])
        self.assertEqual(1, [*states.values()].count(NodeState.RUNNING))
        self.assertIsNotNone(run.owner)
        answer.set()

    def test_it_goes_on_when_that_process_is_gone(self):
        """As after a kill: just what had not succeeded runs."""
        inside, answer = self.stuck("inn")
        runner = self.runner(stop_timeout=0.0)
        run = self.stopped_while_stuck(runner, self.plan("house", "inn"), inside)
        self.destination.before = lambda kind, body: None
        self.onlooker.events.clear()
        with mock.patch.object(Owner, "alive", return_value=False):
            ended = self.runner().drive(run.id)
        self.assertEqual(RunState.SUCCEEDED, ended.state)
        self.assertNotIn("town:t1:ensure started", self.onlooker.events)
        self.assertIn("house:h2:ensure started", self.onlooker.events)
        answer.set()

    def test_time_to_stop_is_given(self):
        """What comes to its end in time is waited for."""
        inside, answer = self.stuck("inn")
        runner = self.runner(stop_timeout=30.0)
        stop = runner.stop
        runner.stop = lambda: (stop(), answer.set())
        run = self.stopped_while_stuck(runner, self.plan("house", "inn"), inside)
        self.assertEqual(RunState.SUSPENDED, run.state)
        self.assertEqual((), runner.left_behind)
        self.assertIsNone(run.owner)
        self.assertEqual(NodeState.DONE, self.node(run, "house:h2").state)

    def test_what_is_left_behind_is_not_calmed(self):
        """Its own step is still about it; others are put back."""
        inside, answer = self.stuck("Eve")
        runner = self.runner(stop_timeout=0.0)
        plan = self.plan("guest", "Eve")
        self.stopped_while_stuck(runner, plan, inside)
        self.assertEqual(("guest:g1:arrive",), runner.left_behind)
        self.assertEqual({"g1"}, toys.Guest.packed)
        answer.set()

    def test_a_stop_lets_go_at_the_next_safe_point(self):
        runner = self.runner(workers=1)

        def stop(event: str) -> None:
            if event == "town:t1:ensure finished":
                runner.stop()

        self.onlooker.on = stop
        run = runner.drive(runner.start(self.plan("house", "inn")).id)
        self.assertEqual(RunState.SUSPENDED, run.state)
        self.assertEqual(["town Ulm"], self.destination.made)
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)

    def test_a_stop_leaves_nobody_packed_and_they_start_over(self):
        plan = self.plan("guest", "Eve")
        runner = self.runner(workers=1)

        def stop(event: str) -> None:
            if event == "guest:g1:pack done":
                self.assertEqual({"g1"}, toys.Guest.packed)
                runner.stop()

        self.onlooker.on = stop
        run = runner.drive(runner.start(plan).id)
        self.assertEqual(RunState.SUSPENDED, run.state)
        self.assertEqual(set(), toys.Guest.packed)

        self.onlooker.on = lambda event: None
        run = self.runner().drive(run.id)
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(2, self.onlooker.events.count("guest:g1:pack started"))

    def test_a_run_stopped_before_it_began_has_not_succeeded(self):
        # Killed between the run and its nodes: the run has no rows of them yet.
        run = self.store.create_run(self.plan("house", "inn").id)
        runner = self.runner()
        runner.stop()
        self.assertEqual(RunState.SUSPENDED, runner.drive(run.id).state)

    def test_a_stop_when_all_is_over_harms_nothing(self):
        runner = self.runner()
        runner.drive(runner.start(self.plan("house", "inn")).id)
        runner.stop()
