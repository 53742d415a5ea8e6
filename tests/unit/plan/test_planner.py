# SPDX-License-Identifier: Apache-2.0
"""Planning, from the operator's words to a plan, in few requests."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.models import Action, Binding, Origin, Ref
from pumphouse.plan.document import Plan
from pumphouse.plan.planner import Planner
from pumphouse.plan.selection import Selection
from tests.unit.plan import toys
from tests.unit.plan.planning import actions, house, planner


class TestSelection(testtools.TestCase):
    def test_a_name_that_two_have_is_ambiguous_and_the_ids_are_told(self):
        error = self.assertRaises(exceptions.Ambiguous, house, "mill")
        self.assertIn("h1", str(error))
        self.assertIn("h3", str(error))
        self.assertEqual(exceptions.EXIT_NOT_FOUND, error.exit_code)

    def test_an_id_says_which(self):
        self.assertIn("house:h3", actions(house("h3")))

    def test_a_name_that_nothing_has_is_not_found(self):
        error = self.assertRaises(exceptions.NotFound, house, "castle")
        self.assertIn("castle", str(error))


class TestDiscovery(testtools.TestCase):
    def test_what_is_needed_and_what_belongs_along_is_found(self):
        self.assertEqual(
            {"town:t1", "house:h1", "person:p1"}, set(actions(house("h1")))
        )

    def test_a_weak_reference_brings_nothing_along(self):
        # Bob works for Ann, but her house is no part of the selection.
        self.assertNotIn("person:p1", actions(house("inn")))

    def test_a_weak_reference_still_orders_what_is_there(self):
        plan = house("h1", "inn")
        self.assertIn(
            (Ref("person", "p1"), Ref("person", "p2"), "whom they work for"),
            plan.edges,
        )

    def test_what_may_be_missing_blocks_nothing(self):
        # Bob's pet is gone from the source.
        self.assertEqual("create", actions(house("inn"))["person:p2"])

    def test_a_whole_project_is_listed_once_for_each_type(self):
        drawing = planner()
        drawing.draw_up(Selection("house", ("h1", "h2", "h3")))
        # find, and never a look-up for each house
        self.assertEqual(1, drawing.source.reads.count("house"))


class TestLacking(testtools.TestCase):
    """A cloud without the service of a type has none of it, and that is said."""

    def setUp(self):
        super().setUp()
        self.source, self.destination = toys.source(), toys.ToyCloud("destination")
        self.source.records["pet"] = [{"id": "gone", "name": "Rex"}]

    def plan(self) -> Plan:
        return house("h2", source=self.source, destination=self.destination)

    def test_both_have_it(self):
        plan = self.plan()
        self.assertEqual("create", actions(plan)["pet:gone"])
        self.assertEqual([], [n for n in plan.notes if "zoos" in n])

    def test_the_source_has_none_which_is_said_once(self):
        self.source.catalogue = frozenset(("toys",))
        plan = self.plan()
        self.assertNotIn("pet:gone", actions(plan))
        self.assertEqual(
            ["the source cannot have any pet: it has no service zoos"],
            [n for n in plan.notes if "zoos" in n],
        )
        self.assertNotIn("pet", self.source.reads)

    def test_the_destination_cannot_have_it(self):
        self.destination.catalogue = frozenset(("toys",))
        decision = self.plan().nodes[Ref("pet", "gone")].decision
        self.assertIs(Action.BLOCKED, decision.action)
        self.assertEqual(
            "the destination cannot have it: it has no service zoos", decision.reason
        )
        self.assertNotIn("pet", self.destination.reads)


class TestEconomy(testtools.TestCase):
    """Requests and work grow with the types, not with the resources."""

    COUNT = 50

    def drawing(self, **more: Any) -> Planner:
        drawing = planner(**more)
        drawing.source.records["house"] = [
            {"id": f"h{n}", "name": f"house {n}", "town": "t1"}
            for n in range(self.COUNT)
        ]
        drawing.source.records["person"] = []
        drawing.destination.records.update(
            town=[{"id": "t1", "name": "Ulm"}],
            house=[dict(each) for each in drawing.source.records["house"]],
        )
        return drawing

    def draw(self, drawing: Planner) -> Plan:
        ids = tuple(f"h{n}" for n in range(self.COUNT))
        return drawing.draw_up(Selection("house", ids))

    def test_what_earlier_runs_made_is_looked_up_at_once(self):
        refs = [Ref("house", f"h{n}") for n in range(self.COUNT)]
        bound = {ref: Binding(ref, ref.id, Origin.CREATED) for ref in refs}
        drawing = self.drawing(bindings=bound)
        plan = self.draw(drawing)
        self.assertEqual(self.COUNT, plan.totals["actions"]["skip"])
        self.assertEqual(1, drawing.destination.reads.count("house"))

    def test_what_earlier_runs_made_and_is_gone_is_looked_up_at_once(self):
        refs = [Ref("house", f"h{n}") for n in range(self.COUNT)]
        bound = {ref: Binding(ref, f"gone {ref.id}", Origin.CREATED) for ref in refs}
        drawing = self.drawing(bindings=bound)
        drawing.destination.records["house"] = []
        plan = self.draw(drawing)
        self.assertEqual(self.COUNT, plan.totals["actions"]["create"])
        self.assertEqual(2, drawing.destination.reads.count("house"))

    def test_each_candidate_is_asked_for_its_key_once(self):
        drawing = self.drawing()
        asked: list[str] = []

        class House(toys.House):
            def key(self, resource, translate):
                asked.append(resource.ref.id)
                return super().key(resource, translate)

        types = {**toys.TYPES, "house": House()}
        plan = self.draw(dataclasses.replace(drawing, types=types))
        self.assertEqual(self.COUNT + 1, plan.totals["actions"]["adopt"])
        self.assertLessEqual(len(asked), 3 * self.COUNT)
