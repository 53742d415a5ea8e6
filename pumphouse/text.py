# SPDX-License-Identifier: Apache-2.0
"""Words that errors, notes and reports have in common, and text of others made safe."""

from __future__ import annotations

from collections.abc import Sequence

_LONG = 80  # characters of somebody's words that an error repeats


def quoted(word: str) -> str:
    """What somebody typed, as an error repeats it: in quotes, and not too long."""
    return repr(word if len(word) <= _LONG else word[:_LONG] + "...")


def printable(text: str) -> str:
    """*text* in one line that cannot steer a terminal.

    Names come from the clouds' users, and may hold any character.
    """
    line = " ".join(text.splitlines())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def count(number: int, noun: str) -> str:
    """``"1 resource"``, ``"2 resources"``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some(names: Sequence[str], shown: int, between: str = ", ") -> str:
    """The first of them, and how many more there are."""
    left = len(names) - shown
    last = between.replace(",", "")  # "a, b and 2 more", "a; b; and 2 more"
    more = f"{last}and {left} more" if left > 0 else ""
    return between.join(names[:shown]) + more
