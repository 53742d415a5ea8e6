# SPDX-License-Identifier: Apache-2.0
"""A graph of items as a flow."""

from __future__ import annotations

import testtools
from taskflow import engines as stock
from taskflow.patterns import linear_flow

from pumphouse import exceptions
from pumphouse.flow.engine import GraphFlow
from tests.unit.flow.engine import base, flows


class GraphFlowTest(testtools.TestCase):  # type: ignore[misc]
    def test_items_come_in_order(self) -> None:
        """Each after what it needs, and otherwise as they were added."""
        a, b, c, d = (flows.Plain(name) for name in "abcd")
        flow = GraphFlow("f").add(a, b, c, d).link(d, a).link(c, b)
        order = list(flow)
        self.assertLess(order.index(d), order.index(a))
        self.assertLess(order.index(c), order.index(b))
        self.assertEqual(4, len(flow))
        self.assertEqual(order, [item for item, _ in flow.iter_nodes()])
        self.assertEqual({(d, a), (c, b)}, {(u, v) for u, v, _ in flow.iter_links()})

    def test_a_cycle_is_spelled_out(self) -> None:
        """With all that is on it, and where it closes."""
        a, b, c = (flows.Plain(name) for name in "abc")
        flow = GraphFlow("plan x").add(a, b, c).link(a, b).link(b, c).link(c, b)
        error = self.assertRaises(exceptions.PlanBlocked, list, flow)
        self.assertIn("b -> c -> b", str(error))
        self.assertIn("plan x", str(error))

    def test_links_are_between_items(self) -> None:
        """A link to what was never added is a mistake."""
        a, b = flows.Plain("a"), flows.Plain("b")
        self.assertRaises(ValueError, GraphFlow("f").add(a).link, a, b)

    def test_adding_twice(self) -> None:
        """Changes nothing."""
        a = flows.Plain("a")
        self.assertEqual(1, len(GraphFlow("f").add(a).add(a)))

    def test_runs_on_engines_of_taskflow(self) -> None:
        """It is an ordinary flow: TaskFlow's engines run it, and nest it."""
        log = base.Log()
        flow = base.workloads(log, 3, needs={0: [1], 1: [2]})
        stock.run(linear_flow.Flow("outer").add(flow))
        self.assertEqual([f"w{w}:{s}" for w in "210" for s in "abc"], log.executed)
