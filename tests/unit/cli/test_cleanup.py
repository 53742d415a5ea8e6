# SPDX-License-Identifier: Apache-2.0
"""``pumphouse cleanup``, as the operator sees it."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.store import journal
from pumphouse.store.owner import Owner
from tests.unit.cli.base import CommandTestCase


class TestCleanup(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.assertIn("nothing to clean up", self.pumphouse("cleanup").out)
        plan = self.plan("house", "h1", "inn")
        self.left = self.store.create_run(plan.id)
        for ref in (Ref("town", "t1"), Ref("house", "h2")):
            writer = self.store.writer(self.left)
            writer.open_intent(plan.pair, journal.CREATE, ref)

    def test_it_asks_and_says_what_it_would_do(self):
        ended = self.pumphouse("cleanup")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn("town Ulm: look for it on the destination", ended.out)
        self.assertIn("--yes", ended.err.splitlines()[-1])

    def test_what_is_done_is_counted(self):
        ended = self.pumphouse("cleanup", "--yes")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertEqual("cleaned up 2", ended.out.splitlines()[-1])
        self.assertIn("nothing to clean up", self.pumphouse("cleanup").out)

    def test_what_fails_is_told_and_the_rest_is_done(self):
        def broken(kind: str) -> Any:
            if kind == "town":
                raise exceptions.ServiceError("out of order")
            return []

        self.destination.all = broken  # type: ignore[method-assign]
        ended = self.pumphouse("cleanup", "--yes")
        self.assertEqual(exceptions.EXIT_FAILED, ended.code)
        self.assertIn("town Ulm: FAILED: out of order", ended.out)
        self.assertIn("cleaned up 1", ended.out)

    def test_a_cloud_that_is_down_is_tried_once(self):
        """Each try takes its time, and all of them would end alike."""
        tried = []

        def down(kind: str) -> Any:
            tried.append(kind)
            raise exceptions.Unreachable("no connection", hint="Check it")

        self.destination.all = down  # type: ignore[method-assign]
        ended = self.pumphouse("cleanup", "--yes")
        self.assertEqual(exceptions.EXIT_CLOUD, ended.code)
        self.assertEqual(1, len(tried))
        last = ended.err.splitlines()[-1]
        self.assertIn("no connection. Check it; then 'pumphouse cleanup' again", last)

    def test_a_cut_off_run_is_told_as_one(self):
        gone = Owner("elsewhere", "boot", 1, 1)
        self.store.acquire_run(self.left.id, gone)
        self.replace(Owner, "alive", lambda _: False)
        shown = self.pumphouse("run", "show", self.left.id)
        self.assertIn(f"run {self.left.id[:8]} cut off", shown.err)
        (row, *_) = self.pumphouse("run", "list", "-f", "json").json
        self.assertEqual("cut off", row["State"])
