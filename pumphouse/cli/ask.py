# SPDX-License-Identifier: Apache-2.0
"""Asks the operator at a terminal, and takes nothing but yes for yes."""

from __future__ import annotations

import sys
from typing import Any

from pumphouse import exceptions


def ask(app: Any, question: str, *, about: str, hint: str = "") -> None:
    """Whether to go on.

    :param about: what the question is about, for the errors
    :param hint: what to do instead, where the answer is no
    :raises InputError: there is nobody to ask, or the answer is no
    """
    if not sys.stdin.isatty():
        raise exceptions.InputError(
            "not started: there is no terminal to ask at",
            resource=about,
            hint="Say --yes to go on without being asked",
        )
    app.stderr.write(f"{question} [y/N] ")
    app.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise exceptions.InputError(
            "not started, as you said", resource=about, hint=hint
        )
