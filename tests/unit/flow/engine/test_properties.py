# SPDX-License-Identifier: Apache-2.0
"""Whatever the flow, and whatever fails in it: what must hold of each run."""

from __future__ import annotations

import threading
import uuid
from concurrent import futures
from typing import Any

import hypothesis
import networkx as nx
import testtools
from hypothesis import strategies as st
from taskflow import task as tasks
from taskflow.engines.action_engine import compiler as stock
from taskflow.persistence import models

from pumphouse import exceptions
from pumphouse.flow.engine import KeepGoingEngine
from tests.unit.flow.engine import flows

SETTINGS = hypothesis.settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)


class PropertiesTest(testtools.TestCase):  # type: ignore[misc]
    def setUp(self) -> None:
        super().setUp()
        self.pool = futures.ThreadPoolExecutor(3)
        self.addCleanup(self.pool.shutdown)

    def run_with_faults(self, flow: Any, data: Any) -> None:
        """Run, look, run again without faults, look."""
        compiled = stock.PatternCompiler(flow).compile().execution_graph
        atoms = [node for node in compiled if isinstance(node, tasks.Task)]
        names = [atom.name for atom in atoms]
        faulty = set(data.draw(st.sets(st.sampled_from(names)))) if names else set()
        done: list[str] = []
        lock = threading.Lock()

        def execute(name: str) -> None:
            if name in faulty:
                raise exceptions.Forbidden("no")
            with lock:
                done.append(name)

        for atom in atoms:
            atom.execute = lambda name=atom.name, **_: execute(name)
        blocked = {
            after.name
            for atom in atoms
            if atom.name in faulty
            for after in nx.descendants(compiled, atom)
        }
        detail = models.FlowDetail("random", str(uuid.uuid4()))
        engine = KeepGoingEngine(flow, detail, None, {"executor": self.pool})

        result = engine.run()
        self.assertEqual(sorted(set(names) - faulty - blocked), sorted(set(done)))
        self.assertEqual(not faulty, result.succeeded)
        self.assertEqual(faulty - blocked, set(result.failures))
        first = set(done)
        self.assert_ordered(compiled, done)

        faulty.clear()
        done.clear()
        result = engine.run()
        self.assertTrue(result.succeeded)
        self.assertEqual(sorted(set(names) - first), sorted(done))
        self.assert_ordered(compiled, done)

    def assert_ordered(self, graph: Any, done: list[str]) -> None:
        """Nothing ran before what it comes after."""
        position = {name: number for number, name in enumerate(done)}
        for node in graph:
            if node.name in position:
                for after in nx.descendants(graph, node):
                    if after.name in position:
                        self.assertLess(position[node.name], position[after.name])

    @SETTINGS
    @hypothesis.given(flows.random_flow(), st.data())
    def test_while_something_is_retried(self, flow: Any, data: Any) -> None:
        """Nothing starts before all that it comes after has succeeded."""
        compiled = stock.PatternCompiler(flow).compile().execution_graph
        atoms = [node for node in compiled if isinstance(node, tasks.Task)]
        names = [atom.name for atom in atoms]
        faulty = set(data.draw(st.sets(st.sampled_from(names)))) if names else set()
        now: set[str] = set()
        early: list[tuple[str, str]] = []
        lock = threading.Lock()
        before = {
            atom.name: {
                one.name
                for one in nx.ancestors(compiled, atom)
                if isinstance(one, tasks.Task)
            }
            for atom in atoms
        }

        def execute(name: str) -> None:
            with lock:
                early.extend((one, name) for one in before[name] - now)
                if name in faulty:
                    faulty.discard(name)
                    raise exceptions.LostAnswer("once")
                now.add(name)

        for atom in atoms:
            atom.execute = lambda name=atom.name, **_: execute(name)
        detail = models.FlowDetail("random", str(uuid.uuid4()))
        result = KeepGoingEngine(flow, detail, None, {"executor": self.pool}).run()
        self.assertTrue(result.succeeded)
        self.assertEqual([], early)
        self.assertEqual({atom.name for atom in atoms}, now)

    @SETTINGS
    @hypothesis.given(flows.random_flow(), st.data())
    def test_failures_that_stay(self, flow: Any, data: Any) -> None:
        """Runs exactly what no failure precedes, and then exactly the rest."""
        self.run_with_faults(flow, data)
