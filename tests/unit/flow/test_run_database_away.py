# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server is restarted in the middle of a run, which goes on by itself."""

from __future__ import annotations

import threading
from typing import Any

from pumphouse.store import PlanRow, Store
from pumphouse.store.rows import RunState
from tests import postgresql
from tests.unit.flow.base import RunTestCase


class TestAway(RunTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.server = postgresql.Server()
        self.addCleanup(self.server.stop)
        self.url = self.server.database()
        self.store = Store(self.url)
        self.addCleanup(self.store.close)
        self.store.save_plan(PlanRow("plan-1", "digest", "s", "d", "title", "{}"))

    def restarted(self, hook: str) -> None:
        """The run, during which the server goes away, and comes back a moment later."""
        back = threading.Event()

        def away(kind: str, body: Any) -> None:
            if body["name"] == "inn":
                self.server.down()
                timer = threading.Timer(1.5, lambda: (self.server.up(), back.set()))
                timer.start()
                self.addCleanup(timer.join)

        setattr(self.destination, hook, away)
        run = self.run_plan(self.plan("house", "inn", "h1"))
        self.assertTrue(back.is_set())
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(
            sorted({*self.destination.made}), sorted(self.destination.made)
        )
        self.assertEqual([], self.store.open_intents())
        self.assertEqual({"done"}, {n.state.value for n in self.store.nodes(run.id)})

    def test_before_something_is_made(self):
        self.restarted("before")

    def test_after_something_was_made(self):
        """It is bound when the server is back."""
        self.restarted("after")
