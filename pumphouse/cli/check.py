# SPDX-License-Identifier: Apache-2.0
"""``pumphouse check``: is all there that a migration needs, on both clouds and here."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cli import base, exits
from pumphouse.text import count

if TYPE_CHECKING:
    from pumphouse.check.findings import Finding


class Check(base.Lister):
    """Look at both clouds and Pumphouse's own database, and tell all findings"""

    codes = exits.CHECK
    example = "pumphouse check\npumphouse check --all -f json"
    _epilog = (
        "Run it before anything else. It changes nothing on either cloud and makes no "
        "database."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--all",
            action="store_true",
            help="also show what is well; machine output always has it",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        with self.telling() as tell:
            tell("looking at both clouds")
            self._found = self.workspace.check()
        shown = self._found
        if parsed_args.formatter == "table" and not parsed_args.all:
            shown = _faulty(shown)
        return (
            ("State", "Where", "Check", "Finding"),
            [(f.state.value, f.place.value, f.check, f.text) for f in shown],
        )

    def run(self, parsed_args: argparse.Namespace) -> int:
        from pumphouse.check.findings import State, failing

        super().run(parsed_args)
        counts = Counter(finding.state for finding in self._found)
        errors, warnings = counts[State.ERROR], counts[State.WARNING]
        said = (
            f"{count(errors, 'error')}, {count(warnings, 'warning')}, "
            f"{counts[State.UNKNOWN]} not looked at, {counts[State.OK]} ok"
        )
        if failing(self._found):
            self.say(f"not ready: {said}")
            return exceptions.EXIT_NOT_READY
        self.say(f"ready: {said}")
        return exceptions.EXIT_OK


def _faulty(found: list[Finding]) -> list[Finding]:
    from pumphouse.check.findings import State

    return [finding for finding in found if finding.state is not State.OK]
