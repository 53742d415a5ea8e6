# SPDX-License-Identifier: Apache-2.0
"""What commands end with, in a few words each: for their help.

The reference has the long version (``doc/source/reference/exit-codes.rst``).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from cliff import _argparse

from pumphouse import exceptions as exc

Codes = Mapping[int, str]

STORED: Codes = {
    exc.EXIT_OK: "done",
    exc.EXIT_INPUT: "the words or a file are wrong",
    exc.EXIT_NOT_FOUND: "nothing has that name or id, or several have",
    exc.EXIT_STORE: "Pumphouse's own database cannot be used",
}
"""Of commands that ask no cloud."""

CLOUDS: Codes = {
    **STORED,
    exc.EXIT_CLOUD: "a cloud cannot be reached, or refused what was asked of it",
    exc.EXIT_SUSPENDED: "stopped by Ctrl-C",
}
"""Of commands that ask the clouds."""

PLAN: Codes = {
    **CLOUDS,
    exc.EXIT_OK: "the plan is saved; with --detailed-exitcode: nothing is to be done",
    exc.EXIT_BLOCKED: "something is blocked; with --detailed-exitcode: or left out",
    exc.EXIT_PLANNING: "no plan can be drawn up: resources need each other in a circle",
    exc.EXIT_CHANGES: "with --detailed-exitcode: there is something to do",
}
"""Of commands that draw up a plan."""

RUN: Codes = {
    **CLOUDS,
    exc.EXIT_OK: "all of it is done, or was done before",
    exc.EXIT_FAILED: "some of it failed; 'pumphouse resume' retries that",
    exc.EXIT_STORE: "Pumphouse's own database cannot be used, or another process has "
    "the run",
    exc.EXIT_SUSPENDED: "stopped by Ctrl-C or SIGTERM; 'pumphouse resume' goes on",
}
"""Of commands that drive a run."""

WATCHING: Codes = {
    **STORED,
    exc.EXIT_OK: "the run has succeeded, or was rolled back",
    exc.EXIT_FAILED: "the run has failed, was cut off, or never begun",
    exc.EXIT_SUSPENDED: "the run was stopped on request; or this was, by Ctrl-C",
}
"""Of who follows a run."""

CARRYING: Codes = {
    **RUN,
    exc.EXIT_BLOCKED: "nothing was started: something is blocked, or the destination "
    "has changed; with --detailed-exitcode: all is done but what was left out",
    exc.EXIT_DIFFERENT: "all of it is done, but something could not be kept and the "
    "plan did not say so",
}
"""Of commands that carry a saved plan out."""

MIGRATION: Codes = {**CARRYING, exc.EXIT_PLANNING: PLAN[exc.EXIT_PLANNING]}
"""Of commands that draw up a plan and carry it out."""

CLEANUP: Codes = {
    **CLOUDS,
    exc.EXIT_OK: "all that was to be done is done",
    exc.EXIT_FAILED: "some of it could not be done",
}

CHECK: Codes = {
    exc.EXIT_OK: "nothing is missing that a migration needs; there may be warnings",
    exc.EXIT_INPUT: "the words or pumphouse.conf are wrong",
    exc.EXIT_NOT_READY: "something is missing or wrong, and a migration would fail",
    exc.EXIT_SUSPENDED: "stopped by Ctrl-C",
}
"""Of the look at everything."""

VERIFICATION: Codes = {
    **CLOUDS,
    exc.EXIT_OK: "all is there and equal, but for what the plan announced or left out",
    exc.EXIT_DIFFERENT: "something is not as it should be",
}


def epilog(text: str, codes: Codes, example: str) -> str:
    """What stands below the options of a command, as reStructuredText.

    :param text: what else is to be said of it; may be empty
    """
    lines = [f"* {code}: {codes[code]}" for code in sorted(codes)]
    parts = [text, "Ends with:", "\n".join(lines)]
    if example:
        parts += ["Example::", textwrap.indent(example, "    ")]
    return "\n\n".join(filter(None, parts))


class Formatter(_argparse.SmartHelpFormatter):  # type: ignore[misc]
    """Shows that as it is meant: paragraphs, lists, and lines of a console."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(self._paragraph(p, width) for p in text.split("\n\n"))

    def _paragraph(self, text: str, width: int) -> str:
        if text.startswith("    "):
            return text
        if text.startswith("* "):
            lines = [line.removeprefix("* ") for line in text.split("\n")]
            wrapped = textwrap.TextWrapper(
                width, initial_indent="  ", subsequent_indent=" " * 6
            )
            return "\n".join(map(wrapped.fill, lines))
        return textwrap.fill(text.replace("::", ":"), width)
