# SPDX-License-Identifier: Apache-2.0
"""What failed in a run of stestr, told in a few lines at the end of a long output."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

RULE = re.compile(r"^=+\nFAIL: ", re.M)
TRACEBACK = "Traceback (most recent call last):"
FRAME = 3  # lines of the innermost one, which come before what was raised
LINES = 8
WIDTH = 300  # characters


def failures(repository: Path, root: Path) -> list[str]:
    """What failed in the newest run kept in a repository of stestr, in its order.

    :param repository: directory of the repository (``--repo-url``).
    :param root: directory that stestr is called in.
    :returns: for each failure the name of the test and, indented, where and what was
        raised; empty when none failed or the repository holds no run.
    """
    told = subprocess.run(
        [sys.executable, "-m", "stestr", "--repo-url", str(repository), "failing"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    return shortened(told.stdout)


def shortened(told: str) -> list[str]:
    """What ``stestr failing`` tells, each failure cut down to name and reason."""
    found = []
    for part in RULE.split(told)[1:]:
        name, _, rest = part.partition("\n")
        # The sum of a run comes after its last failure.
        rest = re.split(r"^Ran \d+ tests? in ", rest, maxsplit=1, flags=re.M)[0]
        trace = rest.rpartition(TRACEBACK)[2]
        lines = [line[:WIDTH].rstrip() for line in trace.splitlines() if line.strip()]
        # Frames are indented; much may follow what was raised, as of Hypothesis.
        ends = len(lines) - LINES + FRAME
        raised = next((n for n, line in enumerate(lines) if line[0] != " "), ends)
        begin = max(0, raised - FRAME)
        some = lines[begin : begin + LINES]
        found.append("\n".join([name.strip(), *(f"    {line}" for line in some)]))
    return found
