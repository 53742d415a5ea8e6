# SPDX-License-Identifier: Apache-2.0
"""``pumphouse migrate``, ``apply`` and ``resume``: carry plans out."""

from __future__ import annotations

import argparse
import sys

from pumphouse import exceptions
from pumphouse.cli import base
from pumphouse.cli import plan as plans
from pumphouse.cli.progress import Nobody, watching
from pumphouse.cli.signals import stopping
from pumphouse.models import Action
from pumphouse.plan.document import Plan
from pumphouse.plan.selection import Selection
from pumphouse.report import run as reports
from pumphouse.store.rows import NodeState, RunRow, RunState


class Driver(base.Command):
    """Drives a run and reports how it ended."""

    def drive(self, plan: Plan, run: RunRow, *, take_over: bool = False) -> int:
        nodes = self.workspace.store.nodes(run.id)
        done = [n.ref for n in nodes if n.state is NodeState.DONE]
        self.say(f"run {run.id[:8]} of plan {plan.id[:8]}: {len(nodes)} resources")
        with watching(plan, done, len(nodes), self.app.stderr) as watcher:
            runner = self.workspace.runner(watcher)
            with stopping(runner, self.say):
                ended = runner.drive(run.id, take_over=take_over)
        report = reports.report(self.workspace.store, plan, ended)
        self.app.stdout.write(reports.as_text(report))
        if ended.state is RunState.SUCCEEDED:
            return exceptions.EXIT_OK
        if ended.state is RunState.SUSPENDED:
            raise exceptions.Suspended(
                "stopped on request",
                resource=f"run {run.id[:8]}",
                hint=f"'pumphouse resume {run.id[:8]}' goes on",
            )
        raise exceptions.RunFailed(
            f"{len(report.failed)} failed, {len(report.pending)} wait for those",
            resource=f"run {run.id[:8]}",
            hint="Mend what the report names, then "
            f"'pumphouse resume {run.id[:8]}' retries just those",
        )

    def start(self, plan: Plan) -> int:
        runner_of_nothing = self.workspace.runner(Nobody())
        run = runner_of_nothing.start(plan)
        return self.drive(plan, run)


class _Migrate(Driver):
    """Plan, ask and run."""

    kind = ""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "terms", metavar="NAME|ID", nargs="+", help=f"name or id of a {self.kind}"
        )
        parser.add_argument(
            "-y", "--yes", action="store_true", help="do not ask, run the plan"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        with self.telling() as tell:
            plan = self.workspace.planner().draw_up(
                Selection(self.kind, tuple(parsed_args.terms)), tell
            )
        plans.save(self.workspace.store, plan)
        plans.describe(plan, self.say)
        for node in plan.having(Action.BLOCKED):
            decision = node.decision
            why = "; ".join([decision.reason, *map(str, decision.differences)])
            self.say(f"blocked: {node.resource}: {why}")
        if not any(plan.having(Action.CREATE, Action.ADOPT, Action.BLOCKED)):
            self.app.stdout.write("nothing to do: everything is migrated already\n")
            return exceptions.EXIT_OK
        if not any(plan.having(Action.BLOCKED)) and not parsed_args.yes:
            self.ask(plan)
        return self.start(plan)

    def ask(self, plan: Plan) -> None:
        """Whether to go on; anything but yes is no.

        :raises InputError: there is nobody to ask, or the answer is no
        """
        how = f"'pumphouse plan show {plan.id[:8]}' shows all of it"
        if not sys.stdin.isatty():
            raise exceptions.InputError(
                "not started: there is no terminal to ask at",
                resource=f"plan {plan.id[:8]}",
                hint=f"Say --yes to run without being asked; {how}",
            )
        self.app.stderr.write("Run this plan? [y/N] ")
        self.app.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise exceptions.InputError(
                "not started, as you said",
                resource=f"plan {plan.id[:8]}",
                hint=f"{how}; 'pumphouse apply {plan.id[:8]}' runs it",
            )


class MigrateServer(_Migrate):
    """Migrate servers with everything they depend on"""

    kind = "server"


class MigrateProject(_Migrate):
    """Migrate whole projects"""

    kind = "project"


class Apply(Driver):
    """Run a saved plan, exactly as it was saved"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("plan", metavar="PLAN", help="id, or the beginning of it")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        return self.start(plans.load(self.workspace.store, parsed_args.plan))


class Resume(Driver):
    """Go on with a run that was cut off, suspended or failed"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "run",
            metavar="RUN",
            nargs="?",
            default="",
            help="id, or the beginning of it (default: the newest run)",
        )
        parser.add_argument(
            "--take-over",
            action="store_true",
            help="also from a process of which nobody can tell from here whether it "
            "has ended; only if you know that its host is lost",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        run = self.workspace.store.run(parsed_args.run)
        if parsed_args.take_over and run.owner and run.owner.seen_alive():
            raise exceptions.RunBusy(
                f"{run.owner} drives it, and is alive",
                resource=f"run {run.id[:8]}",
                hint="Stop that process first",
            )
        plan = plans.load(self.workspace.store, run.plan_id)
        if run.state is RunState.SUCCEEDED:
            self.app.stdout.write(
                f"nothing to do: run {run.id[:8]} has succeeded already\n"
            )
            return exceptions.EXIT_OK
        return self.drive(plan, run, take_over=parsed_args.take_over)
