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


class TestDetailedExitcode(CommandTestCase):
    def code(self, *words: str) -> int:
        return self.pumphouse(
            "plan", "project", "inn", "--detailed-exitcode", *words
        ).code

    def test_something_to_do_is_told_from_nothing(self):
        self.assertEqual(exceptions.EXIT_CHANGES, self.code())
        self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_OK, self.code())

    def test_what_changed_since_is_something_to_do(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        self.source.records["house"][1]["floors"] = 7
        self.assertEqual(exceptions.EXIT_CHANGES, self.code())

    def test_blocked_and_left_out(self):
        self.source.records["person"][1]["diary"] = "on fire"
        self.source.records["house"][1]["on_fire"] = True
        self.assertEqual(exceptions.EXIT_BLOCKED, self.code())
        self.assertEqual(exceptions.EXIT_BLOCKED, self.code("--without-blocked"))
        ended = self.pumphouse("plan", "project", "inn", "--without-blocked")
        self.assertEqual(exceptions.EXIT_OK, ended.code)
        self.assertIn("left out: house inn: it is on fire", ended.err)
        self.assertIn("2 left out: blocked, or in need of what is", ended.err)


class TestSecondPlan(CommandTestCase):
    """What was migrated earlier is compared like anything else."""

    def setUp(self) -> None:
        super().setUp()
        self.pumphouse("migrate", "project", "inn", "--yes")

    def reasons(self, kind: str = "house") -> str:
        self.ended = self.pumphouse("plan", "project", "inn", "-f", "json")
        (found,) = [r["Reason"] for r in self.ended.json if r["Type"] == kind]
        return str(found)

    def test_what_is_equal_is_as_it_was(self):
        self.assertNotIn("differs", self.reasons())
        self.assertIn("everything is migrated already", self.ended.err)

    def test_what_differs_on_either_side_is_told_with_its_fields(self):
        self.source.records["house"][1]["floors"] = 7
        self.assertIn("; differs now; floors: 7 -> 1", self.reasons())
        self.assertIn("differs now: house inn: floors: 7 -> 1", self.ended.err)
        self.assertIn("1 migrated earlier and different now", self.ended.err)
        self.assertIn("1 changed since, which is not carried yet", self.ended.err)
        self.assertEqual(exceptions.EXIT_OK, self.ended.code)

    def test_every_change_that_verify_finds_is_in_the_plan(self):
        self.source.records["house"][1] |= {"floors": 7, "name": "pub"}
        self.source.records["town"][0]["name"] = "Neu-Ulm"
        self.destination.records["person"][0]["name"] = "Rob"
        found = self.pumphouse("verify", "-f", "json").json
        words = ("plan", "project", "pub", "-f", "json")
        reasons = [row["Reason"] for row in self.pumphouse(*words).json]
        for each in found:
            said = f"{each['Field']}: {each['Source']!r} -> {each['Destination']!r}"
            self.assertTrue(any(said in reason for reason in reasons), said)
        self.assertEqual(4, len(found))

    def test_a_rest_that_comes_is_told_beside_it(self):
        self.source.records["house"][1]["floors"] = 7
        self.source.records["person"].append(
            {"id": "p9", "name": "Dot", "house": "h2", "boss": None}
        )
        ended = self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertIn("1 migrated earlier and different now", ended.err)
        self.assertEqual("person Dot", self.destination.made[-1])


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
