# SPDX-License-Identifier: Apache-2.0
"""``pumphouse plan``: machine output, files, exit codes, one line for an error."""

from __future__ import annotations

import csv
import io
import os
import stat
import tempfile
from pathlib import Path

from pumphouse import exceptions
from tests.unit.cli.base import CommandTestCase


class TestPlan(CommandTestCase):
    def test_stdout_is_one_json_document_and_remarks_are_on_stderr(self):
        ended = self.pumphouse("plan", "project", "inn", "-f", "json")
        self.assertEqual(exceptions.EXIT_OK, ended.code)
        self.assertEqual(
            {"town": "create", "house": "create", "person": "create"},
            {row["Type"]: row["Action"] for row in ended.json},
        )
        self.assertIn("3 resources (3 create)", ended.err)

    def test_machine_output_has_all_columns_and_tables_the_short_ones(self):
        table = self.pumphouse("plan", "project", "inn").out
        self.assertNotIn("Source ID", table)
        self.assertIn(
            "Source ID", self.pumphouse("plan", "project", "inn", "--long").out
        )
        text = self.pumphouse("plan", "project", "inn", "-f", "csv").out
        self.assertIn("Source ID", next(csv.reader(io.StringIO(text))))

    def test_a_blocked_plan_says_so_and_is_saved(self):
        self.source.records["house"][1]["on_fire"] = True
        ended = self.pumphouse("plan", "project", "inn", "-f", "json")
        self.assertEqual(exceptions.EXIT_BLOCKED, ended.code)
        self.assertIn("it is on fire", [row["Reason"] for row in ended.json])
        self.assertIn("1 blocked", ended.err)
        self.assertEqual(
            1, self.pumphouse("plan", "list", "-f", "json").json[0]["Blocked"]
        )

    def test_an_unknown_or_ambiguous_name_is_one_line(self):
        for name in ("castle", "mill"):
            ended = self.pumphouse("plan", "project", name)
            self.assertEqual(exceptions.EXIT_NOT_FOUND, ended.code)
            self.assertEqual("", ended.out)
            self.assertEqual(1, len(ended.err.splitlines()), ended.err)
            self.assertIn(name, ended.err)

    def test_an_unknown_column_is_the_operators_error(self):
        ended = self.pumphouse("plan", "list", "-f", "json", "-c", "Nothing")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertEqual(1, len(ended.err.splitlines()), ended.err)
        self.assertIn("Nothing", ended.err)

    def test_a_name_cannot_steer_the_terminal(self):
        self.source.records["house"][1]["name"] = "inn\x1b[2J"
        for words in (("plan", "project", "h2"), ("plan", "list")):
            ended = self.pumphouse(*words)
            self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
            self.assertNotIn("\x1b", ended.out + ended.err)
        # for machines it is what it is
        rows = self.pumphouse("plan", "project", "h2", "-f", "json").json
        self.assertIn("inn\x1b[2J", [row["Name"] for row in rows])


class TestFiles(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        before = os.umask(0)
        self.addCleanup(os.umask, before)

    def test_what_is_written_is_the_operators_own(self):
        self.pumphouse("plan", "project", "h1")
        document, dot = self.folder / "plan.json", self.folder / "plan.dot"
        ended = self.pumphouse(
            *("plan", "show", self.newest("plan")),
            *("--document", str(document), "--dot", str(dot)),
        )
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        for file in (document, dot):
            self.assertEqual(0o600, stat.S_IMODE(file.stat().st_mode))
        self.assertNotIn("dear", document.read_text())  # a secret of the source
        self.assertIn('"house:h1"', dot.read_text())

    def test_a_file_that_cannot_be_written_is_one_line(self):
        path = str(self.folder / "nowhere" / "plan.dot")
        ended = self.pumphouse("plan", "project", "h1", "--dot", path)
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn(f"{path}: cannot be written: No such file", ended.err)
