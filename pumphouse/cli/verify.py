# SPDX-License-Identifier: Apache-2.0
"""``pumphouse verify``: read both clouds again and compare field by field."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cli import arguments, base, exits
from pumphouse.cli import plan as plans
from pumphouse.flow import history
from pumphouse.store.rows import ROLLBACK, RunRow, RunState

if TYPE_CHECKING:
    from pumphouse.plan.document import Plan
    from pumphouse.plan.verdicts import Verification


class Verify(base.Lister):
    """Compare source and destination of a run, field by field"""

    codes = exits.VERIFICATION
    example = (
        "pumphouse verify -f json > differences.json\n"
        "[ $? -eq 5 ] && pumphouse run show"
    )

    wide = frozenset({"Source ID"})

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_run(parser, "the newest run that is no rollback")
        parser.add_argument(
            "--plan",
            metavar="PLAN",
            help="instead of a run: all that a saved plan is about, whichever runs "
            "brought it, or none",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        workspace = self.workspace
        run = None if parsed_args.plan else self._run(parsed_args)
        plan = plans.load(workspace.store, run.plan_id if run else parsed_args.plan)
        self._found = self._verified(run, plan)
        self._tell(run, plan)
        return (
            ("Type", "Name", "Source ID", "Field", "Source", "Destination", "Result"),
            [
                (
                    row.resource.ref.type,
                    row.resource.label,
                    row.resource.ref.id,
                    row.difference.field,
                    row.difference.source,
                    row.difference.destination,
                    row.verdict.value,
                )
                for row in self._found.rows()
            ],
        )

    def _run(self, parsed_args: argparse.Namespace) -> RunRow:
        """The run that is asked for.

        :raises InputError: it has brought nothing
        """
        store = self.workspace.store
        run = arguments.run_of(store, parsed_args.run, history.newest_migration)
        if run.kind == ROLLBACK:
            raise exceptions.InputError(
                "it is a rollback: there is nothing to compare",
                resource=f"run {run.id[:8]}",
                hint=f"'pumphouse run show {run.id[:8]}' tells what it took back",
            )
        return run

    def _verified(self, run: RunRow | None, plan: Plan) -> Verification:
        from pumphouse.plan.verification import verify

        workspace = self.workspace
        store = workspace.store
        bindings = {b.ref: b for b in store.bindings(plan.pair)}
        mine = [bindings[ref] for ref in plan.nodes if ref in bindings]
        told = history.told(store, mine, run)
        return verify(
            plan,
            workspace.source,
            workspace.destination,
            workspace.types,
            bindings,
            workspace.passwords,
            not_kept={ref: said.not_kept for ref, said in told.items()},
            announced={ref: said.announced for ref, said in told.items()},
            unfinished=history.begun(store, mine),
            undone_by=history.undone_by(store, run) if run else "",
        )

    def _tell(self, run: RunRow | None, plan: Plan) -> None:
        found = self._found
        self.say(found.summary())
        if run is None:
            pass
        elif found.undone_by:
            self.say(f"run {run.id[:8]} was rolled back by run {found.undone_by[:8]}")
        elif run.state is not RunState.SUCCEEDED:
            from pumphouse.report import run as reports

            stands = reports.state(self.workspace.store, run)
            self.say(
                f"run {run.id[:8]} has not come to its end, it is {stands}: "
                f"'pumphouse resume {run.id[:8]}' goes on"
            )
        if not found.sets:
            self.say(
                f"plan {plan.id[:8]} is of an earlier release and does not say what it "
                "was drawn up for: what came since was not looked for"
            )

    def run(self, parsed_args: argparse.Namespace) -> int:
        super().run(parsed_args)
        complete = self._found.complete
        return exceptions.EXIT_OK if complete else exceptions.EXIT_DIFFERENT
