# SPDX-License-Identifier: Apache-2.0
"""The database itself: what is in it, whether it is whole, a copy, none at all."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from unittest import mock

import sqlalchemy

from pumphouse import exceptions
from pumphouse.store import Store
from pumphouse.store.connect import os as connect_os
from pumphouse.store.tables import bindings
from tests.unit.store import base


class Contents(base.StoreTest):
    def test_what_is_in_it(self) -> None:
        """Counted, with what is unfinished, and the clouds that it is about."""
        writer = self.new_writer()
        writer.bind(base.PAIR, base.created(base.SERVER, "there"))
        found = self.store.contents()
        counts = [found[name] for name in ("plans", "runs", "bindings", "events")]
        self.assertEqual([1, 1, 1, 0], counts)
        self.assertEqual(1, found["unfinished_runs"])
        self.assertEqual([["old", "new"]], found["clouds"])
        self.assertGreater(found["bytes"], 1000)
        self.assertIn(self.store.kind, found["server"])

    def test_a_binding_of_a_run_that_is_gone(self) -> None:
        """Is a fault: rollback would never find what it stands for."""
        self.new_writer().bind(base.PAIR, base.created(base.SERVER, "there"))
        self.assertEqual([], self.store.faults())
        rename = bindings.update().values(run_id="no-such-run")
        self.store.transact(lambda connection: connection.execute(rename))
        (fault,) = self.store.faults()
        self.assertIn("binding of server:11111111-aaaa names run no-such-", fault)

    @base.only_sqlite
    def test_a_damaged_file(self) -> None:
        """What SQLite finds wrong in its pages is told."""
        for number in range(200):
            plan = base.PLAN.__class__(f"p{number}", "", "", "", "", "x" * 500)
            self.store.save_plan(plan)
        self.store.close()
        path = Path(self.store.engine.url.database or "")
        data = bytearray(path.read_bytes())
        data[-4096 * 3 : -4096] = b"\7" * 4096 * 2
        path.write_bytes(data)
        try:
            found = Store(self.url, existing=True).faults()
        except exceptions.StoreError as error:
            found = [str(error)]
        self.assertTrue(found)


class Backup(base.StoreTest):
    @base.only_sqlite
    def test_a_copy_is_opened_like_the_original(self) -> None:
        """While another process writes; it is private, whole, and one file."""
        self.store.save_plan(base.PLAN)
        path = self.folder / "copy.db"
        with self.store.engine.begin() as writing:
            writing.execute(sqlalchemy.text("UPDATE plans SET title = 'later'"))
            self.store.backup(path)
        copy = Store(f"sqlite:///{path}", existing=True)
        self.addCleanup(copy.close)
        self.assertEqual([base.PLAN.title], [plan.title for plan in copy.plans()])
        self.assertEqual(0o600, path.stat().st_mode & 0o777)
        self.assertEqual([], copy.faults())
        self.assertFalse(path.with_name("copy.db.part").exists())

    @base.only_sqlite
    def test_what_is_there_already_is_never_overwritten(self) -> None:
        """It may be the only copy."""
        path = self.folder / "copy.db"
        path.write_text("precious")
        error = self.assertRaises(exceptions.StoreError, self.store.backup, path)
        self.assertIn("File exists", str(error))
        self.assertEqual("precious", path.read_text())

    @base.only_sqlite
    def test_one_that_fails_leaves_nothing(self) -> None:
        """Half a copy would look like one."""
        path = self.folder / "copy.db"
        broken = mock.Mock(side_effect=sqlite3.OperationalError("disk I/O error"))
        with mock.patch("pumphouse.store.upkeep.sqlite3.connect") as connect:
            connect.return_value.execute = broken
            error = self.assertRaises(
                (exceptions.StoreError, TypeError), self.store.backup, path
            )
        self.assertNotIn("\n", str(error))
        self.assertEqual([], [p.name for p in self.folder.glob("copy.db*")])

    def test_a_server_has_means_of_its_own(self) -> None:
        """PostgreSQL's database is not copied, and the hint says how it is."""
        if self.sqlite:
            self.store.backup(self.folder / "copy.db")  # SQLite's is
            return
        error = self.assertRaises(
            exceptions.StoreError, self.store.backup, self.folder / "copy.db"
        )
        self.assertIn("pg_dump", str(error))


class Existing(base.StoreTest):
    @base.only_sqlite
    def test_nothing_is_made_for_a_reader(self) -> None:
        """Neither a folder nor a file; the line names the database."""
        path = self.folder / "other" / "p.db"
        url = f"sqlite:///{path}"
        error = self.assertRaises(exceptions.StoreError, Store, url, existing=True)
        self.assertIn(str(path), str(error))
        self.assertIn("is not there yet", str(error))
        self.assertFalse(path.parent.exists())

    def test_no_tables_are_made_for_a_reader(self) -> None:
        """In a database that has none of ours."""
        url = self.new_url()
        if self.sqlite:
            url = self.sqlite_url("empty.db")
            Path(self.folder / "empty.db").touch()
        error = self.assertRaises(exceptions.StoreError, Store, url, existing=True)
        self.assertIn("has no tables of Pumphouse's yet", str(error))

    @base.only_sqlite
    def test_a_file_that_nobody_may_write_is_read(self) -> None:
        """And refuses to be written, in one line."""
        self.store.save_plan(base.PLAN)
        self.store.close()
        before = sorted(path.name for path in self.folder.iterdir())

        def access(path: Path, mode: int) -> bool:
            return mode != connect_os.W_OK

        with mock.patch("pumphouse.store.connect.os.access", access):
            store = Store(self.url, existing=True)
            self.addCleanup(store.close)
            self.assertEqual([base.PLAN.id], [plan.id for plan in store.plans()])
            error = self.assertRaises(
                exceptions.StoreError, store.create_run, base.PLAN.id
            )
        self.assertIn("cannot be written", str(error))
        self.assertEqual(before, sorted(path.name for path in self.folder.iterdir()))
