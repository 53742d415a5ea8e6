# SPDX-License-Identifier: Apache-2.0
"""``pumphouse plan ...``: draw up plans, list them, show them."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cli import arguments, base, nodes
from pumphouse.collector import paused
from pumphouse.models import Action, Ref
from pumphouse.plan.document import Node, Plan
from pumphouse.report.text import count, some
from pumphouse.store.rows import PlanRow

if TYPE_CHECKING:
    from pumphouse.store import Store

COLUMNS = ("Action", "Type", "Name", "Source ID", "Destination ID", "Reason")
WIDE = frozenset({"Source ID", "Destination ID"})
COLOURS = {
    Action.CREATE: "palegreen",
    Action.ADOPT: "lightblue",
    Action.MAP: "lightyellow",
    Action.SKIP: "lightgrey",
    Action.BLOCKED: "salmon",
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


def finished(plan: Plan) -> bool:
    """Whether nothing of it is left to do, as all has been done before."""
    return not any(plan.having(Action.CREATE, Action.ADOPT, Action.BLOCKED))


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


class _Plan(base.Lister):
    """Draw up a plan and save it."""

    kind = ""
    wide = WIDE

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_workloads(parser, self.kind)
        nodes.add_filters(parser)
        parser.add_argument(
            "--dot", metavar="FILE", help="also draw the graph, in Graphviz's language"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        from pumphouse.plan.selection import Selection

        nodes.check(parsed_args, self.workspace)

        with self.telling() as tell:
            plan = self.workspace.planner().draw_up(
                Selection(self.kind, tuple(parsed_args.terms), parsed_args.owner), tell
            )
        save(self.workspace.store, plan)
        if parsed_args.dot:
            draw(plan, parsed_args.dot)
        describe(plan, self.say)
        blocked = plan.totals["actions"][Action.BLOCKED.value]
        if blocked:
            self.say(f"{blocked} blocked: this plan does not run until they are solved")
            self._blocked = True
        elif finished(plan):
            self.say("nothing to do: everything is migrated already")
        else:
            self.say(f"run it with: pumphouse apply {plan.id[:8]}")
        return COLUMNS, shown(self, plan, parsed_args)

    def run(self, parsed_args: argparse.Namespace) -> int:
        self._blocked = False
        super().run(parsed_args)
        return exceptions.EXIT_BLOCKED if self._blocked else exceptions.EXIT_OK


class PlanServer(_Plan):
    """Plan to migrate servers with everything they depend on"""

    kind = "server"


class PlanProject(_Plan):
    """Plan to migrate whole projects"""

    kind = "project"


class PlanList(base.Lister):
    """List saved plans, newest first"""

    nothing = "there is no plan yet"
    ids = frozenset({"ID"})
    times = frozenset({"Created At"})

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        return (
            ("ID", "Title", "Resources", "Create", "Blocked", "Created At"),
            [
                (
                    row.id,
                    row.title,
                    row.summary["resources"],
                    row.summary["actions"]["create"],
                    row.summary["actions"]["blocked"],
                    row.created_at,
                )
                for row in self.workspace.store.plans()
            ],
        )


class PlanShow(base.Lister):
    """Show what a saved plan will do, node by node"""

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
