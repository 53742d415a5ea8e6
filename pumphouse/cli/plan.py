# SPDX-License-Identifier: Apache-2.0
"""``pumphouse plan ...``: draw up plans, list them, show them."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cli import arguments, base, exits, nodes, outcomes, tables
from pumphouse.collector import paused
from pumphouse.models import Action, Ref
from pumphouse.plan.document import Node, Plan
from pumphouse.store import actor
from pumphouse.store.rows import PlanRow
from pumphouse.text import count, some

if TYPE_CHECKING:
    from pumphouse.cli.workspace import Workspace
    from pumphouse.store import Store

COLUMNS = ("Action", "Type", "Name", "Source ID", "Destination ID", "Reason")
WIDE = frozenset({"Source ID", "Destination ID"})
_LISTED = 20  # of what differs or is left out; a plan's table has all
COLOURS = {
    Action.CREATE: "palegreen",
    Action.ADOPT: "lightblue",
    Action.MAP: "lightyellow",
    Action.SKIP: "lightgrey",
    Action.BLOCKED: "salmon",
    Action.LEFT_OUT: "mistyrose",
}


def rows(chosen: Iterable[Node]) -> Iterable[tuple[str, ...]]:
    """Plan nodes as rows of ``COLUMNS``."""
    for node in chosen:
        decision = node.decision
        reason = "; ".join([decision.reason, *map(str, decision.differences)])
        yield (
            decision.action.value,
            node.ref.type,
            node.resource.label,
            node.ref.id,
            decision.destination_id,
            reason,
        )


def save(store: Store, plan: Plan) -> None:
    """Keep the plan, so that ``apply`` can do exactly this."""
    store.save_plan(
        PlanRow(
            id=plan.id,
            digest=plan.digest,
            source=plan.pair.source,
            destination=plan.pair.destination,
            title=plan.title,
            document=plan.dumps(),
            summary=plan.totals,
            created_at=plan.created_at,
            planned_by=actor.current(),
        )
    )


def load(store: Store, plan_id: str) -> Plan:
    """A saved plan by its id or the beginning of it.

    :raises NotFound: there is none
    :raises StoreError: it was damaged
    """
    row = store.plan(plan_id)
    try:
        with paused():
            return Plan.loads(row.document)
    except (ValueError, KeyError) as error:
        raise exceptions.StoreError(
            f"cannot be read: {error}", resource=f"plan {row.id[:8]}"
        ) from None


def without_blocked(workspace: Workspace, plan: Plan) -> Plan:
    """A saved plan without what is blocked in it, saved as a plan of its own.

    The same one each time, so that it is carried out once as any other; *plan*
    itself if nothing of it is blocked.
    """
    from pumphouse.plan import leaving

    left = leaving.without_blocked(plan, workspace.types)
    if left is plan:
        return plan
    store = workspace.store
    for row in store.plans():
        if row.digest == left.digest:
            return load(store, row.id)
    now = datetime.datetime.now(datetime.UTC).isoformat("T", "seconds")
    left = replace(left, id=uuid.uuid4().hex, created_at=now)
    save(store, left)
    return left


def describe(plan: Plan, say: Callable[[str], None]) -> None:
    """The plan in a few lines: counts, bytes, and what cannot be kept."""
    totals = plan.totals
    counts = ", ".join(f"{n} {action}" for action, n in totals["actions"].items() if n)
    what = count(totals["resources"], "resource")
    say(
        f"plan {plan.id[:8]} for {plan.title}: {what} "
        f"({counts or 'none'}), {base.size(totals['bytes'])} to move"
    )
    by_note: dict[tuple[str, str], list[str]] = {}
    for node in plan.nodes.values():
        for note in node.decision.notes:
            by_note.setdefault((node.ref.type, note), []).append(node.resource.label)
    for note in plan.notes:
        say(f"note: {note}")
    for (kind, note), names in sorted(by_note.items()):
        say(f"note: {kind} {some(sorted(set(names)), 5)}: {note}")
    for node in plan.changed[:_LISTED]:
        fields = ", ".join(map(str, node.decision.differences))
        say(f"differs now: {node.resource}: {fields}")
    if plan.changed:
        more = _more(len(plan.changed))
        say(
            f"{len(plan.changed)} migrated earlier and different now{more}: changes "
            "are not carried yet, make them on the destination by hand"
        )
    for node in plan.left_out[:_LISTED]:
        why = "; ".join([node.decision.reason, *map(str, node.decision.differences)])
        say(f"left out: {node.resource}: {why}")
    if plan.left_out:
        say(
            f"{len(plan.left_out)} left out{_more(len(plan.left_out))}: blocked, or "
            "in need of what is"
        )


def _more(number: int) -> str:
    hidden = number - _LISTED
    return f", {hidden} of them not listed here" if hidden > 0 else ""


class _Plan(base.Lister):
    """Draw up a plan and save it."""

    codes = exits.PLAN
    makes_database = True
    kind = ""
    wide = WIDE

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_workloads(parser, self.kind)
        nodes.add_filters(parser)
        arguments.add_without_blocked(parser)
        arguments.add_detailed_exitcode(
            parser,
            f"{exceptions.EXIT_OK} if there is nothing to do, "
            f"{exceptions.EXIT_CHANGES} if there is, {exceptions.EXIT_BLOCKED} if "
            "something is blocked or left out",
        )
        parser.add_argument(
            "--dot", metavar="FILE", help="also draw the graph, in Graphviz's language"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        from pumphouse.plan.selection import Selection

        nodes.check(parsed_args, self.workspace)
        leaving = parsed_args.without_blocked
        with self.telling() as tell:
            plan = self.workspace.planner(without_blocked=leaving).draw_up(
                Selection(self.kind, tuple(parsed_args.terms), parsed_args.owner), tell
            )
        save(self.workspace.store, plan)
        if parsed_args.dot:
            draw(plan, parsed_args.dot)
        describe(plan, self.say)
        blocked = plan.totals["actions"][Action.BLOCKED.value]
        if blocked:
            self.say(
                f"{blocked} blocked: this plan does not run until they are solved, or "
                "left out (--without-blocked)"
            )
            self._code = exceptions.EXIT_BLOCKED
        elif outcomes.finished(plan):
            self.say(f"nothing to do: {outcomes.nothing_to_do(plan)}")
        else:
            self.say(f"run it with: pumphouse apply {plan.id[:8]}")
        if parsed_args.detailed_exitcode:
            self._code = outcomes.detailed(plan)
        return COLUMNS, shown(self, plan, parsed_args)

    def run(self, parsed_args: argparse.Namespace) -> int:
        self._code = exceptions.EXIT_OK
        super().run(parsed_args)
        return self._code


class PlanServer(_Plan):
    """Plan to migrate servers with everything they depend on"""

    kind = "server"
    example = (
        "pumphouse plan server web-1 --detailed-exitcode\n"
        "[ $? -eq 10 ] && pumphouse plan list"
    )


class PlanProject(_Plan):
    """Plan to migrate whole projects"""

    kind = "project"
    example = (
        "pumphouse plan project acme-search --detailed-exitcode\n"
        "[ $? -eq 10 ] && pumphouse plan list"
    )


class PlanList(base.Lister):
    """List saved plans, newest first"""

    codes = exits.STORED
    example = "pumphouse plan list -f value -c ID"

    nothing = "there is no plan yet"
    wide = frozenset({"Planned By"})
    ids = frozenset({"ID"})
    times = frozenset({"Created At"})

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        return (
            (
                *("ID", "Title", "Resources", "Create", "Blocked", "Created At"),
                "Planned By",
            ),
            [
                (
                    row.id,
                    row.title,
                    row.summary["resources"],
                    row.summary["actions"]["create"],
                    row.summary["actions"]["blocked"],
                    row.created_at,
                    row.planned_by,
                )
                for row in self.workspace.store.plans()
            ],
        )


class PlanShow(base.Lister):
    """Show what a saved plan will do, node by node"""

    codes = exits.STORED
    example = "pumphouse plan show PLAN --action blocked"

    wide = WIDE

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_plan(parser)
        nodes.add_filters(parser)
        parser.add_argument(
            "--dot", metavar="FILE", help="also draw the graph, in Graphviz's language"
        )
        parser.add_argument(
            "--document", metavar="FILE", help="also write the whole plan as JSON"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        nodes.check(parsed_args, self.workspace)
        plan = load(self.workspace.store, parsed_args.plan)
        planned_by = self.workspace.store.planned_by(plan.id)
        if planned_by:
            self.say(f"planned by {planned_by}, {tables.minute(plan.created_at)}")
        describe(plan, self.say)
        if parsed_args.dot:
            draw(plan, parsed_args.dot)
        if parsed_args.document:
            text = json.dumps(json.loads(plan.dumps()), indent=1, sort_keys=True)
            write(parsed_args.document, text + "\n")
        return COLUMNS, shown(self, plan, parsed_args)


def shown(
    command: base.Mixin, plan: Plan, parsed_args: argparse.Namespace
) -> list[tuple[str, ...]]:
    """The rows of *plan* that the options ask for."""
    return list(rows(nodes.chosen(plan.nodes.values(), parsed_args, command.say)))


def draw(plan: Plan, path: str) -> None:
    """Write the graph of *plan* to *path*, coloured by action."""
    from pumphouse.plan import graph as graphs

    label: dict[Ref, str] = {}
    colour: dict[Ref, str] = {}
    for ref, node in plan.nodes.items():
        label[ref] = f"{node.resource.label}\n{node.decision.action.value}"
        colour[ref] = COLOURS[node.decision.action]
    write(path, graphs.dot(plan.graph, label, colour))


def write(path: str, text: str) -> None:
    """Write a file the operator asked for; nobody else may read a new one.

    :raises InputError: it cannot be written
    """
    try:
        with open(path, "w", encoding="utf-8", opener=_private) as file:
            file.write(text)
    except OSError as error:
        raise exceptions.InputError(
            f"cannot be written: {error.strerror}", resource=path
        ) from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
