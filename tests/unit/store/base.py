# SPDX-License-Identifier: Apache-2.0
"""A store of its own for each test, and other processes on the same store.

With ``PUMPHOUSE_TEST_DATABASE`` set to the URL of an empty PostgreSQL database the
same tests run there, one at a time (``stestr run --serial tests.unit.store``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fixtures
import sqlalchemy
import testtools

from pumphouse.models import Binding, CloudPair, Origin, Ref
from pumphouse.store import PlanRow, RunRow, Store

ROOT = Path(__file__).parents[3]
PAIR = CloudPair("https://old.example.org/v3|one", "https://new.example.org/v3|one")
SERVER = Ref("server", "11111111-aaaa")
IMAGE = Ref("image", "22222222-bbbb")
PLAN = PlanRow("0000aaaa", "digest", "old", "new", "server web", '{"nodes": []}')


def created(ref: Ref, destination_id: str, run_id: str = "") -> Binding:
    return Binding(ref, destination_id, Origin.CREATED, run_id)


class StoreTest(testtools.TestCase):
    """``self.store`` is open and empty; ``self.url`` is where it is."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.url = os.environ.get("PUMPHOUSE_TEST_DATABASE") or self.sqlite_url()
        self.sqlite = self.url.startswith("sqlite")
        if not self.sqlite:
            self._empty()
        self.store = self.open()

    def sqlite_url(self, name: str = "pumphouse.db") -> str:
        return f"sqlite:///{self.folder / name}"

    def only_sqlite(self) -> None:
        if not self.sqlite:
            self.skipTest("about SQLite's files")

    def open(self, now: Callable[[], str] | None = None) -> Store:
        store = Store(self.url, now=now) if now else Store(self.url)
        self.addCleanup(store.close)
        return store

    def new_run(self) -> RunRow:
        self.store.save_plan(PLAN)
        return self.store.create_run(PLAN.id)

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

    def _empty(self) -> None:
        engine = sqlalchemy.create_engine(self.url.replace("sql:", "sql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("DROP SCHEMA public CASCADE"))
            connection.execute(sqlalchemy.text("CREATE SCHEMA public"))
        engine.dispose()
