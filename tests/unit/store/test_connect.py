# SPDX-License-Identifier: Apache-2.0
"""Databases open privately and durably, or not, with one clear line."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import fixtures
import testtools

from pumphouse import exceptions
from pumphouse.store import Store, connect


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class SqliteTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.path = self.folder / "state" / "pumphouse" / "pumphouse.db"
        self.url = f"sqlite:///{self.path}"

    def refused(self, url: str, timeout: float = 0.05) -> str:
        """The one line with which *url* is refused."""
        error = self.assertRaises(
            exceptions.StoreError, Store, url, lock_timeout=timeout
        )
        self.assertNotIn("\n", str(error))
        return str(error)


class Open(SqliteTest):
    def test_private_whatever_the_umask(self) -> None:
        """Folders and files of the database are for the operator only."""
        self.addCleanup(os.umask, os.umask(0))
        store = Store(self.url)
        self.addCleanup(store.close)
        store.plans()
        folders = (self.path.parent, self.path.parent.parent)
        self.assertEqual([0o700, 0o700], [mode(folder) for folder in folders])
        files = list(self.path.parent.iterdir())
        self.assertEqual(3, len(files))
        self.assertEqual({0o600}, {mode(file) for file in files})

    def test_durable_settings(self) -> None:
        """Every commit is on disk, and references are checked."""
        store = Store(self.url)
        self.addCleanup(store.close)

        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        values = store.read(
            lambda each: [each.exec_driver_sql(f"PRAGMA {p}").scalar() for p in pragmas]
        )
        self.assertEqual(["wal", 2, 1], values)

    def test_home_is_understood(self) -> None:
        """~ is the operator's home."""
        self.useFixture(fixtures.EnvironmentVariable("HOME", str(self.folder)))
        Store("sqlite:///~/p.db").close()
        self.assertTrue((self.folder / "p.db").exists())


class Refuse(SqliteTest):
    def test_not_a_database(self) -> None:
        """A file of something else is said to be so, and left alone."""
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b"certainly not a database file" * 100)
        self.assertIn("damaged, or not a database", self.refused(self.url))
        self.assertTrue(self.path.read_bytes().startswith(b"certainly"))

    def test_damaged(self) -> None:
        """A database that was cut off is said to be damaged."""
        store = Store(self.url)
        store.close()
        whole = self.path.read_bytes()
        self.path.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
        self.assertIn("damaged", self.refused(self.url))

    def test_locked(self) -> None:
        """Another process that keeps the database locked is not waited for for ever."""
        self.path.parent.mkdir(parents=True)
        blocker = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(blocker.close)
        blocker.execute("BEGIN EXCLUSIVE")
        self.assertIn("is locked by another process", self.refused(self.url))

    def test_locked_while_open(self) -> None:
        """The same is said when it happens later."""
        store = Store(self.url, lock_timeout=0.05)
        self.addCleanup(store.close)
        blocker = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(blocker.close)
        blocker.execute("BEGIN IMMEDIATE")
        error = self.assertRaises(
            exceptions.StoreError, store.unregister, *self._nothing()
        )
        self.assertIn("is locked by another process", str(error))
        blocker.execute("ROLLBACK")
        self.assertFalse(store.unregister(*self._nothing()))

    def test_readers_do_not_wait_for_writers(self) -> None:
        """A running migration does not keep anybody from looking at it."""
        Store(self.url).close()
        blocker = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(blocker.close)
        blocker.execute("BEGIN IMMEDIATE")
        store = Store(self.url, lock_timeout=0.05)
        self.addCleanup(store.close)
        self.assertEqual([], store.runs())

    def test_unusable_places(self) -> None:
        """A folder, a file in place of a folder, and memory are no databases."""
        (self.folder / "file").write_text("")
        for url, says in (
            (f"sqlite:///{self.folder}", "is not a file"),
            (f"sqlite:///{self.folder}/file/p.db", "cannot be made: "),
            (f"sqlite:///{self.folder}/a\0b", "cannot be made: not a path"),
            ("sqlite://", "has to be a file"),
            ("sqlite:///:memory:", "has to be a file"),
            (f"{self.url}?mode=ro", "has to be a file, without options"),
        ):
            self.assertIn(says, self.refused(url))

    def test_not_writable(self) -> None:
        """A database that this user may not write is refused at once."""
        Store(self.url).close()
        self.useFixture(fixtures.MonkeyPatch("os.access", lambda *_: False))
        self.assertIn("cannot be written", self.refused(self.url))

    def test_urls(self) -> None:
        """URLs that cannot be used are refused without repeating the password."""
        for url, says in (
            ("hunter2", "cannot be understood"),
            ("mysql+pymysql://u:hunter2@h/x", "mysql+pymysql) is not supported"),
            ("odd+driver://u:hunter2@h/x", "is not supported"),
            ("postgresql+psycopg://u:hunter2@h:port/x", "cannot be understood"),
        ):
            said = self.refused(url)
            self.assertIn(says, said)
            self.assertNotIn("hunter2", said)

    def _nothing(self) -> tuple[connect.Any, connect.Any]:
        from pumphouse.models import CloudPair, Ref

        return CloudPair("a", "b"), Ref("server", "none")


class StoreErrorLine(testtools.TestCase):
    def test_masks_and_flattens(self) -> None:
        """What a driver says becomes one line without passwords."""
        cause = Exception("no route\nto postgresql://u:hunter2@h/x")
        error = connect.store_error(
            connect.DBAPIError("SELECT secret", {"p": "hunter2"}, cause), "database x"
        )
        self.assertEqual("database x: no route to postgresql://***@h/x", str(error))
