# SPDX-License-Identifier: Apache-2.0
"""A store of its own for each test, and other processes on the same store.

``test_postgresql`` runs the same tests on PostgreSQL, but for those that are about
SQLite's files.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import fixtures
import testtools

from pumphouse.models import Binding, CloudPair, Origin, Ref
from pumphouse.store import PlanRow, RunRow, Store, Writer

ROOT = Path(__file__).parents[3]
PAIR = CloudPair("https://old.example.org/v3|one", "https://new.example.org/v3|one")
SERVER = Ref("server", "11111111-aaaa")
IMAGE = Ref("image", "22222222-bbbb")
PLAN = PlanRow("0000aaaa", "digest", "old", "new", "server web", '{"nodes": []}')


def created(ref: Ref, destination_id: str, run_id: str = "") -> Binding:
    return Binding(ref, destination_id, Origin.CREATED, run_id)


Test = TypeVar("Test", bound=Callable[..., None])


def only_sqlite(test: Test) -> Test:
    """Marks a test that is about SQLite's files."""
    test.only_sqlite = True  # type: ignore[attr-defined]
    return test


class StoreTest(testtools.TestCase):
    """``self.store`` is open and empty; ``self.url`` is where it is."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.url = self.new_url()
        self.sqlite = self.url.startswith("sqlite")
        self.store = self.open()

    def sqlite_url(self, name: str = "pumphouse.db") -> str:
        return f"sqlite:///{self.folder / name}"

    def new_url(self) -> str:
        """Where a new, empty database is."""
        return self.sqlite_url()

    def open(self, now: Callable[[], str] | None = None) -> Store:
        store = Store(self.url, now=now) if now else Store(self.url)
        self.addCleanup(store.close)
        return store

    def new_run(self) -> RunRow:
        self.store.save_plan(PLAN)
        return self.store.create_run(PLAN.id)

    def new_writer(self) -> Writer:
        """Of a new run."""
        return self.store.writer(self.new_run())

    def process(self, code: str, *arguments: str) -> subprocess.Popen[str]:
        """Another Python process; in *code* ``store`` is this test's store."""
        head = "import sys; from pumphouse.store import *; store = Store(sys.argv[1])\n"
        process = subprocess.Popen(
            [sys.executable, "-c", head + code, self.url, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process
