# SPDX-License-Identifier: Apache-2.0
"""What a benchmark found: a table for people, build/bench/NAME.json for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "build" / "bench"


@dataclass(frozen=True)
class Measure:
    """One number, and what it is to be compared with.

    :param name: of the file it is written to
    :param what: what was measured, in words
    :param value: in *unit*; less is better
    :param goal: the value that is to be reached, at most
    :param against: what else was measured in the same run, in words
    :param ratio: of the two
    :param ratio_goal: what the ratio has to be: at least, for something to be better
        than; at most, for something to come close to
    :param at_least: which of these it is
    :param load: how many processes wanted a processor when it was measured
    """

    name: str
    what: str
    value: float
    unit: str
    goal: float | None = None
    against: str = ""
    ratio: float | None = None
    ratio_goal: float | None = None
    at_least: bool = True
    load: float | None = None

    @property
    def holds(self) -> bool:
        """Whether all goals are reached."""
        if self.goal is not None and self.value > self.goal:
            return False
        if self.ratio_goal is None or self.ratio is None:
            return True
        if self.at_least:
            return self.ratio >= self.ratio_goal
        return self.ratio <= self.ratio_goal


def machine() -> str:
    """What it was measured on."""
    python = platform.python_version()
    return f"{os.cpu_count()} processors, {platform.system()}, Python {python}"


def record(*measures: Measure, folder: Path = FOLDER) -> int:
    """Print them, and write each down; the exit code: 1 if a goal was missed."""
    folder.mkdir(parents=True, exist_ok=True)
    now = round(os.getloadavg()[0], 1)
    for each in measures:
        found = {**asdict(each), "holds": each.holds, "machine": machine()}
        found["load"] = now
        (folder / f"{each.name}.json").write_text(json.dumps(found, indent=2) + "\n")
    for line in table(measures):
        print(line, flush=True)
    return 0 if all(each.holds for each in measures) else 1


def table(measures: Sequence[Measure]) -> list[str]:
    """The lines of a table for people."""
    rows = [("what", "value", "goal", "ratio", "goal", "holds", "against")]
    rows += [row(each) for each in measures]
    widths = [max(len(each[at]) for each in rows) for at in range(len(rows[0]))]
    lines = []
    for line in rows:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def row(each: Measure) -> tuple[str, ...]:
    """The cells of one line."""
    sign = ">=" if each.at_least else "<="
    return (
        each.what,
        f"{each.value:.3g} {each.unit}",
        "" if each.goal is None else f"<= {each.goal:g}",
        "" if each.ratio is None else f"{each.ratio:.3g}",
        "" if each.ratio_goal is None else f"{sign} {each.ratio_goal:g}",
        "yes" if each.holds else "NO",
        each.against,
    )
