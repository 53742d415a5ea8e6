# SPDX-License-Identifier: Apache-2.0
"""What came of points: lines of JSON, so that a proof may be stopped between."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Result:
    """One point.

    :param at: what the process was at when it was stopped
    :param locked: it had the database file locked then
    """

    scenario: str
    n: int
    wake_at: int
    at: str
    locked: bool = False
    duplicates: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unhealable: list[str] = field(default_factory=list)
    seconds: float = 0.0
    buried: list[int] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.duplicates or self.orphans or self.lost or self.unhealable)

    def __str__(self) -> str:
        lines = [f"{self.scenario} {self.n} {self.wake_at}: {self.at}"]
        for what in ("duplicates", "orphans", "lost", "unhealable"):
            lines += [f"  {what}: {each}" for each in getattr(self, what)]
        return "\n".join(lines)


class Kept:
    """The results of one part: one scenario on one database, by one seed."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}.jsonl"

    def all(self) -> list[Result]:
        """What is there."""
        if not self._file.exists():
            return []
        return [Result(**json.loads(line)) for line in self._file.open()]

    def add(self, result: Result) -> None:
        """One more."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        row: dict[str, Any] = asdict(result)
        with self._file.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def forget(self) -> None:
        """Begin anew."""
        self._file.unlink(missing_ok=True)


def line(results: Iterable[Result]) -> str:
    """The last line."""
    all_of_them = list(results)
    locked = sum(each.locked for each in all_of_them)

    def count(what: str) -> int:
        return sum(len(getattr(each, what)) for each in all_of_them)

    apart = f"pauseproof: {locked} of them at a locked file\n" if locked else ""
    return (
        f"{apart}pauseproof: {len(all_of_them)} points, {count('duplicates')} "
        f"duplicates, {count('orphans')} orphans, {count('lost')} lost, "
        f"{count('unhealable')} unhealable"
    )
