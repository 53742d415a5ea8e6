# SPDX-License-Identifier: Apache-2.0
"""Output that nobody gets: the outcome decides, and it is no fault of ours."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import testtools

from pumphouse import exceptions
from pumphouse.store import Store

MAIN = "import sys; from pumphouse.cli.program import main; sys.exit(main())"
MANY = "resource type list"  # more lines than a pipe's reader takes here


class TestStreams(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = Path(directory.name)
        self.database = self.home / "pumphouse.db"
        Store(f"sqlite:///{self.database}").close()

    def shell(self, words: str, streams: str) -> tuple[int, str]:
        """What a command whose streams are so ends with, and all that was said."""
        program = f"'{sys.executable}' -W ignore -c '{MAIN}' {words}"
        ended = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{program} {streams}"],
            env={
                **os.environ,
                "HOME": str(self.home),
                "PUMPHOUSE_DATABASE": f"sqlite:///{self.database}",
                "PYTHONWARNINGS": "",
            },
            cwd=self.home,
            capture_output=True,
            text=True,
        )
        self.assertNotIn("Traceback", ended.stderr)
        self.assertNotIn("fault of Pumphouse", ended.stderr)
        self.assertNotIn("Exception ignored", ended.stderr)
        return ended.returncode, ended.stderr

    def test_nobody_reads_what_a_command_says(self):
        for words, streams in (
            (MANY, ">&-"),
            ("plan list", "2>&-"),
            ("plan list -f json", "<&- >&- 2>&-"),
            ("plan list", "2>/dev/full"),
            ("--help", ">&- 2>&-"),
        ):
            code, said = self.shell(words, streams)
            self.assertEqual(exceptions.EXIT_OK, code, (streams, words, said))

    def test_a_reader_that_has_seen_enough(self):
        code, said = self.shell(MANY, "| head -n 1")
        self.assertEqual((exceptions.EXIT_OK, ""), (code, said))

    def test_a_full_disk_is_told_and_the_outcome_stays(self):
        code, said = self.shell(MANY, "> /dev/full")
        self.assertEqual(exceptions.EXIT_OK, code)
        self.assertEqual(
            "pumphouse: not all of the output could be written: No space left on "
            "device. What was done is done\n",
            said,
        )

    def test_an_error_has_its_code_whoever_hears_of_it(self):
        for streams in ("2>/dev/full", ">&- 2>&-"):
            code, _ = self.shell("plan show ffffffff", streams)
            self.assertEqual(exceptions.EXIT_NOT_FOUND, code, streams)
        code, _ = self.shell("--bogus", "2>&-")
        self.assertEqual(exceptions.EXIT_INPUT, code)

    def test_nothing_that_is_said_ends_up_in_the_database(self):
        """The next file that is opened would take the place of a closed stream."""
        before = self.database.read_bytes()
        self.shell("plan show ffffffff", "<&- >&- 2>&-")
        self.assertEqual(before[:16], self.database.read_bytes()[:16])
        store = Store(f"sqlite:///{self.database}")
        self.addCleanup(store.close)
        self.assertEqual([], store.plans())
