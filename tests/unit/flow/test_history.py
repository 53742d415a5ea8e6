# SPDX-License-Identifier: Apache-2.0
"""Which run is meant where nobody says it, and which plan is over."""

from __future__ import annotations

from pumphouse import exceptions
from pumphouse.flow import history, undoing
from pumphouse.store.owner import Owner
from pumphouse.store.rows import ROLLBACK, RunState
from tests.unit.flow.base import StoreTestCase


class HistoryTestCase(StoreTestCase):
    """``self.run_id`` is the oldest run, of ``plan-1``."""

    def ended(self, run_id: str, state: RunState) -> str:
        run = self.store.acquire_run(run_id, Owner.current())
        self.store.release_run(run_id, run.epoch, state, {})
        return run_id

    def run_in(self, state: RunState) -> str:
        return self.ended(self.store.create_run("plan-1").id, state)

    def rollback_of(self, run_id: str) -> str:
        new = self.store.create_run("plan-1", ROLLBACK)
        self.store.writer(new).event(undoing.BEGUN, run=run_id)
        return new.id


class TestNewestUnfinished(HistoryTestCase):
    def test_what_has_ended_since_is_passed_over(self):
        for state in (RunState.FAILED, RunState.SUSPENDED, RunState.RUNNING):
            left = self.run_in(state)
            self.run_in(RunState.SUCCEEDED)
            self.run_in(RunState.ROLLED_BACK)
            self.assertEqual(left, history.newest_unfinished(self.store).id)

    def test_the_newest_of_all_if_all_have_ended(self):
        self.ended(self.run_id, RunState.SUCCEEDED)
        newest = self.run_in(RunState.SUCCEEDED)
        self.assertEqual(newest, history.newest_unfinished(self.store).id)

    def test_a_rollback_that_never_said_what_it_undoes_is_none(self):
        self.store.create_run("plan-1", ROLLBACK)
        self.assertEqual(self.run_id, history.newest_unfinished(self.store).id)
        begun = self.rollback_of(self.run_id)
        self.assertEqual(begun, history.newest_unfinished(self.store).id)


class TestNewestMigration(HistoryTestCase):
    def test_rollbacks_bring_nothing(self):
        self.rollback_of(self.run_id)
        self.assertEqual(self.run_id, history.newest_migration(self.store).id)


class TestApplied(HistoryTestCase):
    def test_by_the_run_that_succeeded(self):
        self.ended(self.run_id, RunState.SUCCEEDED)
        found = history.applied(self.store, "plan-1")
        self.assertEqual(self.run_id, found.id)

    def test_a_run_that_is_not_over_is_to_be_resumed(self):
        for state in (None, RunState.FAILED, RunState.SUSPENDED):
            if state:
                self.ended(self.run_id, state)
            error = self.assertRaises(
                exceptions.InputError, history.applied, self.store, "plan-1"
            )
            self.assertIn(f"'pumphouse resume {self.run_id[:8]}'", error.hint)

    def test_what_was_taken_back_may_be_applied_again(self):
        self.ended(self.run_id, RunState.ROLLED_BACK)
        undone = self.ended(self.rollback_of(self.run_id), RunState.SUCCEEDED)
        self.assertIsNone(history.applied(self.store, "plan-1"), undone)

    def test_but_not_while_it_is_being_taken_back(self):
        self.ended(self.run_id, RunState.ROLLED_BACK)
        left = self.ended(self.rollback_of(self.run_id), RunState.FAILED)
        error = self.assertRaises(
            exceptions.InputError, history.applied, self.store, "plan-1"
        )
        self.assertIn(f"'pumphouse resume {left[:8]}'", error.hint)
