# SPDX-License-Identifier: Apache-2.0
"""Text of others, made safe to show and to log."""

from __future__ import annotations


def printable(text: str) -> str:
    """*text* in one line that cannot steer a terminal.

    Names come from the clouds' users, and may hold any character.
    """
    line = " ".join(text.splitlines())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
