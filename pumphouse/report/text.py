# SPDX-License-Identifier: Apache-2.0
"""Text that is safe to show on a terminal."""

from __future__ import annotations

import re

_ROLE = re.compile(r":[a-z:]+:`~?([^`]+)`")
_LITERAL = re.compile(r"(``|`)(?=\S)(.+?)(?<=\S)\1")


def plain(markup: str) -> str:
    """What reStructuredText says, without its marks, in one line."""
    text = _ROLE.sub(r"\1", " ".join(markup.split()))
    return _LITERAL.sub(r"\2", text)
