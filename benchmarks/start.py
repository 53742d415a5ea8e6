#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the program takes before it does anything: processor time, best of several.

python -m benchmarks.start
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile

from benchmarks.record import Measure, record

TIMES = 7
HELP_GOAL, LIST_GOAL = 0.25, 0.5  # seconds


def spent(*words: str, home: str) -> float:
    """Seconds of processor time of one invocation, the system's included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "pumphouse.cli.program", *words],
        env={**os.environ, "HOME": home, "XDG_STATE_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return user + system


def least(*words: str, home: str) -> float:
    """The least of several, after one that fills caches and makes the database."""
    spent(*words, home=home)
    return min(spent(*words, home=home) for _ in range(TIMES))


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        of_help = least("--help", home=home)
        of_list = least("plan", "list", home=home)
    return record(
        Measure(
            "start-help",
            "processor time of --help",
            of_help,
            "s",
            goal=HELP_GOAL,
        ),
        Measure(
            "start-list",
            "processor time of plan list",
            of_list,
            "s",
            goal=LIST_GOAL,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
