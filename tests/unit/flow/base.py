# SPDX-License-Identifier: Apache-2.0
"""A store in a temporary directory, for the tests of the flow."""

from __future__ import annotations

import tempfile
from pathlib import Path

import testtools

from pumphouse.store import Store
from pumphouse.store.rows import PlanRow


class StoreTestCase(testtools.TestCase):
    """Has ``self.store``, empty but for one plan and one run of it."""

    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.url = f"sqlite:///{Path(directory.name) / 'pumphouse.db'}"
        self.store = Store(self.url)
        self.addCleanup(self.store.close)
        self.store.save_plan(
            PlanRow("plan-1", "digest", "s", "d", "title", "{}", {}, "2026-01-01")
        )
        self.run_id = self.store.create_run("plan-1").id
