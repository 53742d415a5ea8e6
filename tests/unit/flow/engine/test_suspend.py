# SPDX-License-Identifier: Apache-2.0
"""A run stops on request, says truly what was running, and goes on later."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from taskflow import states as st
from taskflow.patterns import linear_flow

from pumphouse import exceptions
from pumphouse.flow import engine as engines
from tests.unit.flow.engine import base, flows


class SuspendTest(base.EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.gate = threading.Event()  # tasks of step b wait for it
        self.addCleanup(self.gate.set)
        self.inside: list[str] = []
        self.many_inside = threading.Semaphore(0)

    def wait_inside(self, name: str) -> None:
        self.inside.append(name)
        self.many_inside.release()
        self.gate.wait(30)

    def gated(self, count: int = 20) -> engines.GraphFlow:
        for number in range(count):
            name = f"w{number}:b"
            self.log.actions[name] = lambda name=name: self.wait_inside(name)
        return base.workloads(self.log, count)

    def start(self, engine: engines.KeepGoingEngine) -> tuple[Any, list[Any]]:
        results: list[Any] = []
        thread = threading.Thread(target=lambda: results.append(engine.run()))
        thread.start()
        return thread, results

    def enter(self, count: int) -> None:
        for _ in range(count):
            self.assertTrue(self.many_inside.acquire(timeout=30))

    def test_running_means_running(self) -> None:
        """With four workers four tasks are RUNNING; others may run, and are not."""
        engine = self.load(self.gated())
        thread, _results = self.start(engine)
        self.enter(4)
        self.assertEqual(sorted(self.inside), self.names_in("RUNNING"))
        self.gate.set()
        thread.join(30)
        self.assertEqual(60, len(self.names_in("SUCCESS")))

    def test_from_another_thread(self) -> None:
        """What is in flight finishes, nothing starts, the rest runs the next time."""
        engine = self.load(self.gated())
        thread, results = self.start(engine)
        self.enter(4)
        engine.suspend()
        self.assertTrue(engine.suspending)
        self.gate.set()
        thread.join(30)
        result = results[0]
        self.assertTrue(result.suspended)
        self.assertEqual((), result.in_flight)
        self.assertEqual({"SUCCESS", "PENDING"}, set(result.counts))
        done = set(self.log.executed)
        self.assertEqual(sorted(done), self.names_in("SUCCESS"))
        self.log.clear()
        self.assertTrue(self.load(base.workloads(self.log, 20)).run().succeeded)
        self.assertEqual(60 - len(done), len(self.log.executed))
        self.assertEqual(set(), done & set(self.log.executed))

    def test_from_a_signal_handler(self) -> None:
        """A handler may interrupt the engine's own thread at any point."""
        engine = self.load(self.gated())
        before = signal.signal(signal.SIGUSR1, lambda *_: engine.suspend())
        self.addCleanup(signal.signal, signal.SIGUSR1, before)

        def raise_signal() -> None:
            self.enter(4)
            os.kill(os.getpid(), signal.SIGUSR1)
            self.gate.set()

        thread = threading.Thread(target=raise_signal)
        thread.start()
        result = engine.run()
        thread.join(30)
        self.assertTrue(result.suspended)
        self.assertEqual([], self.names_in("RUNNING"))

    def test_before_the_run(self) -> None:
        """A request that comes first is kept: nothing starts.  Later it all does."""
        engine = self.load(base.workloads(self.log))
        engine.suspend()
        self.assertTrue(engine.run().suspended)
        self.assertEqual([], self.log.executed)
        self.assertFalse(engine.suspending)
        self.assertTrue(engine.run().succeeded)

    def test_with_a_time_limit(self) -> None:
        """After it the run ends, and says which tasks it did not wait for."""
        engine = self.load(self.gated())
        thread, results = self.start(engine)
        self.enter(4)
        engine.suspend(timeout=0.0)
        thread.join(30)
        self.assertTrue(results[0].suspended)
        self.assertEqual(sorted(self.inside), sorted(results[0].in_flight))
        self.assertEqual(sorted(self.inside), self.names_in("RUNNING"))
        self.gate.set()
        in_flight = set(self.inside)
        self.log.clear()
        self.assertTrue(self.load(base.workloads(self.log, 20)).run().succeeded)
        self.assertTrue(in_flight <= set(self.log.executed))

    def test_what_was_left_behind_does_not_come_back(self) -> None:
        """A task that ends late belongs to no run: a new run starts it itself."""
        left = threading.Event()

        def slow() -> str:
            self.many_inside.release()
            self.gate.wait(30)
            left.set()
            return "late"

        self.log.actions["w0:c"] = slow
        engine = self.load(base.workloads(self.log, 1))
        thread, _results = self.start(engine)
        self.enter(1)
        engine.suspend(timeout=0.0)
        thread.join(30)
        self.log.clear()
        self.gate.set()
        self.assertTrue(left.wait(30))
        done: list[str] = []
        engine.atom_notifier.register(
            st.SUCCESS, lambda _state, details: done.append(details["task_name"])
        )
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(["w0:c"], done)
        self.assertEqual(["w0:c"], self.log.executed)
        self.assertEqual({"of": "w0:c"}, engine.storage.get("w0:c"))

    def test_time_limit_when_nothing_else_is_left(self) -> None:
        """Also the last task of all may be left behind: SUSPENDED, not FAILURE."""
        self.log.actions["w0:c"] = lambda: self.wait_inside("w0:c")
        engine = self.load(base.workloads(self.log, 1))
        thread, results = self.start(engine)
        self.enter(1)
        engine.suspend(timeout=0.0)
        thread.join(30)
        self.assertTrue(results[0].suspended)
        self.assertEqual(("w0:c",), results[0].in_flight)

    def test_a_task_stops_at_a_safe_point(self) -> None:
        """A task that raises Suspended has not failed: it is PENDING again."""
        engine = self.load(base.workloads(self.log, 2))

        def stop() -> None:
            engine.suspend()
            raise exceptions.Suspended("stopped while copying")

        self.log.actions["w1:b"] = stop
        result = engine.run()
        self.assertTrue(result.suspended)
        self.assertEqual({}, result.failures)
        self.assertIn("w1:b", self.names_in("PENDING"))
        done = set(self.log.executed) - {"w1:b"}
        self.log.clear()
        self.assertTrue(self.load(base.workloads(self.log, 2)).run().succeeded)
        self.assertEqual(6 - len(done), len(self.log.executed))

    def test_a_stopped_task_does_not_run_again(self) -> None:
        """It is not asked what to run once more: it stopped on request."""
        task = flows.Plain("a")

        def stop() -> None:
            self.log.execute("a")
            raise exceptions.Suspended("stopped")

        task.execute = stop
        engine = self.load(linear_flow.Flow("f").add(task))
        self.assertTrue(engine.run().suspended)
        self.assertEqual(["a"], self.log.executed)

    def test_closing_the_iterator(self) -> None:
        """Whoever stops iterating has the run suspended."""
        engine = self.load(base.workloads(self.log, 20))
        running = engine.run_iter()
        while next(running) != st.WAITING:
            pass
        running.close()
        self.assertEqual(st.SUSPENDED, engine.storage.get_flow_state())
        self.assertNotEqual(60, len(self.log.executed))

    def test_as_a_conductor_does(self) -> None:
        """Conductors iterate, and call suspend() between two states."""
        engine = self.load(base.workloads(self.log, 20))
        for state in engine.run_iter():
            if state == st.ANALYZING:
                engine.suspend()
        self.assertEqual(st.SUSPENDED, engine.storage.get_flow_state())
        self.assertTrue(self.load(base.workloads(self.log, 20)).run().succeeded)
