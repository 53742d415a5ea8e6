# SPDX-License-Identifier: Apache-2.0
"""Verification: what counts as equal, and what never does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pumphouse import exceptions
from pumphouse.models import Origin, Ref
from pumphouse.plan.document import Plan
from pumphouse.plan.verdicts import Verification
from pumphouse.plan.verification import verify
from tests.unit.flow import toys
from tests.unit.flow.base import RunTestCase


class VerifyTestCase(RunTestCase):
    """Verifies ``drawn``, a plan."""

    drawn: Plan

    def verify(self, **more: Any) -> Verification:
        bindings = {b.ref: b for b in self.store.bindings(self.drawn.pair)}
        return verify(
            self.drawn,
            self.source,  # type: ignore[arg-type]
            self.destination,  # type: ignore[arg-type]
            toys.TYPES,
            more.get("bindings", bindings),
            **{k: v for k, v in more.items() if k != "bindings"},
        )

    def there(self, kind: str, name: str) -> dict[str, Any]:
        records = self.destination.records[kind]
        return next(each for each in records if each["name"] == name)

    def said(self, found: Verification) -> list[str]:
        return [f"{row.resource} {row.difference}" for row in found.rows()]

    def judged(self, found: Verification) -> dict[str, str]:
        """What was found of each thing."""
        return {str(row.resource): row.verdict.value for row in found.rows()}


class TestVerify(VerifyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.drawn = self.plan("house", "h1", "inn")
        self.run_plan(self.drawn)

    def test_what_a_run_made_is_equal(self):
        # The diary is a secret that this toy does not send.
        self.there("person", "Ann")["diary"] = "dear"
        found = self.verify()
        self.assertTrue(found.complete, self.said(found))
        self.assertEqual("5 verified, 0 differences", found.summary())

    def test_each_field_is_read_again_from_both_clouds(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.there("house", "inn")["floors"] = 9
        self.source.records["house"][0]["name"] = "watermill"
        found = self.verify()
        self.assertEqual(
            [
                "house mill name: 'watermill' -> 'mill'",
                "house inn floors: 1 -> 9",
            ],
            self.said(found),
        )
        self.assertFalse(found.complete)

    def test_what_the_run_could_not_keep_is_told_apart(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.there("house", "inn")["floors"] = 9
        inn = Ref("house", "h2")
        found = self.verify(not_kept={inn: ["floors"]})
        # Nobody said so before: it is told apart, and counts.
        self.assertFalse(found.complete, self.said(found))
        self.assertEqual(
            "5 verified, 0 differences, 1 not kept (1 house floors)", found.summary()
        )
        self.assertEqual({"house inn": "not kept"}, self.judged(found))
        # Any other difference counts as ever.
        found = self.verify(not_kept={inn: ["name"]})
        self.assertEqual({"house inn": "different"}, self.judged(found))

    def test_what_was_announced_is_told_apart_and_is_no_fault(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.there("house", "inn")["floors"] = 9
        inn = Ref("house", "h2")
        # By the plan that brought it; the run may have found the same.
        for not_kept in ({}, {inn: ["floors"]}):
            found = self.verify(announced={inn: ["floors"]}, not_kept=not_kept)
            self.assertTrue(found.complete, self.said(found))
            self.assertEqual({"house inn": "as announced"}, self.judged(found))
            self.assertEqual(
                "5 verified, 0 differences, 1 as announced (1 house floors)",
                found.summary(),
            )
        # By this very plan
        self.announce(inn, "floors")
        self.assertTrue(self.verify().complete)
        # What else differs of it counts as ever.
        self.there("house", "inn")["name"] = "pub"
        found = self.verify()
        self.assertFalse(found.complete)
        self.assertEqual(
            ["house inn name: 'inn' -> 'pub'", "house inn floors: 1 -> 9"],
            self.said(found),
        )

    def announce(self, ref: Ref, *fields: str) -> None:
        node = self.drawn.nodes[ref]
        decision = replace(node.decision, announced=fields)
        nodes = {**self.drawn.nodes, ref: replace(node, decision=decision)}
        self.drawn = replace(self.drawn, nodes=nodes)

    def test_what_came_after_the_plan_is_not_in_it(self):
        self.there("person", "Ann")["diary"] = "dear"
        new = {"id": "p9", "name": "Dot", "house": "h2", "boss": None}
        self.source.records["person"].append(new)
        found = self.verify()
        self.assertFalse(found.complete)
        self.assertEqual({"person Dot": "not in the plan"}, self.judged(found))
        self.assertIn("1 not in the plan", found.summary())
        # A later plan's business, once that has brought it.
        later = self.plan("house", "inn")
        self.run_plan(later)
        self.assertTrue(self.verify().complete, self.judged(self.verify()))

    def test_what_stands_within_what_was_created_has_no_source(self):
        self.there("person", "Ann")["diary"] = "dear"
        inn = self.there("house", "inn")["id"]
        elsewhere = {"id": "H", "name": "barn", "town": "T"}
        self.destination.records["house"].append(elsewhere)
        self.destination.records["person"] += [
            {"id": "X", "name": "Eve", "house": inn},
            {"id": "Y", "name": "Fay", "house": "H"},
        ]
        found = self.verify()
        self.assertFalse(found.complete)
        self.assertEqual({"person Eve": "not from the source"}, self.judged(found))
        self.assertIn("1 not from the source", found.summary())

    def test_what_stands_within_what_was_there_before_is_none_of_ours(self):
        there = {"id": "H", "name": "mill", "town": "T"}
        self.destination.records["town"].append({"id": "T", "name": "Ulm"})
        self.destination.records["house"].append(there)
        self.destination.records["person"].append(
            {"id": "X", "name": "Eve", "house": "H"}
        )
        self.drawn = self.plan("house", "h3", mappings={"town": {"t2": "T"}})
        self.assertEqual(
            "adopt", self.drawn.nodes[Ref("house", "h3")].decision.action.value
        )
        self.run_plan(self.drawn)
        self.assertTrue(self.verify().complete, self.judged(self.verify()))

    def test_a_plan_that_does_not_know_its_selection_says_so(self):
        self.there("person", "Ann")["diary"] = "dear"
        new = {"id": "p9", "name": "Dot", "house": "h2", "boss": None}
        self.source.records["person"].append(new)
        self.drawn = replace(self.drawn, selected=(), whole_project=False)
        found = self.verify()
        self.assertEqual((True, False), (found.complete, found.sets))

    def test_what_no_run_has_finished_is_marked(self):
        self.there("person", "Ann")["diary"] = "dear"
        found = self.verify(unfinished={Ref("house", "h2")})
        self.assertFalse(found.complete)
        self.assertEqual({"house inn": "unfinished"}, self.judged(found))
        self.assertIn("4 verified, 0 differences, 1 unfinished", found.summary())

    def test_what_was_taken_back_is_not_just_missing(self):
        found = self.verify(bindings={}, undone_by="run-2")
        self.assertFalse(found.complete)
        self.assertEqual({"rolled back"}, {*self.judged(found).values()})

    def test_a_secret_differs_without_being_told(self):
        self.there("person", "Ann")["diary"] = "another"
        said = self.said(self.verify())
        self.assertEqual(["person Ann diary: '(secret)' -> '(another)'"], said)

    def test_a_reference_to_another_thing_of_that_name_differs(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.destination.records["town"].append({"id": "T2", "name": "Ulm"})
        self.there("house", "inn")["town"] = "T2"
        (said,) = self.said(self.verify())
        self.assertIn("house inn town", said)

    def test_what_is_gone_from_either_side_differs(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.destination.records["person"].remove(self.there("person", "Bob"))
        self.source.records["town"] = []
        said = self.said(self.verify())
        self.assertIn("person Bob (existence): 'present' -> 'gone'", said)
        self.assertIn("town Ulm (existence): 'gone' -> 'present'", said)

    def test_what_was_not_migrated_is_not_complete(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.store.unregister(self.drawn.pair, Ref("person", "p2"))
        self.destination.records["person"].remove(self.there("person", "Bob"))
        found = self.verify()
        self.assertFalse(found.complete)
        self.assertIn("1 not migrated", found.summary())
        self.assertEqual(
            ["person Bob (existence): 'planned' -> 'not migrated'"], self.said(found)
        )

    def test_other_clouds_are_not_compared(self):
        self.destination.identity = "http://elsewhere|one"
        error = self.assertRaises(exceptions.InputError, self.verify)
        self.assertIn("http://elsewhere|one", str(error))

    def test_what_the_operator_mapped_is_counted_and_not_compared(self):
        self.destination.records["town"].append({"id": "M", "name": "Mapped"})
        self.drawn = self.plan("house", "h3", mappings={"town": {"t2": "M"}})
        self.run_plan(self.drawn)
        found = self.verify()
        self.assertEqual((2, 1), (found.verified, found.not_compared))


class TestLeaves(VerifyTestCase):
    def test_what_was_adopted_is_a_leaf(self):
        """What comes along with it is nobody's business, nor even asked for.

        Not what it contains besides, be that of something that was created: with a
        public network or a shared group all that its other users have would be read.
        """
        mill = {"id": "H", "name": "mill", "town": "T", "floors": 2}
        self.destination.records.update(town=[{"id": "T", "name": "Ulm"}], house=[mill])
        self.drawn = self.plan("house", "h1", mappings={"town": {"t1": "T"}})
        actions = {str(r): n.decision.action.value for r, n in self.drawn.nodes.items()}
        self.assertEqual(
            {"town:t1": "map", "house:h1": "adopt", "person:p1": "create"}, actions
        )
        self.run_plan(self.drawn)
        ann = self.there("person", "Ann")
        ann["diary"] = "dear"
        self.destination.records["person"].append(
            {"id": "X", "name": "Eve", "house": "H", "boss": ann["id"]}
        )
        asked: list[str] = []

        def belonging(resources: Any) -> None:
            asked.extend(f"{r.ref}" for r in resources)

        self.listening(belonging)
        found = self.verify()
        self.assertTrue(found.complete, self.judged(found))
        self.assertNotIn("house:H", asked)
        # As it is found where what contains it was created.
        bound = {b.ref: b for b in self.store.bindings(self.drawn.pair)}
        house = replace(bound[Ref("house", "h1")], origin=Origin.CREATED)
        found = self.verify(bindings={**bound, house.ref: house})
        self.assertEqual({"person Eve": "not from the source"}, self.judged(found))
        self.assertIn("house:H", asked)

    def listening(self, told: Callable[[Any], None]) -> None:
        """Is told of what others are asked for that belongs to it, there."""
        kind = toys.TYPES["person"]
        real = kind.coming

        def asked(cloud: Any, part: Any, parents: Any, found: Any) -> Any:
            if cloud is self.destination:
                told(parents)
            return real(cloud, part, parents, found)

        self.patch(kind, "coming", asked)
