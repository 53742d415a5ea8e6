# SPDX-License-Identifier: Apache-2.0
"""Finished tasks are collected, pauses end on time; no real clock is waited for."""

from __future__ import annotations

from concurrent import futures
from typing import Any

import testtools

from pumphouse.flow.engine import pool
from tests.unit.flow.engine import base


class CompletionsTest(testtools.TestCase):  # type: ignore[misc]
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.completions = pool.Completions(clock=lambda: self.now)

    def future(self) -> futures.Future[Any]:
        future: futures.Future[Any] = futures.Future()
        future.atom = base.Step("a", base.Log())  # type: ignore[attr-defined]
        self.completions.watch(future)
        self.completions.tasks += 1
        return future

    def test_collects_what_has_finished(self) -> None:
        """All that has, not only the first; the others are still waited for."""
        first, second, third = self.future(), self.future(), self.future()
        first.set_result(1)
        third.set_result(3)
        done, waiting = self.completions.wait({first, second, third}, 10)
        self.assertEqual(({first, third}, {second}), (done, waiting))
        self.assertEqual(1, self.completions.tasks)

    def test_wake(self) -> None:
        """Ends the wait with nothing done."""
        future = self.future()
        self.completions.wake()
        self.assertEqual((set(), {future}), self.completions.wait({future}, 10))

    def test_timeout(self) -> None:
        """A wait that is over changes nothing."""
        future = self.future()
        self.assertEqual((set(), {future}), self.completions.wait({future}, 0.0))

    def test_cancelled_ones_are_reported(self) -> None:
        """By their atom, so that it can be set back."""
        cancelled: list[Any] = []
        self.completions.cancelled = cancelled.append
        future = self.future()
        future.cancel()
        self.completions.wait({future}, 10)
        self.assertEqual([future.atom], cancelled)  # type: ignore[attr-defined]

    def test_later(self) -> None:
        """Calls are made when they are due, in the order in which they are."""
        calls: list[str] = []
        self.completions.later(5, lambda: calls.append("second"))
        self.completions.later(3, lambda: calls.append("first"))
        self.completions.wait(set(), 0.0)
        self.assertEqual([], calls)
        self.now += 5
        self.completions.wait(set(), 10)
        self.assertEqual(["first", "second"], calls)

    def test_giving_up(self) -> None:
        """After the time for it nothing is waited for."""
        future = self.future()
        self.completions.give_up_at = lambda: 101.0
        self.now = 102.0
        self.assertEqual((set(), set()), self.completions.wait({future}, 10))

    def test_a_pause_occupies_no_thread(self) -> None:
        """It is over by the clock; a suspend may cancel it."""
        atom = base.Step("a", base.Log())
        pause = self.completions.pause(atom, 8.0)
        self.completions.wait({pause}, 0.0)
        self.assertFalse(pause.done())
        self.now += 8
        self.completions.wait({pause}, 10)
        self.assertEqual((pool.PAUSED, None), pause.result())
        other = self.completions.pause(atom, 8.0)
        self.assertTrue(other.cancel())
