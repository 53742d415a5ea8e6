# SPDX-License-Identifier: Apache-2.0
"""Arguments that several commands share, and what they stand for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.store.rows import RunRow

if TYPE_CHECKING:
    from pumphouse.store import Store

_ID = "id, or the beginning of it"


def add_run(parser: argparse.ArgumentParser, default: str) -> None:
    """``[RUN]``: left out, it is None.

    :param default: which run that means, for the help
    """
    parser.add_argument(
        "run", metavar="RUN", nargs="?", help=f"{_ID} (default: {default})"
    )


def add_plan(parser: argparse.ArgumentParser) -> None:
    """``PLAN``."""
    parser.add_argument("plan", metavar="PLAN", help=_ID)


def add_this_run(parser: argparse.ArgumentParser) -> None:
    """``RUN``, which has to be said."""
    parser.add_argument("run", metavar="RUN", help=_ID)


def add_workloads(parser: argparse.ArgumentParser, kind: str) -> None:
    """``NAME|ID ...``."""
    within = "domain" if kind == "project" else "project"
    parser.add_argument(
        "terms",
        metavar="NAME|ID",
        nargs="+",
        help=f"name or id of a {kind}; {within.upper()}/NAME where several have it",
    )
    parser.add_argument(
        f"--{within}",
        metavar="NAME|ID",
        dest="owner",
        default="",
        help=f"the {within} that all of them are in",
    )


def add_terms(parser: argparse.ArgumentParser) -> None:
    """``NAME|ID ...``, of whatever type."""
    parser.add_argument("terms", metavar="NAME|ID", nargs="+", help="names or ids")


def add_events(parser: argparse.ArgumentParser, more: str = "") -> None:
    """``--events json``.

    :param more: what else there is to say of it, for the help
    """
    parser.add_argument(
        "--events",
        choices=["json"],
        help="what happens, one JSON object a line on standard output"
        + (f", {more}" if more else "; all else goes to standard error"),
    )


def add_yes(parser: argparse.ArgumentParser, does: str = "do it") -> None:
    """``--yes``."""
    parser.add_argument("-y", "--yes", action="store_true", help=f"do not ask, {does}")


def add_without_blocked(parser: argparse.ArgumentParser) -> None:
    """``--without-blocked``."""
    parser.add_argument(
        "--without-blocked",
        action="store_true",
        help="leave out what is blocked, and what cannot do without it; the plan "
        "lists both",
    )


def add_detailed_exitcode(parser: argparse.ArgumentParser, codes: str) -> None:
    """``--detailed-exitcode``.

    :param codes: what it ends with then, for the help
    """
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help=f"end with {codes}"
    )


def run_of(
    store: Store, word: str | None, default: Callable[[Store], RunRow] | None = None
) -> RunRow:
    """The run that RUN means.

    :param word: as typed; None if it was left out
    :param default: which run that means; without one, RUN has to be said
    :raises InputError: it is empty, as a shell's variable may be
    :raises NotFound: there is none
    :raises Ambiguous: several begin so
    """
    if word is None and default is not None:
        return default(store)
    if not word:
        raise exceptions.InputError(
            "RUN is empty", hint="'pumphouse run list' shows the ids"
        )
    return store.run(word)
