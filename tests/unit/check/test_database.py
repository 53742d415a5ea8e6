# SPDX-License-Identifier: Apache-2.0
"""Pumphouse's own database, which a look neither makes nor changes."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import fixtures

from pumphouse.check import database
from pumphouse.check.findings import State
from pumphouse.resources.compute.server_halt import SUSPENDED
from pumphouse.store import peek
from pumphouse.store.tables import runs
from tests.unit.store import base


class DatabaseTest(base.StoreTest):
    def faults(self, url: str = "") -> dict[str, tuple[str, str]]:
        """Check -> state and text of what is not well."""
        return {
            f.check: (f.state.value, f.text)
            for f in database.look(url or self.url, 5.0)
            if f.state is not State.OK
        }

    @base.only_sqlite
    def test_none_yet(self) -> None:
        """That is well, and stays so: it is not made."""
        folder = Path(self.useFixture(fixtures.TempDir()).path)
        url = f"sqlite:///{folder}/deep/new.db"
        self.assertEqual({}, self.faults(url))
        self.assertEqual([], [*folder.iterdir()])

    @base.only_sqlite
    def test_it_cannot_be_made(self) -> None:
        folder = Path(self.useFixture(fixtures.TempDir()).path)
        with mock.patch.object(database.os, "access", return_value=False):
            state, text = self.faults(f"sqlite:///{folder}/new.db")["database"]
        self.assertEqual("error", state)
        self.assertIn(f"{folder} cannot be written", text)

    @base.only_sqlite
    def test_it_is_of_another_program(self) -> None:
        path = Path(self.useFixture(fixtures.TempDir()).path, "other.db")
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE theirs (id)")
        state, text = self.faults(f"sqlite:///{path}")["database"]
        self.assertEqual("error", state)
        self.assertIn("belongs to another program", text)

    def test_no_url(self) -> None:
        """One line."""
        self.assertEqual(["database"], [*self.faults("nonsense")])

    def test_an_older_schema(self) -> None:
        """It is told, and not upgraded."""
        newer = SimpleNamespace(head="9999", current=peek.schema.REVISIONS.current)
        with mock.patch.object(peek.schema, "REVISIONS", newer):
            state, text = self.faults()["database"]
        self.assertEqual("warning", state)
        self.assertIn("the next command brings it to 9999", text)
        self.assertEqual({}, self.faults())

    def test_a_newer_schema(self) -> None:
        older = SimpleNamespace(head="0000", current=peek.schema.REVISIONS.current)
        with mock.patch.object(peek.schema, "REVISIONS", older):
            state, text = self.faults()["database"]
        self.assertEqual("error", state)
        self.assertIn("Update Pumphouse", text)

    def test_an_unfinished_run(self) -> None:
        run = self.new_run()
        state, text = self.faults()["runs"]
        self.assertEqual("warning", state)
        self.assertIn(run.id[:8], text)

    def test_an_open_intent_of_a_run_that_has_ended(self) -> None:
        writer = self.new_writer()
        writer.open_intent(base.PAIR, SUSPENDED, base.SERVER)
        ended = runs.update().values(finished_at="2026-01-01")
        self.store.transact(lambda connection: connection.execute(ended))
        self.assertIn("cleanup", self.faults()["runs"][1])

    @base.only_sqlite
    def test_room(self) -> None:
        for free, state in ((database.LEAST - 1, "error"), (2**29, "warning")):
            usage = SimpleNamespace(free=free)
            with mock.patch.object(shutil, "disk_usage", lambda _, u=usage: u):
                self.assertEqual(state, self.faults()["disk"][0])
        with mock.patch.object(shutil, "disk_usage", side_effect=OSError(5, "I/O")):
            self.assertEqual("not looked at", self.faults()["disk"][0])
