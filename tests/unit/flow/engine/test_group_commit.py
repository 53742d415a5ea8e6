# SPDX-License-Identifier: Apache-2.0
"""Changes are gathered, written in order, and never lost without a word."""

from __future__ import annotations

import threading
from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.flow.engine.storage.group_commit import STALE, GroupCommit


class GroupCommitTest(testtools.TestCase):  # type: ignore[misc]
    def setUp(self) -> None:
        super().setUp()
        self.now = 0.0
        self.written: list[dict[str, Any]] = []
        self.errors: list[BaseException] = []
        self.did_write = threading.Event()

    def write(self, changes: Any) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.written.append(dict(changes))
        self.did_write.set()

    def make(self, interval: float = 30.0) -> GroupCommit:
        saves = GroupCommit(self.write, interval, lambda: self.now)
        self.addCleanup(saves.close)
        return saves

    def test_the_last_change_of_a_moment_counts(self) -> None:
        """One write, with the newest state of each."""
        saves = self.make()
        saves.put("a", 0)  # the first one of all is written at once
        saves.put("a", 1)
        saves.put("b", 2)
        saves.put("a", 3)
        saves.flush()
        self.assertEqual([{"a": 0}, {"a": 3, "b": 2}], self.written)

    def test_nothing_to_write(self) -> None:
        """No transaction for nothing."""
        self.make().flush()
        self.assertEqual([], self.written)

    def test_written_without_a_flush(self) -> None:
        """After the interval, by itself."""
        saves = self.make(interval=0.0)
        saves.put("a", 1)
        self.did_write.clear()
        saves.put("a", 2)
        self.assertTrue(self.did_write.wait(30))
        self.assertEqual({"a": 2}, self.written[-1])

    def test_after_a_sleep_at_once(self) -> None:
        """Whoever was away must learn first whether the run is still his."""
        saves = self.make()
        saves.put("a", 1)
        saves.put("a", 2)
        self.assertEqual([{"a": 1}], self.written)
        self.now += STALE + 1
        saves.put("b", 3)
        self.assertEqual([{"a": 1}, {"a": 2, "b": 3}], self.written)

    def test_a_database_that_comes_back(self) -> None:
        """What could not be written is written when it can be."""
        self.errors = [exceptions.StoreError("away")]
        saves = self.make()
        saves.put("a", 1)
        self.assertEqual([{"a": 1}], self.written)

    def test_a_run_that_was_lost(self) -> None:
        """Not tried again; every later change is refused."""
        self.errors = [exceptions.RunBusy("taken over")]
        saves = GroupCommit(self.write, 30.0, lambda: self.now)
        self.assertRaises(exceptions.RunBusy, saves.put, "a", 1)
        self.assertRaises(exceptions.RunBusy, saves.put, "a", 2)
        self.assertRaises(exceptions.RunBusy, saves.close)
        self.assertEqual([], self.written)

    def test_an_unexpected_error_reaches_the_engine(self) -> None:
        """Also from the thread that writes, with the next change."""
        saves = GroupCommit(self.write, 0.0, lambda: self.now)
        saves.put("a", 1)
        self.errors = [ZeroDivisionError()]
        saves.put("a", 2)
        thread = saves._thread
        assert thread is not None
        thread.join(30)
        error = self.assertRaises(exceptions.StoreError, saves.put, "a", 3)
        self.assertIn("ZeroDivisionError", str(error))

    def test_an_interrupted_write_is_made_up_for(self) -> None:
        """Ctrl-C in the middle of a write loses no change."""
        saves = self.make()
        self.errors = [KeyboardInterrupt()]
        self.assertRaises(KeyboardInterrupt, saves.put, "a", 1)
        saves.put("b", 2)
        saves.flush()
        self.assertEqual([{"a": 1, "b": 2}], self.written)

    def test_used_again_after_closing(self) -> None:
        """Closing writes all and ends the thread; a later change starts it anew."""
        saves = self.make()
        saves.put("a", 1)
        saves.put("a", 2)
        saves.close()
        self.assertEqual({"a": 2}, self.written[-1])
        saves.put("b", 1)
        saves.close()
        self.assertEqual({"b": 1}, self.written[-1])
