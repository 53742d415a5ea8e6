# SPDX-License-Identifier: Apache-2.0
"""Commands about the database itself, and none that makes one by reading."""

from __future__ import annotations

from pathlib import Path

from pumphouse import exceptions
from tests.unit.cli.base import CommandTestCase

# Each command that only reads, or goes on with what is there.
READING = (
    ("plan", "list"),
    ("plan", "show", "0000"),
    ("run", "list"),
    ("run", "show"),
    ("binding", "list"),
    ("verify",),
    ("apply", "0000"),
    ("resume",),
    ("rollback", "0000", "--yes"),
    ("cleanup", "--yes"),
    ("database", "show"),
    ("database", "check"),
)


class DatabaseTest(CommandTestCase):
    def test_reading_never_makes_one(self) -> None:
        """One line that names it and says what makes it; no folder, no file."""
        missing = Path(self.url.removeprefix("sqlite:///")).with_name("gone") / "p.db"
        self.url = f"sqlite:///{missing}"
        for words in READING:
            ended = self.pumphouse(*words)
            self.assertEqual(exceptions.EXIT_STORE, ended.code, (words, ended))
            self.assertIn(f"{missing}: is not there yet", ended.err)
            self.assertEqual(1, ended.err.count("\n"), ended.err)
            self.assertFalse(missing.parent.exists(), words)

    def test_planning_makes_one(self) -> None:
        """In its own folder."""
        missing = Path(self.url.removeprefix("sqlite:///")).with_name("new") / "p.db"
        self.url = f"sqlite:///{missing}"
        ended = self.pumphouse("plan", "project", "inn")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertTrue(missing.exists())

    def test_whoever_finds_none_says_where(self) -> None:
        """Perhaps it is just not the database that was meant."""
        for words in (("plan", "list"), ("run", "list"), ("binding", "list")):
            ended = self.pumphouse(*words)
            self.assertEqual(exceptions.EXIT_OK, ended.code, words)
            self.assertIn("commands.db", ended.err)

    def test_show_and_check(self) -> None:
        self.pumphouse("plan", "project", "inn")
        shown = self.pumphouse("database", "show", "-f", "json").json
        self.assertEqual((1, 0), (shown["plans"], shown["bindings"]))
        self.assertIn("commands.db", shown["database"])
        ended = self.pumphouse("database", "check")
        self.assertEqual(exceptions.EXIT_OK, ended.code)
        self.assertIn("is whole: 1 plans", ended.out)

    def test_backup(self) -> None:
        """The copy has the plan; a second one of the same name is refused."""
        self.pumphouse("plan", "project", "inn")
        path = Path(self.url.removeprefix("sqlite:///")).with_name("copy.db")
        self.assertEqual(0, self.pumphouse("database", "backup", str(path)).code)
        again = self.pumphouse("database", "backup", str(path))
        self.assertEqual(exceptions.EXIT_STORE, again.code)
        self.url = f"sqlite:///{path}"
        self.assertEqual(1, len(self.pumphouse("plan", "list", "-f", "json").json))
