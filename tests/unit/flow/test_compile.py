# SPDX-License-Identifier: Apache-2.0
"""From a plan to the flow: the same atoms each time, in the order of the needs."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.flow.compile import compile_plan
from pumphouse.models import Ref
from pumphouse.plan.document import Plan
from tests.unit.flow import toys
from tests.unit.flow.base import RunTestCase


class TestCompile(RunTestCase):
    def compiled(self, plan: Plan, types: Any = toys.TYPES) -> Any:
        return compile_plan(plan, types, None, None)  # type: ignore[arg-type]

    def atoms(self, flow: Any) -> list[str]:
        return sorted(atom.name for node in flow for atom in node)

    def test_each_node_to_be_made_has_its_steps(self):
        flow = self.compiled(self.plan("guest", "g1"))
        self.assertEqual(
            ["guest:g1:arrive", "guest:g1:pack", "town:t1:ensure"], self.atoms(flow)
        )

    def test_a_saved_plan_has_the_same_atoms(self):
        plan = self.plan("house", "h1", "inn")
        again = self.compiled(Plan.loads(plan.dumps()))
        self.assertEqual(self.atoms(self.compiled(plan)), self.atoms(again))

    def test_the_last_step_knows_that_it_is(self):
        flow = self.compiled(self.plan("guest", "g1"))
        last = {atom.name: atom.last for node in flow for atom in node}
        self.assertTrue(last["guest:g1:arrive"])
        self.assertFalse(last["guest:g1:pack"])

    def test_what_is_needed_comes_first_and_what_is_there_orders_nothing(self):
        flow = self.compiled(self.plan("house", "inn"))
        links = {(a.name, b.name) for a, b, _ in flow.iter_links()}
        self.assertEqual({("town:t1", "house:h2"), ("house:h2", "person:p2")}, links)
        self.destination.records["town"] = [{"id": "T", "name": "Ulm"}]
        flow = self.compiled(self.plan("house", "inn"))
        links = {(a.name, b.name) for a, b, _ in flow.iter_links()}
        self.assertEqual({("house:h2", "person:p2")}, links)

    def test_what_is_done_has_no_part_in_it(self):
        """A resumed run is compiled from what is left; the rest keeps its order."""
        plan = self.plan("house", "inn")
        done = {Ref("town", "t1")}
        flow = compile_plan(plan, toys.TYPES, None, None, done=done)  # type: ignore[arg-type]
        self.assertEqual(["house:h2:ensure", "person:p2:ensure"], self.atoms(flow))
        links = {(a.name, b.name) for a, b, _ in flow.iter_links()}
        self.assertEqual({("house:h2", "person:p2")}, links)

    def test_a_missing_plug_in_is_named(self):
        plan = self.plan("house", "inn")
        self.assertIn(Ref("person", "p2"), plan.nodes)
        types = {k: v for k, v in toys.TYPES.items() if k != "person"}
        error = self.assertRaises(exceptions.InputError, self.compiled, plan, types)
        self.assertIn("'person'", str(error))
