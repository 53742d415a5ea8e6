# SPDX-License-Identifier: Apache-2.0
"""``pumphouse migrate``, ``apply`` and ``resume``: carry plans out."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.cli import arguments, base, exits, outcomes
from pumphouse.cli import plan as plans
from pumphouse.cli.ask import ask, said_yes
from pumphouse.cli.progress import Nobody, watching
from pumphouse.cli.signals import leave, stopping
from pumphouse.flow import history
from pumphouse.models import Action
from pumphouse.store.rows import ROLLBACK, Approval, NodeState, RunRow, RunState
from pumphouse.text import count, some

if TYPE_CHECKING:
    from pumphouse.plan.document import Plan


_DETAILED = (
    f"{exceptions.EXIT_BLOCKED}, not {exceptions.EXIT_OK}, if all went well but for "
    "what the plan leaves out"
)
_NAMED = 3  # of what could not be kept, in the error; the report has all


class Driver(base.Command):
    """Drives a run and reports how it ended."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_events(parser)
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        self._events = parsed_args.events == "json"
        return int(super().run(parsed_args))

    def drive(self, plan: Plan, run: RunRow, *, take_over: bool = False) -> int:
        from pumphouse.report import run as reports

        nodes = self.workspace.store.node_states(run.id)
        done = [ref for ref, state in nodes.items() if state is NodeState.DONE]
        what = count(len(nodes), "resource")
        self.say(f"run {run.id[:8]} of plan {plan.id[:8]}: {what}")
        self.reach(run)
        left = nodes.keys() - {*done}
        with watching(plan, done, len(nodes), self.app.stderr, left) as watcher:
            runner = self.workspace.runner(watcher)
            with stopping(runner, self.say), self._telling_events(plan, run):
                ended = runner.drive(run.id, plan, take_over=take_over)
        report = reports.report(self.workspace.store, plan, ended)
        out = self.app.stderr if self._events else self.app.stdout
        out.write(reports.as_text(report))
        if runner.left_behind:
            leave(self.app, run.id[:8], runner.left_behind)
        if ended.state is RunState.SUCCEEDED and not report.not_kept:
            return exceptions.EXIT_OK
        if ended.state is RunState.SUCCEEDED:
            raise exceptions.NotKept(
                f"all is migrated, but {len(report.not_kept)} could not be kept, which "
                f"the plan did not announce: {some(report.not_kept, _NAMED)}",
                resource=f"run {run.id[:8]}",
                hint=f"'pumphouse verify {run.id[:8]}' compares both clouds",
            )
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

    def _telling_events(self, plan: Plan, run: RunRow) -> AbstractContextManager[None]:
        if not self._events:
            return nullcontext()
        from pumphouse.cli import follow

        names = {ref: node.resource.label for ref, node in plan.nodes.items()}
        tells = follow.AsJson(names, self.app.stdout)
        return follow.beside(self.workspace.store, run, tells)

    def reach(self, run: RunRow) -> None:
        """Both clouds answer: or each resource would find out, one by one.

        A rollback can do much without the source.

        :raises Unreachable: one does not
        :raises AuthenticationFailed: one does not let us in
        """
        needed = [self.workspace.destination]
        if run.kind != ROLLBACK:
            needed.append(self.workspace.source)
        for cloud in needed:
            _ = cloud.user_id  # its token says that, which is needed anyway

    def check_standing(self, plan: Plan) -> None:
        """:raises PlanBlocked: the destination is not what it was for the plan"""
        from pumphouse.plan import standing

        workspace = self.workspace
        with self.telling() as tell:
            tell("what the plan counts on")
            standing.check(
                plan,
                workspace.source,
                workspace.destination,
                workspace.types,
                {b.ref: b for b in workspace.store.bindings(plan.pair)},
            )

    def start(self, plan: Plan, approval: Approval) -> int:
        """A new run of *plan*, driven to its end.

        :param approval: how the operator said yes to it
        :raises InputError: another process has begun one since this command began
        """
        history.applied(self.workspace.store, plan.id)
        runner_of_nothing = self.workspace.runner(Nobody())
        run = runner_of_nothing.start(plan, approval)
        return self.drive(plan, run)

    def code(self, plan: Plan, parsed_args: argparse.Namespace) -> int:
        """What a command ends with that did all it was to do."""
        if not parsed_args.detailed_exitcode:
            return exceptions.EXIT_OK
        return outcomes.detailed(plan, done=exceptions.EXIT_OK)


class _Migrate(Driver):
    """Plan, ask and run."""

    codes = exits.MIGRATION
    makes_database = True
    kind = ""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_workloads(parser, self.kind)
        arguments.add_without_blocked(parser)
        arguments.add_detailed_exitcode(parser, _DETAILED)
        arguments.add_yes(parser, "run the plan")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from pumphouse.plan.selection import Selection

        leaving = parsed_args.without_blocked
        with self.telling() as tell:
            plan = self.workspace.planner(without_blocked=leaving).draw_up(
                Selection(self.kind, tuple(parsed_args.terms), parsed_args.owner), tell
            )
        plans.save(self.workspace.store, plan)
        plans.describe(plan, self.say)
        for node in plan.having(Action.BLOCKED):
            decision = node.decision
            why = "; ".join([decision.reason, *map(str, decision.differences)])
            self.say(f"blocked: {node.resource}: {why}")
        if outcomes.finished(plan):
            self.nothing_to_do(outcomes.nothing_to_do(plan))
            return self.code(plan, parsed_args)
        if not any(plan.having(Action.BLOCKED)) and not parsed_args.yes:
            self.ask(plan)
            self.check_standing(plan)
        approval = said_yes(parsed_args)
        return self.start(plan, approval) or self.code(plan, parsed_args)

    def ask(self, plan: Plan) -> None:
        """Whether to go on; anything but yes is no.

        :raises InputError: there is nobody to ask, or the answer is no
        """
        how = f"'pumphouse plan show {plan.id[:8]}' shows all of it"
        ask(
            self.app,
            "Run this plan?",
            about=f"plan {plan.id[:8]}",
            unasked=how,
            refused=f"{how}; 'pumphouse apply {plan.id[:8]}' runs it",
        )


class MigrateServer(_Migrate):
    """Migrate servers with everything they depend on"""

    kind = "server"
    example = (
        "pumphouse migrate server web-1 --yes --without-blocked --detailed-exitcode\n"
        "[ $? -eq 3 ] && pumphouse verify -f json"
    )


class MigrateProject(_Migrate):
    """Migrate whole projects"""

    kind = "project"
    example = (
        "pumphouse migrate project acme-search --yes --without-blocked "
        "--detailed-exitcode\n"
        "[ $? -eq 3 ] && pumphouse verify -f json"
    )


class Apply(Driver):
    """Run a saved plan, exactly as it was saved"""

    codes = exits.CARRYING
    example = "pumphouse apply PLAN\n[ $? -eq 4 ] && pumphouse resume"

    _epilog = (
        "A plan is carried out once: said again, it changes nothing and tells which "
        "run has carried it out. Before anything happens the destination is asked "
        "whether what the plan counts on is still there."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_plan(parser)
        arguments.add_without_blocked(parser)
        arguments.add_detailed_exitcode(parser, _DETAILED)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        plan = self.plan(parsed_args)
        applied = history.applied(self.workspace.store, plan.id)
        if applied is not None:
            self.nothing_to_do(
                f"run {applied.id[:8]} has carried out plan {plan.id[:8]} already; "
                f"'pumphouse verify {applied.id[:8]}' tells how things stand"
            )
            return self.code(plan, parsed_args)
        if outcomes.finished(plan):
            self.nothing_to_do(outcomes.nothing_to_do(plan))
            return self.code(plan, parsed_args)
        self.workspace.runner(Nobody()).check(plan)
        self.check_standing(plan)
        return self.start(plan, Approval.COMMAND) or self.code(plan, parsed_args)

    def plan(self, parsed_args: argparse.Namespace) -> Plan:
        """The plan that is to be run: a saved one, or that without what is blocked.

        What runs is always saved as it is run, so that ``resume``, ``rollback`` and
        ``verify`` see the very same.
        """
        saved = plans.load(self.workspace.store, parsed_args.plan)
        if not parsed_args.without_blocked:
            return saved
        plan = plans.without_blocked(self.workspace, saved)
        if plan.id != saved.id:
            self.say(f"plan {plan.id[:8]} is plan {saved.id[:8]} without its blocked")
            plans.describe(plan, self.say)
        return plan


class Resume(Driver):
    """Go on with a run that was cut off, suspended or failed"""

    codes = exits.CARRYING
    example = "pumphouse resume || pumphouse run show"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_run(parser, "the newest that has not come to its end")
        arguments.add_detailed_exitcode(parser, _DETAILED)
        parser.add_argument(
            "--take-over",
            action="store_true",
            help="also from a process of which nobody can tell from here whether it "
            "has ended; only if you know that its host is lost",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        store, word = self.workspace.store, parsed_args.run
        run = arguments.run_of(store, word, history.newest_unfinished)
        if parsed_args.take_over and run.owner and run.owner.seen_alive():
            raise exceptions.RunBusy(
                f"{run.owner} drives it, and is alive",
                resource=f"run {run.id[:8]}",
                hint="Stop that process first",
            )
        if word is None and run.state in (RunState.SUCCEEDED, RunState.ROLLED_BACK):
            return self.nothing_to_do("all runs have come to their end")
        if run.state is RunState.SUCCEEDED:
            return self.nothing_to_do(f"run {run.id[:8]} has succeeded already")
        plan = plans.load(store, run.plan_id)
        done = self.drive(plan, run, take_over=parsed_args.take_over)
        return done or self.code(plan, parsed_args)
