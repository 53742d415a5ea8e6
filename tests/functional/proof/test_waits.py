# SPDX-License-Identifier: Apache-2.0
"""Whatever the proofs wait for either comes, or is given up with a clear line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fixtures
import testtools


class TestWaits(testtools.TestCase):
    def said(self, kind: str) -> str:
        """What a process without threads says, which forks; see ``waits``."""
        memory = self.useFixture(fixtures.TempDir()).path
        ended = subprocess.run(
            [sys.executable, "-m", "tests.functional.proof.waits", kind],
            env={
                **os.environ,
                "PUMPHOUSE_PROOF_FOLDER": memory,
                "PYTHONWARNINGS": "ignore",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        self.assertEqual((0, ""), (ended.returncode, ended.stderr))
        self.assertEqual([], [*Path(memory).iterdir()])
        return ended.stdout.strip()

    def test_a_job_that_is_ended_as_something_is_destroyed_ends(self):
        """No exception gets out of a destructor: the end is asked for once more."""
        program = (
            "import os, signal, time\n"
            "from tools.crashproof.side_by_side import tidy_when_ended\n"
            "class Thing:\n"
            "    def __del__(self):\n"
            "        os.kill(os.getpid(), signal.SIGTERM)\n"
            "        time.monotonic()\n"
            "tidy_when_ended()\n"
            "try:\n"
            "    Thing()\n"
            "    signal.pause()\n"
            "finally:\n"
            "    print('tidied')\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        found = (ended.returncode, ended.stdout, ended.stderr)
        self.assertEqual((1, "tidied\n", ""), found)

    def test_many_jobs_side_by_side_all_tell_their_results(self):
        self.assertEqual(str(sum(n * n for n in range(24))), self.said("quick"))

    def test_a_job_without_a_sign_of_life_is_given_up(self):
        said = self.said("silent")
        self.assertEqual("Stuck: silent: no sign of life for 3 s", said)

    def test_what_a_job_raises_is_told(self):
        said = self.said("failing")
        self.assertTrue(said.startswith("Failed: failing: Traceback"), said)
        self.assertTrue(said.endswith("LookupError: no such failing"), said)

    def test_a_job_whose_process_dies_is_told(self):
        self.assertEqual("Failed: dying: its process died: 3", self.said("dying"))

    def test_a_command_that_does_not_end_is_given_up_and_says_where_it_is(self):
        said = self.said("command").splitlines()
        self.assertEqual(
            "Stuck: command: pumphouse plan project acme has not ended for 3 s",
            said[0],
        )
        self.assertTrue(any("in send_once" in line for line in said), said)

    def test_a_cloud_that_stands_still_is_given_up(self):
        said = self.said("cloud")
        self.assertEqual(
            "Stuck: cloud: a simulated cloud has not answered GET dump for 3 s", said
        )

    def test_nothing_is_kept_while_a_cloud_is_at_something(self):
        """An upload of a killed process would count as under way for ever."""
        said = "Stuck: connected: the simulated destination has a connection left open"
        self.assertEqual(said, self.said("connected"))
