# SPDX-License-Identifier: Apache-2.0
"""``pumphouse binding recover``: go on after the database was lost."""

from __future__ import annotations

import argparse
from typing import Any

from pumphouse import exceptions
from pumphouse.cli import arguments, ask, base, exits
from pumphouse.text import count


class BindingRecover(base.Lister):
    """Find out from both clouds what stands for what, after the database was lost

    Reads both clouds and changes neither. What is found is kept once you have agreed,
    as if it had been on the destination before: a rollback leaves it there.
    """

    codes = exits.CLOUDS
    example = "pumphouse binding recover project acme-search"
    makes_database = True
    nothing = "nothing is left to find out"
    ids = frozenset({"Source ID", "Destination ID"})

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("type", metavar="TYPE", help="project, or server")
        arguments.add_terms(parser)
        arguments.add_yes(parser, "keep what is found")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        from pumphouse.plan import recovery
        from pumphouse.plan.selection import Selection

        kind = self.workspace.type(parsed_args.type)
        selection = Selection(kind.name, tuple(parsed_args.terms))
        planner = self.workspace.planner()
        found = recovery.recover(planner, selection)
        known = [each for each in found if each.destination_id]
        self._known, self._rest = known, len(found) - len(known)
        self._yes = parsed_args.yes
        self._about = str(selection)
        return (
            ("Type", "Name", "Source ID", "Destination ID", "Why"),
            [
                (
                    *(each.resource.ref.type, each.resource.label),
                    *(each.resource.ref.id, each.destination_id, each.why),
                )
                for each in found
            ],
        )

    def run(self, parsed_args: argparse.Namespace) -> int:
        super().run(parsed_args)
        known = self._known
        if self._rest:
            self.say(
                f"{self._rest} not found: plan again to have them made, or say what "
                "stands for them with 'pumphouse register'"
            )
        if not known:
            return exceptions.EXIT_OK
        if not self._yes:
            question = f"Keep {count(len(known), 'binding')}?"
            ask.ask(self.app, question, about=self._about)
        for each in known:
            self.workspace.store.register(self.workspace.pair, each.binding)
        self.say(f"{count(len(known), 'binding')} kept")
        return exceptions.EXIT_OK
