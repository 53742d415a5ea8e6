# SPDX-License-Identifier: Apache-2.0
"""Plans are immutable and found by the beginning of their id."""

from __future__ import annotations

import dataclasses

from pumphouse import exceptions
from pumphouse.store import PlanRow
from tests.unit.store.base import PLAN, StoreTest


class SavePlan(StoreTest):
    def test_comes_back_as_it_was_saved(self) -> None:
        """Every field of a plan survives the database."""
        plan = PlanRow(
            id="12345678",
            digest="sha256:1",
            source="old",
            destination="new",
            title="project Ünïcode",
            document='{"a": "\\u0000"}',
            summary={"create": 3, "types": {"server": 1}},
            created_at="2026-01-02T03:04:05.000000+00:00",
            planned_by="alice@ops-1",
        )
        self.store.save_plan(plan)
        self.assertEqual(plan, self.store.plan("12345678"))

    def test_same_again_is_fine(self) -> None:
        """Saving a plan twice keeps one."""
        self.store.save_plan(PLAN)
        self.store.save_plan(PLAN)
        self.assertEqual(1, len(self.store.plans()))

    def test_other_content_is_refused(self) -> None:
        """An id never changes its content."""
        self.store.save_plan(PLAN)
        other = dataclasses.replace(PLAN, digest="other", document="{}")
        error = self.assertRaises(exceptions.StoreError, self.store.save_plan, other)
        self.assertIn("plans do not change", str(error))
        self.assertEqual(PLAN.document, self.store.plan(PLAN.id).document)

    def test_time_is_filled_in(self) -> None:
        """A plan without a time gets the store's."""
        store = self.open(now=lambda: "2030-01-01T00:00:00.000000+00:00")
        store.save_plan(PLAN)
        self.assertEqual("2030-01-01", store.plan(PLAN.id).created_at[:10])


class FindPlan(StoreTest):
    def setUp(self) -> None:
        super().setUp()
        for plan_id in ("aaaa1111", "aaaa2222", "bb_bb333", "aaaa"):
            self.store.save_plan(dataclasses.replace(PLAN, id=plan_id))

    def test_by_unique_beginning(self) -> None:
        """Four characters or more are enough where only one id begins so."""
        self.assertEqual("aaaa2222", self.store.plan("aaaa2").id)

    def test_whole_id_wins_over_longer_ones(self) -> None:
        """An id that is the beginning of others is still found."""
        self.assertEqual("aaaa", self.store.plan("aaaa").id)

    def test_ambiguous(self) -> None:
        """Several candidates are named in the hint."""
        self.store.save_plan(dataclasses.replace(PLAN, id="aaaa2223"))
        error = self.assertRaises(exceptions.Ambiguous, self.store.plan, "aaaa222")
        self.assertIn("aaaa2222, aaaa2223", error.hint)

    def test_too_short(self) -> None:
        """Three characters could mean anything."""
        error = self.assertRaises(exceptions.NotFound, self.store.plan, "bb_")
        self.assertIn("4 characters", str(error))

    def test_unknown(self) -> None:
        """The error says what there is instead."""
        error = self.assertRaises(exceptions.NotFound, self.store.plan, "cccc")
        self.assertIn("pumphouse plan list", error.hint)

    def test_wildcards_are_characters(self) -> None:
        """SQL's wildcards in an id match themselves only."""
        self.assertEqual("bb_bb333", self.store.plan("bb_b").id)
        for text in ("%%%%", "____", "bb%b", ""):
            self.assertRaises(exceptions.NotFound, self.store.plan, text)

    def test_listing_is_newest_first_without_documents(self) -> None:
        """A listing stays small, however large the plans are."""
        plans = self.store.plans()
        self.assertEqual(
            ["aaaa", "bb_bb333", "aaaa2222", "aaaa1111"], [p.id for p in plans]
        )
        self.assertEqual({""}, {plan.document for plan in plans})
