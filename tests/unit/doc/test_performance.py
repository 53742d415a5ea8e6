# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks find becomes a page; it tells nothing of whose machine it was."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import tempfile
from pathlib import Path

import testtools

from benchmarks import __main__ as benchmarks
from benchmarks.record import Measure, record

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "doc" / "source" / "reference" / "performance.rst"


class TestPage(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_each_measure_is_a_file_and_a_row(self):
        slow = Measure("slow", "to walk", 9.0, "s", goal=3.0)
        near = Measure(
            "near",
            "to run",
            2.0,
            "s",
            against="to fly: 1 s",
            ratio=2.0,
            ratio_goal=3.0,
            at_least=False,
        )
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(1, record(slow, near, folder=self.folder))
            self.assertEqual(0, record(near, folder=self.folder))
        self.assertIn("to fly: 1 s", said.getvalue())
        found = json.loads((self.folder / "slow.json").read_text())
        wanted = {"name", "value", "unit", "goal", "holds", "against", "ratio"}
        self.assertTrue(wanted <= set(found))
        self.assertFalse(found["holds"])
        benchmarks.page(self.folder / "page.rst", self.folder)
        cells = (self.folder / "page.rst").read_text().split("\n   * - ")[2:]
        rows = [[cell.strip(" -\n") for cell in row.split("\n     -")] for row in cells]
        self.assertEqual(["to run", "2 s", "", "2", "<= 3", "yes"], rows[0][:6])
        self.assertEqual("to fly: 1 s", rows[0][7])
        self.assertEqual(["to walk", "9 s", "<= 3", "", "", "NO"], rows[1][:6])

    def test_the_page_is_there_and_names_no_machine(self):
        text = PAGE.read_text()
        self.assertIn("first new task", text)
        for private in (socket.gethostname(), os.path.expanduser("~"), str(ROOT)):
            self.assertNotIn(private, text)
