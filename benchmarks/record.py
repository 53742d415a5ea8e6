# SPDX-License-Identifier: Apache-2.0
"""What a benchmark found: a table for people, build/bench/NAME.json for programs."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "build" / "bench"


@dataclass(frozen=True)
class Measure:
    """One number, and what it is to be compared with.

    :param value: what was measured, in *unit*; less is better
    :param goal: the value that is to be reached, at most
    :param against: what else was measured in the same run, in words
    :param ratio: how many times that took what this takes (or the reverse, where
        *against* is the ideal)
    :param goal_ratio: the ratio that is to be reached
    :param at_least: whether the ratio has to be that at least, or at most
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    against: str = ""
    ratio: float | None = None
    goal_ratio: float | None = None
    at_least: bool = True

    @property
    def holds(self) -> bool:
        """Whether all goals are reached."""
        if self.goal is not None and self.value > self.goal:
            return False
        if self.goal_ratio is None or self.ratio is None:
            return True
        if self.at_least:
            return self.ratio >= self.goal_ratio
        return self.ratio <= self.goal_ratio


def machine() -> str:
    """What it was measured on."""
    python = platform.python_version()
    return f"{os.cpu_count()} processors, {platform.system()}, Python {python}"


def record(name: str, measures: Sequence[Measure], folder: Path = FOLDER) -> int:
    """Print and write down; the exit code: 1 if a goal was missed.

    :param name: of the benchmark, and so of the file
    """
    rows = [("what", "value", "goal", "ratio", "goal", "holds", "against")]
    rows += [_row(measure) for measure in measures]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
    found = {
        "name": name,
        "machine": machine(),
        "measures": [{**asdict(each), "holds": each.holds} for each in measures],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
    sys.stdout.flush()
    return 0 if all(each.holds for each in measures) else 1


def _row(each: Measure) -> tuple[str, ...]:
    sign = ">=" if each.at_least else "<="
    return (
        each.name,
        f"{each.value:.3g} {each.unit}",
        "" if each.goal is None else f"<= {each.goal:g}",
        "" if each.ratio is None else f"{each.ratio:.3g}",
        "" if each.goal_ratio is None else f"{sign} {each.goal_ratio:g}",
        "yes" if each.holds else "NO",
        each.against,
    )
