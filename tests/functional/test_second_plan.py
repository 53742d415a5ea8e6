# SPDX-License-Identifier: Apache-2.0
"""What a first run left undone, or a first plan left out, a second one finishes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pumphouse.models import Action
from pumphouse.plan.verdicts import Verdict
from pumphouse.store.rows import RunState
from tests.functional.base import FunctionalTestCase
from tests.functional.test_runs import APP


class TestUnfinished(FunctionalTestCase):
    def test_an_image_that_got_no_data_is_finished(self):
        """It is there, and queued: that is no image."""
        self.fault(self.destination, "answer", status=403, method="PUT", path="/file$")
        _, run = self.world.migrate()
        self.assertEqual(RunState.FAILED, run.state)
        self.heal()
        plan = self.world.plan()
        begun = [n for n in plan.having(Action.CREATE) if n.decision.destination_id]
        self.assertEqual({"image"}, {n.ref.type for n in begun})
        self.assertIn("did not finish it", begun[0].decision.reason)
        found = self.world.verified(plan)
        self.assertEqual({n.ref for n in begun}, {r.ref for r in found.unfinished})
        self.assert_migrated(*self.world.migrate(plan))
        self.assertTrue(self.world.verified(plan).complete)
        self.assertEqual([], [*self.world.plan().having(Action.CREATE)])


class TestWithoutBlocked(FunctionalTestCase):
    def break_one(self, vm_state: str) -> None:
        def change() -> None:
            servers = self.source.cloud.state.servers
            (app,) = [s for s in servers if s["name"] == APP]
            app["vm_state"] = vm_state

        self.source.run(change)

    def left(self, found: Any) -> Counter[str]:
        return Counter(row.verdict for row in found.rows())

    def test_one_server_that_cannot_be_moved_keeps_nobody(self):
        self.break_one("error")
        self.assertTrue([*self.world.plan().having(Action.BLOCKED)])
        plan = self.world.plan(without_blocked=True)
        self.assertEqual([APP], [n.resource.name for n in plan.left_out])
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertNotIn(APP, self.states(self.destination))
        found = self.world.verified(plan)
        self.assertTrue(found.complete, [*found.rows()])
        self.assertEqual({Verdict.LEFT_OUT: 1}, self.left(found))
        # Once it can be moved, a second plan brings it, and it alone.
        self.break_one("active")
        second = self.world.plan()
        self.assertEqual([APP], [n.resource.name for n in second.having(Action.CREATE)])
        self.assert_migrated(*self.world.migrate(second))
