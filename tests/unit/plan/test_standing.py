# SPDX-License-Identifier: Apache-2.0
"""What a saved plan counts on is looked at again before anything happens."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Binding, Origin, Ref
from pumphouse.plan import standing
from pumphouse.plan.planner import Planner
from pumphouse.plan.selection import Selection
from tests.unit.plan import toys


class TestStanding(testtools.TestCase):
    """The house ``inn`` in ``Ulm``, which the destination has already."""

    def setUp(self) -> None:
        super().setUp()
        self.source = toys.source()
        self.destination = toys.ToyCloud(
            "destination", town=[{"id": "T", "name": "Ulm"}]
        )
        self.bindings: dict[Ref, Binding] = {}
        self.mappings: dict[str, dict[str, str]] = {}

    def plan(self, *houses: str) -> Any:
        return Planner(
            source=self.source,
            destination=self.destination,
            types=toys.TYPES,
            options=Options(),
            mappings=self.mappings,
            bindings=self.bindings,
        ).draw_up(Selection("house", houses or ("inn",)))

    def check(self, plan: Any) -> None:
        clouds = (self.source, self.destination)
        standing.check(plan, *clouds, toys.TYPES, self.bindings)

    def wrong(self, plan: Any) -> str:
        error = self.assertRaises(exceptions.PlanBlocked, self.check, plan)
        self.assertEqual(exceptions.EXIT_BLOCKED, error.exit_code)
        return str(error)

    def test_a_plan_that_still_holds_is_read_once_a_type(self):
        plan = self.plan()
        self.destination.reads.clear()
        self.check(plan)
        self.assertEqual(["town"], self.destination.reads)

    def test_what_was_adopted_is_gone(self):
        plan = self.plan()
        self.destination.records["town"].clear()
        said = self.wrong(plan)
        self.assertIn("town Ulm (T there) is gone", said)
        self.assertIn("plan house inn again", said)

    def test_what_was_adopted_differs(self):
        plan = self.plan()
        self.destination.records["town"][0]["name"] = "Neu-Ulm"
        self.assertIn("town Ulm differs, name: 'Ulm' -> 'Neu-Ulm'", self.wrong(plan))

    def test_what_was_mapped_is_gone_but_may_differ(self):
        self.destination.records["town"][0]["name"] = "Bonn"
        self.mappings = {"town": {"Ulm": "Bonn"}}
        plan = self.plan()
        self.destination.records["town"][0]["name"] = "Berlin"
        self.check(plan)
        self.destination.records["town"].clear()
        self.assertIn("town Ulm (T there) is gone", self.wrong(plan))

    def test_what_was_mapped_must_be_enabled_if_something_is_made_within(self):
        self.destination.records["town"][0]["name"] = "Bonn"
        self.mappings = {"town": {"Ulm": "Bonn"}}
        plan = self.plan()
        self.destination.records["town"][0]["closed"] = True
        self.assertIn("town Ulm (T there) is disabled", self.wrong(plan))

    def test_what_was_migrated_before_counts_if_something_needs_it(self):
        self.bindings = {
            Ref("town", "t1"): Binding(Ref("town", "t1"), "T", Origin.CREATED)
        }
        plan = self.plan()
        self.destination.records["town"][0]["name"] = "renamed since"
        self.check(plan)
        self.destination.records["town"].clear()
        self.assertIn("town Ulm", self.wrong(plan))

    def test_what_nothing_needs_any_more_may_be_gone(self):
        self.bindings = {
            ref: Binding(ref, f"there-{ref.id}", Origin.CREATED)
            for ref in self.plan().nodes
        }
        for ref in self.bindings:
            there = {"id": f"there-{ref.id}", "name": "whatever"}
            self.destination.records[ref.type] = [there]
        plan = self.plan()
        self.destination.records.clear()
        self.check(plan)

    def test_equal_secrets_are_equal_still(self):
        """A plan keeps of a secret only that there is one."""
        self.destination.records |= {
            "house": [{"id": "H", "name": "mill", "town": "T", "floors": 2}],
            "person": [
                {"id": "A", "name": "Ann", "house": "H", "boss": None, "diary": "dear"}
            ],
        }
        plan = self.plan("h1")
        adopted = {node.ref.id for node in plan.having(Action.ADOPT)}
        self.assertEqual({"t1", "h1", "p1"}, adopted)
        self.check(plan)

    def test_many_are_counted(self):
        self.source.records["town"] += [
            {"id": f"x{n}", "name": f"Town {n}"} for n in range(9)
        ]
        self.source.records["house"] += [
            {"id": f"y{n}", "name": f"house {n}", "town": f"x{n}"} for n in range(9)
        ]
        self.destination.records["town"] = [
            {"id": f"X{n}", "name": f"Town {n}"} for n in range(9)
        ]
        plan = self.plan(*(f"house {n}" for n in range(9)))
        self.destination.records["town"].clear()
        self.assertIn("and 6 more", self.wrong(plan))
