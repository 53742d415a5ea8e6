# SPDX-License-Identifier: Apache-2.0
"""The linear compiler makes what TaskFlow's makes."""

from __future__ import annotations

from typing import Any

import hypothesis
import networkx
import testtools
from taskflow import retry as retries
from taskflow import task as tasks
from taskflow.engines.action_engine import compiler as stock
from taskflow.patterns import linear_flow, unordered_flow

from pumphouse.flow.engine import compiler
from tests.unit.flow.engine import flows

SETTINGS = hypothesis.settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)


def key(node: Any) -> str:
    """A node by name; the two compilations have different objects for flow ends."""
    return f"{type(node).__name__} {node.name}"


def plain(value: Any) -> Any:
    return key(value) if hasattr(value, "name") else value


def nodes_of(graph: Any) -> list[Any]:
    return [
        (key(node), {name: plain(value) for name, value in attributes.items()})
        for node, attributes in graph.nodes(data=True)
    ]


def edges_of(graph: Any) -> dict[Any, Any]:
    return {(key(u), key(v)): data for u, v, data in graph.edges(data=True)}


def tree_of(node: Any) -> Any:
    return key(node.item), node.metadata, [tree_of(child) for child in node]


class LinearCompilerTest(testtools.TestCase):  # type: ignore[misc]
    @SETTINGS
    @hypothesis.given(flows.random_flow())
    def test_equals_stock(self, flow: Any) -> None:
        """Same nodes in the same order, same edges, same hierarchy."""
        expected = stock.PatternCompiler(flow).compile()
        compiled = compiler.LinearCompiler(flow).compile()
        self.assertEqual(
            nodes_of(expected.execution_graph), nodes_of(compiled.execution_graph)
        )
        self.assertEqual(
            edges_of(expected.execution_graph), edges_of(compiled.execution_graph)
        )
        self.assertEqual(tree_of(expected.hierarchy), tree_of(compiled.hierarchy))
        self.assertEqual(expected.execution_graph.name, compiled.execution_graph.name)

    def test_finds_and_indexes(self) -> None:
        """The hierarchy answers like TaskFlow's, for what is there and what is not."""
        a, b = flows.Plain("a"), flows.Plain("b")
        inner = linear_flow.Flow("inner").add(a, b)
        top = compiler.LinearCompiler(linear_flow.Flow("top").add(inner)).compile()
        found = top.hierarchy.find(b)
        self.assertIs(b, found.item)
        self.assertEqual(1, found.parent.index(b))
        self.assertIs(inner, found.parent.item)
        self.assertIsNone(top.hierarchy.find(flows.Plain("c")))
        self.assertIsNone(top.hierarchy.find(b, only_direct=True))
        self.assertRaises(ValueError, found.parent.index, flows.Plain("c"))

    def test_one_task_is_a_flow_too(self) -> None:
        """A single task compiles as TaskFlow compiles it."""
        task = flows.Plain("a")
        expected = stock.PatternCompiler(task).compile()
        compiled = compiler.LinearCompiler(task).compile()
        self.assertEqual(
            nodes_of(expected.execution_graph), nodes_of(compiled.execution_graph)
        )
        self.assertEqual(tree_of(expected.hierarchy), tree_of(compiled.hierarchy))

    def test_refuses_what_stock_refuses(self) -> None:
        """An item twice, something that is no item."""
        task = flows.Plain("a")
        twice = unordered_flow.Flow("top").add(
            linear_flow.Flow("x").add(task), linear_flow.Flow("y").add(task)
        )
        self.assertRaises(ValueError, compiler.LinearCompiler(twice).compile)
        self.assertRaises(TypeError, compiler.LinearCompiler(object()).compile)

    def test_refuses_retry_controllers(self) -> None:
        """However deep within: nothing of this engine knows what to do with one."""
        inner = linear_flow.Flow("inner", retry=retries.Times(1, name="r"))
        flow = unordered_flow.Flow("top").add(inner)
        error = self.assertRaises(ValueError, compiler.LinearCompiler(flow).compile)
        self.assertIn("inner", str(error))

    def test_refuses_symbols(self) -> None:
        """What a task wants from others, may want, or gives to them."""

        class Wants(tasks.Task):  # type: ignore[misc]
            def execute(self, x: int) -> None:
                pass

        class MayWant(tasks.Task):  # type: ignore[misc]
            def execute(self, x: int = 1) -> None:
                pass

        class Gives(tasks.Task):  # type: ignore[misc]
            def execute(self) -> int:
                return 1

        for task in (Wants("a"), MayWant("a"), Gives("a", provides="x")):
            flow = linear_flow.Flow("top").add(task)
            error = self.assertRaises(ValueError, compiler.LinearCompiler(flow).compile)
            self.assertIn("a has symbols", str(error))

    def test_the_result_is_frozen(self) -> None:
        """Nobody changes a compilation."""
        compiled = compiler.LinearCompiler(linear_flow.Flow("top")).compile()
        self.assertTrue(compiled.hierarchy.frozen)
        self.assertRaises(
            networkx.NetworkXError, compiled.execution_graph.add_node, "x"
        )
