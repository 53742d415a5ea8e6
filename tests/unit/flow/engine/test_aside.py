# SPDX-License-Identifier: Apache-2.0
"""A task that only waits leaves its place to another."""

from __future__ import annotations

import queue
import threading
from concurrent import futures

import testtools

from pumphouse import exceptions
from pumphouse.flow.engine import pool
from tests.unit.flow.engine import base

PATIENCE = 30  # seconds; never waited for unless the test fails


class CompletionsTest(testtools.TestCase):  # type: ignore[misc]
    def setUp(self) -> None:
        super().setUp()
        self.completions = pool.Completions(aside=2)
        self.completions.tasks = 5

    def test_it_is_not_at_work_meanwhile(self) -> None:
        """Afterwards it is again."""
        with self.completions.aside():
            self.assertEqual(4, self.completions.at_work)
        self.assertEqual(5, self.completions.at_work)

    def test_so_many_at_most(self) -> None:
        """Who comes later keeps its place, and gives back none that is not its own."""
        with self.completions.aside(), self.completions.aside():
            with self.completions.aside():
                self.assertEqual(3, self.completions.at_work)
            self.assertEqual(3, self.completions.at_work)
        self.assertEqual(5, self.completions.at_work)

    def test_nobody_is_woken_for_nothing(self) -> None:
        """The engine looks for more to start only if there is more."""
        with self.completions.aside():
            self.assertRaises(queue.Empty, self.completions.take, 0.0)
        self.completions.held_back = lambda: True
        with self.completions.aside():
            found = self.completions.take(0.0)
        self.assertIs(pool.ROOM, found.atom)  # type: ignore[union-attr]


class AsideTest(base.EngineTestCase):
    """Each first step waits until the first steps of all three have begun."""

    def wait_for_all(self, **options: int) -> tuple[bool, base.Log]:
        began = threading.Barrier(3)

        def action() -> None:
            with engine.aside():
                began.wait(PATIENCE)

        for number in range(3):
            self.log.actions[f"w{number}:a"] = action
        threads = futures.ThreadPoolExecutor(3)
        self.addCleanup(threads.shutdown)
        flow = base.workloads(self.log, 3)
        engine = self.load(flow, executor=threads, **options)
        return engine.run().succeeded, self.log

    def test_the_next_one_starts_meanwhile(self) -> None:
        """One worker is enough for three that wait for each other."""
        succeeded, log = self.wait_for_all(workers=1, aside=3)
        self.assertTrue(succeeded)
        self.assertEqual(9, len(log.executed))

    def test_those_that_work_are_as_many_as_before(self) -> None:
        """While two wait, one works, and none waits for a place to go on in."""
        works: list[int] = []
        over, alone = threading.Event(), threading.Lock()

        def wait() -> None:
            with engine.aside():
                self.assertTrue(over.wait(PATIENCE))

        def work() -> None:
            self.assertTrue(alone.acquire(blocking=False))
            works.append(1)
            if len(works) == 4:
                over.set()
            alone.release()

        for number in range(2):
            self.log.actions[f"w{number}:a"] = wait
        for number in range(2, 6):
            self.log.actions[f"w{number}:a"] = work
        flow = base.workloads(self.log, 6, steps="a")
        engine = self.load(flow, workers=1, aside=2)
        self.assertTrue(engine.run().succeeded)
        self.assertEqual([1] * 4, works)

    def test_a_failure_while_others_wait(self) -> None:
        """It ends nothing but itself."""
        over = threading.Event()

        def wait() -> None:
            with engine.aside():
                self.assertTrue(over.wait(PATIENCE))

        def broken() -> None:
            over.set()
            raise exceptions.Conflict("busy")

        self.log.actions = {"w0:a": wait, "w1:a": broken}
        engine = self.load(base.workloads(self.log, 3), workers=1, aside=1)
        found = engine.run()
        self.assertEqual({"SUCCESS": 6, "FAILURE": 1, "PENDING": 2}, found.counts)
