# SPDX-License-Identifier: Apache-2.0
"""What came of points, and how that adds up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

__all__ = ["Point", "added_up"]


@dataclass
class Point:
    """One point of a scenario.

    :param at: what the process was at; "": it ended before it came to that point
    :param seconds: that it took
    """

    scenario: str
    n: int
    at: str
    duplicates: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0

    COUNTED: ClassVar[Sequence[str]] = ("duplicates", "orphans", "lost")

    @property
    def reached(self) -> bool:
        """Whether there was such a point."""
        return bool(self.at)

    @property
    def bad(self) -> bool:
        """Whether anything is wrong."""
        return any(getattr(self, what) for what in self.COUNTED)

    @property
    def row(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @property
    def title(self) -> str:
        """By what it is replayed, and what it was at."""
        return f"{self.scenario} {self.n}: {self.at}"

    def __str__(self) -> str:
        found = [f"{what}: {e}" for what in self.COUNTED for e in getattr(self, what)]
        return "\n  ".join([self.title, *found])


def added_up(proof: str, points: Iterable[Point], kind: type[Point] = Point) -> str:
    """The last line of a proof."""
    all_of_them = [each for each in points if each.reached]
    counts = [f"{len(all_of_them)} points"]
    for what in kind.COUNTED:
        counts.append(f"{sum(len(getattr(e, what)) for e in all_of_them)} {what}")
    return f"{proof}: {', '.join(counts)}"
