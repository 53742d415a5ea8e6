# SPDX-License-Identifier: Apache-2.0
"""What came of points at which a process was stopped, and how that adds up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tools.crashproof import results

__all__ = ["Result", "added_up"]


@dataclass
class Result(results.Point):
    """One point.

    :param wake_at: the point of whoever took over at which the first one was woken;
        0: when the other one had ended
    :param locked: it had the database file locked when it was stopped
    :param buried: processes that have ended
    """

    wake_at: int = 0
    locked: bool = False
    unhealable: list[str] = field(default_factory=list)
    buried: list[int] = field(default_factory=list)

    COUNTED = (*results.Point.COUNTED, "unhealable")

    @property
    def title(self) -> str:
        """By what it is replayed, and what it was at."""
        return f"{self.scenario} {self.n} {self.wake_at}: {self.at}"


def added_up(points: Iterable[Result]) -> str:
    """The last line; before it one that tells apart those at a locked file."""
    all_of_them = list(points)
    locked = sum(each.locked for each in all_of_them)
    apart = f"pauseproof: {locked} of them at a locked file\n" if locked else ""
    return apart + results.added_up("pauseproof", all_of_them, Result)
