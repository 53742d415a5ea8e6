# SPDX-License-Identifier: Apache-2.0
"""Two runs at once: never the same thing, else side by side."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.models import Binding, CloudPair, Origin, Ref
from pumphouse.store.owner import Owner
from pumphouse.store.rows import RunState
from tests.unit.flow.base import RunTestCase


class TestTwoRuns(RunTestCase):
    OTHER = Owner.current()

    def running(self, plan: Any) -> Any:
        """A run of *plan* that another live process drives."""
        run = self.runner().start(plan)
        return self.store.acquire_run(run.id, self.OTHER)

    def test_two_live_runs_do_not_make_the_same_thing(self):
        other = self.running(self.plan("house", "inn"))
        run = self.runner().start(self.plan("house", "h1"))
        error = self.assertRaises(exceptions.RunBusy, self.runner().drive, run.id)
        self.assertIn(other.id[:8], str(error))
        self.assertIn("town:t1", str(error))
        self.assertEqual([], self.destination.made)
        self.assertEqual(RunState.PENDING, self.store.run(run.id).state)
        self.assertIsNone(self.store.run(run.id).owner)

    def test_what_the_other_has_made_already_is_no_obstacle(self):
        other = self.running(self.plan("house", "inn"))
        pair = CloudPair(self.source.identity, self.destination.identity)
        self.destination.records["town"] = [{"id": "T", "name": "Ulm"}]
        self.store.register(
            pair, Binding(Ref("town", "t1"), "T", Origin.CREATED, other.id)
        )
        self.store.writer(other).node_done(Ref("town", "t1"), "ensure")
        run = self.runner().start(self.plan("house", "h1"))
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        self.assertEqual(["house mill", "person Ann"], self.destination.made)

    def test_runs_that_share_nothing_go_side_by_side(self):
        self.running(self.plan("house", "inn"))
        run = self.runner().start(self.plan("house", "h3"))
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)

    def test_a_run_whose_process_is_gone_is_no_obstacle(self):
        run = self.runner().start(self.plan("house", "inn"))
        gone = Owner(self.OTHER.host, self.OTHER.boot_id, 2**22 + 1, 1)
        self.store.acquire_run(run.id, gone)
        mine = self.runner().start(self.plan("house", "h1"))
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(mine.id).state)
