# SPDX-License-Identifier: Apache-2.0
"""What failed is told at the end of the output of all tests, name and reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import fixtures
import testtools

from tools.failures import WIDTH, failures

SUITE = """
import unittest

class Some(unittest.TestCase):
    def test_fails(self):
        raise RuntimeError("two\\nlines {wide}")

    def test_says_much(self):
        error = RuntimeError("the reason")
        for number in range(20):
            error.add_note(f"note {{number}}")
        raise error

    def test_passes(self):
        pass

class Unprepared(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise ValueError("no class")

    def test_is_not_reached(self):
        pass
"""


class TestFailures(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = Path(self.useFixture(fixtures.TempDir()).path)
        self.repository = self.root / "repository"
        self.repository.mkdir()

    def run_suite(self, regex: str, status: int) -> None:
        suite = self.root / "suite"
        suite.mkdir()
        (suite / "__init__.py").touch()
        (suite / "test_some.py").write_text(SUITE.format(wide="." * 2 * WIDTH))
        stestr = [sys.executable, "-m", "stestr", "--repo-url", str(self.repository)]
        ended = subprocess.run(
            [*stestr, "--test-path", "suite", "run", "--concurrency", "1", regex],
            cwd=self.root,
            capture_output=True,
        )
        self.assertEqual(status, ended.returncode, ended)

    def test_each_failure_has_its_name_and_its_reason(self):
        self.run_suite("some", 1)
        found = failures(self.repository, self.root)
        names = {failure.splitlines()[0]: failure for failure in found}
        fails = "suite.test_some.Some.test_fails"
        unprepared = "setUpClass (suite.test_some.Unprepared)"
        much = "suite.test_some.Some.test_says_much"
        self.assertEqual({fails, much, unprepared}, set(names))
        self.assertIn("    RuntimeError: the reason\n    note 0\n", names[much])
        self.assertNotIn("note 19", names[much])
        self.assertIn("    RuntimeError: two\n    lines ..", names[fails])
        self.assertTrue(names[unprepared].endswith("    ValueError: no class"))
        self.assertLessEqual(max(map(len, names[fails].splitlines())), WIDTH + 4)

    def test_a_run_without_failures_has_none(self):
        self.run_suite("test_passes", 0)
        self.assertEqual([], failures(self.repository, self.root))

    def test_a_repository_without_a_run_has_none(self):
        self.assertEqual([], failures(self.repository, self.root))
