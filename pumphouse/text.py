# SPDX-License-Identifier: Apache-2.0
"""Text of others, made safe to show and to log."""

from __future__ import annotations

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
