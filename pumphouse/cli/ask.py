# SPDX-License-Identifier: Apache-2.0
"""Asks the operator at a terminal, and takes nothing but yes for yes."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from pumphouse import exceptions
from pumphouse.store.rows import Approval


def ask(
    app: Any, question: str, *, about: str, unasked: str = "", refused: str = ""
) -> None:
    """Whether to go on.

    :param about: what the question is about, for the errors
    :param unasked: more to do where there is nobody to ask, beyond ``--yes``
    :param refused: what to do instead, where the answer is no
    :raises InputError: there is nobody to ask, or the answer is no
    """
    if not sys.stdin.isatty():
        raise exceptions.InputError(
            "not started: there is no terminal to ask at",
            resource=about,
            hint="; ".join(filter(None, ("Say --yes to go on unasked", unasked))),
        )
    app.stderr.write(f"{question} [y/N] ")
    app.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise exceptions.InputError(
            "not started, as you said", resource=about, hint=refused
        )


def said_yes(parsed_args: argparse.Namespace) -> Approval:
    """How the operator of a command has said yes that asks unless told ``--yes``."""
    return Approval.YES if parsed_args.yes else Approval.ANSWER
