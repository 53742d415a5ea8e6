# SPDX-License-Identifier: Apache-2.0
"""``pumphouse verify``: read both clouds again and compare field by field."""

from __future__ import annotations

import argparse
from typing import Any

from pumphouse import exceptions
from pumphouse.cli import arguments, base
from pumphouse.cli import plan as plans
from pumphouse.flow import history
from pumphouse.store.rows import ROLLBACK


class Verify(base.Lister):
    """Compare source and destination of a run, field by field"""

    wide = frozenset({"Source ID"})

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_run(parser, "the newest run that is no rollback")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        from pumphouse.plan.verification import verify

        workspace = self.workspace
        run = arguments.run_of(
            workspace.store, parsed_args.run, history.newest_migration
        )
        if run.kind == ROLLBACK:
            raise exceptions.InputError(
                "it is a rollback: there is nothing to compare",
                resource=f"run {run.id[:8]}",
                hint=f"'pumphouse run show {run.id[:8]}' tells what it took back",
            )
        plan = plans.load(workspace.store, run.plan_id)
        bindings = {b.ref: b for b in workspace.store.bindings(plan.pair)}
        self._found = verify(
            plan,
            workspace.source,
            workspace.destination,
            workspace.types,
            bindings,
            workspace.passwords,
            history.not_kept(workspace.store, plan, bindings),
        )
        self.say(self._found.summary())
        return (
            ("Type", "Name", "Source ID", "Field", "Source", "Destination"),
            [
                (
                    resource.ref.type,
                    resource.label,
                    resource.ref.id,
                    difference.field,
                    difference.source,
                    difference.destination,
                )
                for resource, difference in self._found.rows()
            ],
        )

    def run(self, parsed_args: argparse.Namespace) -> int:
        from pumphouse.plan.verification import Verification

        self._found = Verification()
        super().run(parsed_args)
        complete = self._found.complete
        return exceptions.EXIT_OK if complete else exceptions.EXIT_DIFFERENT
