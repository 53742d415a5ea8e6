# SPDX-License-Identifier: Apache-2.0
"""A sample of the proofs, chosen by a seed; `make crashproof`, `make pauseproof` and
`make faultproof` do all of it.

Each proof is a process of its own: it forks, which a process with threads must not.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile

import testtools

SECONDS = "8"  # after which no other point or migration of a proof is begun
BOUND = 240  # seconds for all of one, on a machine that has much else to do


class TestProof(testtools.TestCase):
    def last_line(self, tool: str, *words: str) -> str:
        """What the tool ends with, once it found nothing wrong."""
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", f"tools.{tool}", *words]
            ended = subprocess.run(
                [*command, "--folder", folder],
                capture_output=True,
                text=True,
                check=False,
                timeout=BOUND,
            )
        self.assertEqual(0, ended.returncode, ended.stdout + ended.stderr)
        return ended.stdout.splitlines()[-1]

    def crashes(self, *scenarios: str, workers: int = 1) -> None:
        """A sample of their points, and nothing twice, left over or lost."""
        how = ("--workers", str(workers), "--sample", "12", "--seconds", SECONDS)
        line = self.last_line("crashproof", *scenarios, *how)
        self.assertRegex(
            line, r"^crashproof: [1-9]\d* points, 0 duplicates, 0 orphans, 0 lost$"
        )

    def test_a_killed_project_arrives_once_and_whole(self):
        self.crashes("project", "server-disabled-owner")

    def test_killed_with_steps_side_by_side_it_does_as_well(self):
        self.crashes("project", workers=8)

    def test_a_put_back_that_is_killed_puts_back_and_tries_again(self):
        self.crashes("put-back", "put-back-lent-key")

    def test_a_killed_rollback_takes_everything_back_and_nothing_else(self):
        self.crashes("rollback")

    def test_what_is_paused_suspended_or_locked_is_killed_and_arrives_or_is_put_back(
        self,
    ):
        self.crashes("server-paused", "put-back-locked", "rollback-paused")

    def test_a_killed_cleanup_leaves_nothing_open(self):
        self.crashes("cleanup-lent-key", "cleanup-upload")

    def pauses(self, database: str) -> None:
        """A sample of points, and nothing twice, left over, lost or beyond help."""
        how = ("--database", database, "--each", "12", "--seconds", SECONDS)
        line = self.last_line("pauseproof", "server-active", *how)
        self.assertRegex(
            line,
            r"^pauseproof: [1-9]\d* points, 0 duplicates, 0 orphans, 0 lost, "
            "0 unhealable$",
        )

    def test_a_paused_run_is_taken_over_on_sqlite(self):
        self.pauses("sqlite")

    def test_a_paused_run_is_taken_over_on_postgresql(self):
        self.pauses("postgresql")

    def test_failing_clouds_lead_to_success_or_to_a_clean_failure(self):
        line = self.last_line("faultproof", "--count", "40", "--within", SECONDS)
        migrations = re.fullmatch(
            r"faultproof: (\d+) migrations, 0 wrong results, seeds 1-\d+", line
        )
        self.assertIsNotNone(migrations, line)
