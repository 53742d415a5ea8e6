# SPDX-License-Identifier: Apache-2.0
"""Text that is safe to show on a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pumphouse.text import printable

__all__ = ["count", "plain", "printable", "some"]

_ROLE = re.compile(r":[a-z:]+:`~?([^`]+)`")
_LITERAL = re.compile(r"(``|`)(?=\S)(.+?)(?<=\S)\1")


def plain(markup: str) -> str:
    """What reStructuredText says, without its marks, in one line."""
    text = _ROLE.sub(r"\1", " ".join(markup.split()))
    return _LITERAL.sub(r"\2", text)


def count(number: int, noun: str) -> str:
    """``"1 resource"``, ``"2 resources"``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some(names: Sequence[str], shown: int) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
