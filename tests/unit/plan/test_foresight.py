# SPDX-License-Identifier: Apache-2.0
"""What types foresee reaches the plan: as blocked nodes, notes, announced fields."""

from __future__ import annotations

import unittest

from pumphouse.models import Action, Decision, Finding, Ref
from pumphouse.plan.foresight import applied

NEW, EQUAL, DONE, STUCK = (Ref("thing", name) for name in ("new", "equal", "done", "x"))
DECIDED = {
    NEW: Decision(Action.CREATE, "not on the destination", notes=("small",)),
    EQUAL: Decision(Action.ADOPT, "equal on the destination", destination_id="e"),
    DONE: Decision(Action.SKIP, "created earlier", destination_id="d"),
    STUCK: Decision(Action.BLOCKED, "in ERROR"),
}


class AppliedTest(unittest.TestCase):
    def test_what_would_fail_is_blocked(self) -> None:
        found, notes = applied(
            DECIDED,
            [Finding(NEW, blocked="too big"), Finding(EQUAL, blocked="gives more")],
        )
        self.assertEqual(
            [(Action.BLOCKED, "too big"), (Action.BLOCKED, "gives more")],
            [(found[ref].action, found[ref].reason) for ref in (NEW, EQUAL)],
        )
        self.assertEqual((), notes)

    def test_several_reasons_are_all_told(self) -> None:
        found, _ = applied(DECIDED, [Finding(STUCK, blocked="and too big")])
        self.assertEqual("in ERROR; and too big", found[STUCK].reason)

    def test_what_stands_already_is_not_blocked_but_noted(self) -> None:
        found, _ = applied(DECIDED, [Finding(DONE, blocked="gives more")])
        self.assertEqual(Action.SKIP, found[DONE].action)
        self.assertEqual(("gives more",), found[DONE].notes)

    def test_notes_and_announced_fields_are_added_once(self) -> None:
        finding = Finding(NEW, notes=("small", "red"), announced=("color",))
        found, _ = applied(DECIDED, [finding, finding])
        self.assertEqual(("small", "red"), found[NEW].notes)
        self.assertEqual(("color",), found[NEW].announced)
        self.assertEqual(Action.CREATE, found[NEW].action)

    def test_what_belongs_to_no_node_is_a_note_of_the_plan(self) -> None:
        found, notes = applied(
            DECIDED,
            [
                Finding(None, notes=("3 stay",)),
                Finding(Ref("thing", "?"), notes=("4 stay",)),
                Finding(None, notes=("3 stay",)),
            ],
        )
        self.assertEqual(DECIDED, found)
        self.assertEqual(("3 stay", "4 stay"), notes)
