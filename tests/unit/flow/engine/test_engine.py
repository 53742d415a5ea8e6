# SPDX-License-Identifier: Apache-2.0
"""The engine as others use it: by name, with values, priorities and deciders."""

from __future__ import annotations

import contextlib
import gc
import threading
import uuid
from concurrent import futures
from importlib import metadata
from typing import Any

import testtools
from taskflow import engines as stock
from taskflow import exceptions as tf_exceptions
from taskflow import states as st
from taskflow.patterns import graph_flow, linear_flow, unordered_flow
from taskflow.persistence import models

from pumphouse import exceptions
from pumphouse.collector import paused, settled
from pumphouse.flow.engine import GraphFlow, KeepGoingEngine
from tests.unit.flow.engine import base


class EngineTest(testtools.TestCase):  # type: ignore[misc]
    def setUp(self) -> None:
        super().setUp()
        self.log = base.Log()
        self.pool = futures.ThreadPoolExecutor(2)
        self.addCleanup(self.pool.shutdown)

    def make(self, flow: Any, **options: Any) -> KeepGoingEngine:
        detail = models.FlowDetail("f", str(uuid.uuid4()))
        options.setdefault("executor", self.pool)
        return KeepGoingEngine(flow, detail, None, options)

    def test_registered_by_name(self) -> None:
        """TaskFlow, and so a conductor, finds it as ``keep-going``."""
        found = [
            point
            for point in metadata.entry_points(group="taskflow.engines")
            if point.name == "keep-going"
        ]
        self.assertEqual([KeepGoingEngine], [point.load() for point in found])
        flow = base.workloads(self.log, 2)
        engine = stock.load(flow, engine="keep-going", executor=self.pool)
        self.assertTrue(engine.run().succeeded)

    def test_names_are_unique(self) -> None:
        """Two atoms of one name could not be told apart when resuming."""
        flow = GraphFlow("f").add(base.Step("a", self.log), base.Step("a", self.log))
        self.assertRaises(tf_exceptions.Duplicate, self.make(flow).run)

    def test_priorities(self) -> None:
        """Of what may run and has to wait for a worker, the most urgent is first."""
        flow = unordered_flow.Flow("f")
        for number, priority in enumerate([0, 5, -1, 9]):
            task = base.Step(f"p{priority}", self.log)
            task.priority = priority
            flow.add(task)
            self.assertEqual(number + 1, len(flow))
        self.make(flow, workers=1).run()
        self.assertEqual(["p9", "p5", "p0", "p-1"], self.log.executed)

    def test_never_more_in_flight_than_workers(self) -> None:
        """Not even where the pool has more."""
        lock, now, most = threading.Lock(), [0], [0]
        three = threading.Barrier(3)

        def work() -> None:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            three.wait(30)
            with lock:
                now[0] -= 1

        flow = base.workloads(self.log, 30)
        for number in range(30):
            for step in "abc":
                self.log.actions[f"w{number}:{step}"] = work
        with futures.ThreadPoolExecutor(8) as pool:
            self.assertTrue(self.make(flow, executor=pool, workers=3).run().succeeded)
        self.assertEqual(3, most[0])

    def test_deciders(self) -> None:
        """Links that decide are decided by TaskFlow's rules."""
        a, b, c = (base.Step(name, self.log) for name in "abc")
        flow = graph_flow.Flow("f").add(a, b, c)
        flow.link(a, b, decider=lambda history: False)
        flow.link(b, c)
        engine = self.make(flow)
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(["a"], self.log.executed)
        self.assertEqual(st.IGNORE, engine.storage.get_atom_state("c"))

    def test_deciders_and_failures(self) -> None:
        """There too a failure stops only what depends on it."""
        a, b, c, d = (base.Step(name, self.log) for name in "abcd")
        flow = graph_flow.Flow("f").add(a, b, c, d)
        flow.link(a, b, decider=lambda history: True)
        flow.link(c, d)
        self.log.actions["c"] = base.fail(exceptions.Conflict("x"))
        engine = self.make(flow)
        self.assertEqual(st.FAILURE, engine.run().state)
        self.assertEqual(["a", "b", "c"], sorted(self.log.executed))
        self.log.clear()
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(["c", "d"], self.log.executed)

    def test_empty_flows(self) -> None:
        """Nothing to do is done at once; empty flows order what is around them."""
        self.assertTrue(self.make(GraphFlow("f")).run().succeeded)
        a, b = base.Step("a", self.log), base.Step("b", self.log)
        empty = linear_flow.Flow("empty")
        flow = GraphFlow("f").add(b, empty, a).link(a, empty).link(empty, b)
        self.assertTrue(self.make(flow).run().succeeded)
        self.assertEqual(["a", "b"], self.log.executed)

    def test_a_pool_of_its_own(self) -> None:
        """Without one handed in the engine makes one, and ends it."""
        before = threading.active_count()
        engine = self.make(base.workloads(self.log, 3), executor=None, workers=2)
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(before, threading.active_count())

    def test_notifications(self) -> None:
        """Listeners hear of each task as with TaskFlow's engines."""
        heard: list[tuple[str, str]] = []
        engine = self.make(base.workloads(self.log, 1, steps="a"))
        engine.atom_notifier.register(
            "*", lambda state, details: heard.append((details["task_name"], state))
        )
        engine.run()
        self.assertEqual([("w0:a", "RUNNING"), ("w0:a", "SUCCESS")], heard)


class CollectorTest(testtools.TestCase):  # type: ignore[misc]
    def test_settled_is_left_alone(self) -> None:
        """While a run goes on nobody looks through what it is made of."""
        before = gc.get_freeze_count()
        with settled():
            self.assertGreater(gc.get_freeze_count(), before)
        self.assertEqual(0, gc.get_freeze_count())

    def test_paused_and_then_as_before(self) -> None:
        """Also where it was off already, and after an error."""
        self.addCleanup(gc.enable)
        for before in (True, False):
            (gc.enable if before else gc.disable)()
            with contextlib.suppress(ValueError), paused():
                self.assertFalse(gc.isenabled())
                raise ValueError
            self.assertEqual(before, gc.isenabled())
