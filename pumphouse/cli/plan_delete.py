# SPDX-License-Identifier: Apache-2.0
"""``pumphouse plan delete`` and ``plan prune``: plans that are no longer wanted."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.cli import arguments, base, exits
from pumphouse.cli.ask import ask
from pumphouse.cli.tables import minute
from pumphouse.text import count

if TYPE_CHECKING:
    from pumphouse.store.rows import PlanRow, RunRow

_WITH_RUNS = (
    "also plans whose runs have all come to their end, with those runs: nobody can "
    "verify them or take them back afterwards"
)
_KEEPS = (
    "Never deletes a plan of which a run is not over, nor what stands for what "
    "('pumphouse binding list'). Changes nothing in any cloud."
)


class _Deleting(base.Command):
    """Shows what would go and what is kept, asks, and deletes."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--with-runs", action="store_true", help=_WITH_RUNS)
        arguments.add_yes(parser)
        return parser

    def judged(
        self, plans: Iterable[PlanRow], with_runs: bool
    ) -> Iterator[tuple[PlanRow, Sequence[RunRow], str]]:
        """Each of *plans* with its runs, and why it is kept; "" where it may go."""
        from pumphouse.flow import forget

        store = self.workspace.store
        runs = forget.runs_of(store)
        for plan in plans:
            of_plan = runs.get(plan.id, [])
            yield plan, of_plan, forget.why_kept(store, of_plan, with_runs=with_runs)

    def delete(
        self, going: Sequence[tuple[PlanRow, Sequence[RunRow]]], unasked: bool
    ) -> int:
        from pumphouse.flow import forget

        for plan, runs in going:
            along = f", with {count(len(runs), 'run')}" if runs else ""
            self.tell(f"deletes {_named(plan)}{along}")
        if not unasked:
            ask(self.app, f"Delete {count(len(going), 'plan')}?", about="plans")
        for plan, runs in going:
            forget.forget(self.workspace.store, plan, runs)
        self.tell(f"deleted {count(len(going), 'plan')}")
        return exceptions.EXIT_OK


class PlanDelete(_Deleting):
    """Delete saved plans"""

    codes = exits.STORED
    example = "pumphouse plan delete PLAN"

    _epilog = _KEEPS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "plans", metavar="PLAN", nargs="+", help="id, or the beginning of it"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from pumphouse.flow import forget

        store = self.workspace.store
        plans = {row.id: row for row in map(store.plan, parsed_args.plans)}
        with_runs = parsed_args.with_runs
        going: list[tuple[PlanRow, Sequence[RunRow]]] = []
        for plan, of_plan, why in self.judged(plans.values(), with_runs):
            if why:
                could = with_runs or forget.why_kept(store, of_plan, with_runs=True)
                hint = f"'pumphouse run show {of_plan[0].id[:8]}' tells how it stands"
                also = "" if could else "; --with-runs deletes both"
                raise exceptions.InputError(
                    f"{why}; nothing was deleted",
                    resource=f"plan {plan.id[:8]}",
                    hint=hint + also,
                )
            going.append((plan, of_plan))
        return self.delete(going, parsed_args.yes)


class PlanPrune(_Deleting):
    """Delete all saved plans that were never run"""

    codes = exits.STORED
    example = "pumphouse plan prune --yes"

    _epilog = _KEEPS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--older-than",
            metavar="DAYS",
            type=_days,
            default=0,
            help="only plans that were drawn up so many days ago",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        store = self.workspace.store
        before = _ago(store.now(), parsed_args.older_than)
        going: list[tuple[PlanRow, Sequence[RunRow]]] = []
        for plan, of_plan, why in self.judged(store.plans(), parsed_args.with_runs):
            if not why and plan.created_at >= before:
                why = f"not yet {count(parsed_args.older_than, 'day')} old"
            if why:
                self.tell(f"keeps {_named(plan)}: {why}")
            else:
                going.append((plan, of_plan))
        if not going:
            return self.nothing_to_do("no plan is to be deleted")
        return self.delete(going, parsed_args.yes)


def _named(plan: PlanRow) -> str:
    return f"plan {plan.id[:8]} ({minute(plan.created_at)}, {plan.title})"


def _days(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 36500:
        raise argparse.ArgumentTypeError(f"must be a number of days, not {text!r}")
    return int(text)


def _ago(now: str, days: int) -> str:
    """The time *days* before *now*, as rows have it; after *now* for none."""
    if not days:
        return "9999"
    then = datetime.datetime.fromisoformat(now) - datetime.timedelta(days=days)
    return then.isoformat()
