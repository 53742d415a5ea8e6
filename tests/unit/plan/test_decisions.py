# SPDX-License-Identifier: Apache-2.0
"""What becomes of each resource, and why."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse.models import Action, Binding, Origin, Ref
from pumphouse.plan.planner import Planner
from pumphouse.plan.selection import Selection
from tests.unit.plan import toys
from tests.unit.plan.planning import actions, house, planner


class TestDecisions(testtools.TestCase):
    def there(self, **house_fields: Any) -> toys.ToyCloud:
        return toys.ToyCloud(
            "destination",
            town=[{"id": "T", "name": "Ulm"}],
            house=[{"id": "H", "name": "inn", "town": "T", **house_fields}],
        )

    def test_nothing_there_means_create(self):
        self.assertEqual({"create"}, set(actions(house("inn")).values()))

    def test_things_in_what_is_yet_to_be_created_cost_no_request(self):
        drawing = planner()
        drawing.draw_up(Selection("house", ("inn",)))
        self.assertNotIn("house", drawing.destination.reads)

    def test_an_equal_one_is_adopted(self):
        plan = house("inn", destination=self.there())
        self.assertEqual("adopt", actions(plan)["house:h2"])
        self.assertEqual("H", plan.nodes[Ref("house", "h2")].decision.destination_id)

    def test_absence_of_a_field_with_a_default_is_no_difference(self):
        plan = house("inn", destination=self.there(floors=1))
        self.assertEqual("adopt", actions(plan)["house:h2"])

    def test_a_namesake_with_other_fields_blocks_and_shows_the_difference(self):
        plan = house("inn", destination=self.there(floors=9))
        decision = plan.nodes[Ref("house", "h2")].decision
        self.assertEqual(Action.BLOCKED, decision.action)
        self.assertEqual("floors: 1 -> 9", str(decision.differences[0]))

    def test_two_namesakes_are_not_both_given_the_one_that_is_there(self):
        there = self.there()
        there.records["town"] = [{"id": "T", "name": "Ulm"}]
        plan = planner(there).draw_up(Selection("town", ("t1", "t2")))
        self.assertEqual(["adopt", "create"], sorted(actions(plan).values()))

    def test_the_migration_file_maps_by_name_or_id(self):
        there = self.there(floors=9)
        for key in ("inn", "h2"):
            plan = house("inn", destination=there, mappings={"house": {key: "H"}})
            self.assertEqual("map", actions(plan)["house:h2"])

    def test_what_belongs_to_a_mapped_thing_stays_behind(self):
        # Ann's boss-less house is mapped by name or id: nobody in it comes along.
        for key in ("mill", "h1"):
            plan = planner(self.there(), mappings={"house": {key: "H"}}).draw_up(
                Selection("person", ("p1",))
            )
            self.assertEqual({"person:p1", "house:h1"}, set(actions(plan)))
            self.assertEqual("map", actions(plan)["house:h1"])

    def test_a_mapping_to_nothing_is_blocked(self):
        plan = house("inn", mappings={"house": {"inn": "nowhere"}})
        decision = plan.nodes[Ref("house", "h2")].decision
        self.assertEqual(Action.BLOCKED, decision.action)
        self.assertIn("nowhere", decision.reason)

    def test_what_cannot_be_moved_as_it_is_is_blocked_with_its_notes(self):
        drawing = planner()
        drawing.source.records["house"][1]["on_fire"] = True
        plan = drawing.draw_up(Selection("house", ("inn",)))
        decision = plan.nodes[Ref("house", "h2")].decision
        self.assertEqual(Action.BLOCKED, decision.action)
        self.assertEqual(("bring water",), decision.notes)

    def test_a_needed_thing_that_is_gone_blocks(self):
        drawing = planner()
        drawing.source.records["town"] = []
        plan = drawing.draw_up(Selection("house", ("inn",)))
        decision = plan.nodes[Ref("house", "h2")].decision
        self.assertEqual(Action.BLOCKED, decision.action)
        self.assertIn("town:t1", decision.reason)

    def test_a_mapping_beats_what_an_earlier_run_adopted(self):
        ref = Ref("house", "h2")
        there = self.there()
        there.records["house"].append({"id": "I", "name": "inn2", "town": "T"})
        for origin, action in ((Origin.ADOPTED, "map"), (Origin.CREATED, "blocked")):
            plan = house(
                "inn",
                destination=there,
                mappings={"house": {"inn": "inn2"}},
                bindings={ref: Binding(ref, "H", origin)},
            )
            self.assertEqual(action, actions(plan)["house:h2"])

    def test_what_a_run_left_half_way_is_blocked_and_names_the_run(self):
        ref = Ref("house", "h2")
        bound = {ref: Binding(ref, "H", Origin.CREATED)}
        plan = house("inn", bindings=bound, unfinished={ref: "0123456789"})
        decision = plan.nodes[ref].decision
        self.assertEqual(Action.BLOCKED, decision.action)
        self.assertIn("pumphouse resume 01234567", decision.reason)

    def test_what_an_earlier_run_made_is_skipped_while_it_is_there(self):
        ref = Ref("house", "h2")
        bound = {
            ref: Binding(ref, "H", Origin.CREATED),
            Ref("town", "t1"): Binding(Ref("town", "t1"), "T", Origin.CREATED),
        }
        plan = house("inn", destination=self.there(), bindings=bound)
        self.assertEqual("skip", actions(plan)["house:h2"])

    def test_what_an_earlier_run_made_is_made_again_when_it_is_gone(self):
        ref = Ref("house", "h2")
        bound = {ref: Binding(ref, "gone", Origin.CREATED)}
        plan = house("inn", bindings=bound)
        decision = plan.nodes[ref].decision
        self.assertEqual(Action.CREATE, decision.action)
        self.assertEqual("gone", decision.replaces)

    def test_what_the_operator_registered_is_mapped(self):
        ref = Ref("house", "h2")
        bound = {ref: Binding(ref, "H", Origin.REGISTERED)}
        plan = house("inn", destination=self.there(floors=9), bindings=bound)
        self.assertEqual("map", actions(plan)["house:h2"])

    def test_an_empty_field_is_not_equal_to_what_is_yet_to_be_created(self):
        # Bob's pet comes along now; the Bob that is there has none.
        drawing = planner(self.there())
        drawing.source.records["pet"] = [{"id": "gone", "name": "Rex"}]
        drawing.destination.records["person"] = [
            {"id": "B", "name": "Bob", "house": "H", "boss": None, "pet": None}
        ]
        plan = drawing.draw_up(Selection("house", ("inn",)))
        decision = plan.nodes[Ref("person", "p2")].decision
        self.assertEqual(Action.BLOCKED, decision.action)
        self.assertEqual(["pet"], [d.field for d in decision.differences])


class TestDisabled(testtools.TestCase):
    """Nothing is made within what is disabled: here, in a town that is closed."""

    def drawing(self, closed: bool = True, **more: Any) -> Planner:
        drawing = planner(**more)
        drawing.source.records["town"][0]["closed"] = closed
        return drawing

    def reasons(self, drawing: Planner, *terms: str) -> dict[str, str]:
        plan = drawing.draw_up(Selection("house", terms or ("inn",)))
        return {str(n.ref): n.decision.reason for n in plan.having(Action.BLOCKED)}

    def test_what_is_made_in_it_is_blocked_and_it_is_not(self):
        blocked = self.reasons(self.drawing())
        self.assertEqual({"house:h2", "person:p2"}, set(blocked))
        said = blocked["house:h2"]
        self.assertIn("town Ulm is disabled on the source", said)
        self.assertIn("makes no house within: enable it", said)

    def test_what_is_in_something_in_it_names_what_has_to_be_enabled(self):
        said = self.reasons(self.drawing())["person:p2"]
        self.assertIn("town Ulm is disabled on the source", said)

    def test_elsewhere_nothing_is_blocked(self):
        drawing = self.drawing()
        drawing.source.records["person"] = []
        self.assertEqual({"house:h2"}, set(self.reasons(drawing, "h2", "h3")))

    def test_what_is_there_already_is_not_made(self):
        town = {"id": "T", "name": "Ulm", "closed": True}
        inn = {"id": "H", "name": "inn", "town": "T"}
        there = toys.ToyCloud("destination", town=[town], house=[inn])
        blocked = self.reasons(self.drawing(destination=there))
        self.assertEqual({"person:p2"}, set(blocked))
        self.assertIn("town Ulm is disabled on both clouds", blocked["person:p2"])

    def test_of_what_is_mapped_that_counts_which_takes_its_place(self):
        for closed in (False, True):
            bonn = {"id": "B", "name": "Bonn", "closed": closed}
            drawing = self.drawing(
                closed=not closed,
                destination=toys.ToyCloud("destination", town=[bonn]),
                mappings={"town": {"t1": "Bonn"}},
            )
            said = self.reasons(drawing).get("house:h2", "")
            self.assertEqual(closed, "is disabled on the destination" in said)

    def test_of_what_is_bound_that_counts_which_is_there(self):
        bound = {Ref("town", "t1"): Binding(Ref("town", "t1"), "B", Origin.CREATED)}
        for closed in (False, True):
            town = {"id": "B", "name": "since renamed", "closed": closed}
            there = toys.ToyCloud("destination", town=[town])
            drawing = self.drawing(closed=not closed, destination=there, bindings=bound)
            said = self.reasons(drawing).get("house:h2", "")
            self.assertEqual(closed, "is disabled on the destination" in said)
            self.assertEqual(1, there.reads.count("town"))  # as ever


class TestDoneWithout(testtools.TestCase):
    """What is disabled or gone, and can be done without: the plan says what is done."""

    def notes(self, *pets: dict[str, Any]) -> tuple[str, ...]:
        drawing = planner()
        drawing.source.records["pet"] = list(pets)
        plan = drawing.draw_up(Selection("house", ("inn",)))
        decision = plan.nodes[Ref("person", "p2")].decision
        self.assertEqual(Action.CREATE, decision.action)
        return decision.notes

    def test_it_is_gone_from_the_source(self):
        said = "pet:gone is gone from the source: they feed nobody"
        self.assertEqual((said,), self.notes())

    def test_it_is_disabled(self):
        rex = {"id": "gone", "name": "Rex", "asleep": True}
        said = "pet Rex is disabled on the source: they feed nobody"
        self.assertEqual((said,), self.notes(rex))

    def test_it_is_there(self):
        self.assertEqual((), self.notes({"id": "gone", "name": "Rex"}))
