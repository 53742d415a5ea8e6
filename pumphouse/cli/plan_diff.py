# SPDX-License-Identifier: Apache-2.0
"""``pumphouse plan diff``: what two plans would do differently."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.cli import base, exits
from pumphouse.cli import plan as plans
from pumphouse.cli.tables import minute
from pumphouse.text import count

if TYPE_CHECKING:
    from pumphouse.plan.document import Node, Plan

_ID = "id of a plan, or the beginning of it"
_SHOWN = 200  # characters of one value

Row = tuple[str, str, str, str, str, str, str]


class PlanDiff(base.Lister):
    """Show what two plans would do differently: resources, actions, reasons, fields"""

    codes = exits.STORED
    example = "pumphouse plan diff PLAN PLAN"

    _epilog = (
        "Compares two saved plans and asks no cloud: plan once more, and this shows "
        "what has changed since. Ends with 0 whether or not they differ."
    )
    wide = frozenset({"Source ID"})

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("before", metavar="BEFORE", help=_ID)
        parser.add_argument("after", metavar="AFTER", help=_ID)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        store = self.workspace.store
        before = plans.load(store, parsed_args.before)
        after = plans.load(store, parsed_args.after)
        if before.pair != after.pair:
            raise exceptions.InputError(
                f"they are about other clouds: {before.pair}, and {after.pair}",
                resource=f"plans {before.id[:8]} and {after.id[:8]}",
                hint="Compare two plans of the same clouds",
            )
        found = [*_heads(before, after), *_nodes(before.nodes, after.nodes)]
        self.say(
            f"from plan {before.id[:8]} ({minute(before.created_at)}, {before.title}) "
            f"to {after.id[:8]} ({minute(after.created_at)}, {after.title}): "
            + (count(len(found), "difference") if found else "both do the same")
        )
        columns = ("Change", "Type", "Name", "Source ID", "Field", "Before", "After")
        return columns, found


def _heads(before: Plan, after: Plan) -> Iterator[Row]:
    """Selection, options and notes of the plans as a whole."""
    about = ("changed", "plan", "", "")
    if before.title != after.title:
        yield *about, "selection", before.title, after.title
    ours, theirs = before.options.model_dump(), after.options.model_dump()
    for name in sorted({*ours, *theirs}):
        if ours.get(name) != theirs.get(name):
            values = _value(ours.get(name)), _value(theirs.get(name))
            yield *about, f"options.{name}", *values
    for note in sorted({*before.notes, *after.notes}):
        if (note in before.notes) != (note in after.notes):
            yield *about, "note", *((note, "") if note in before.notes else ("", note))


def _nodes(before: Mapping[Any, Node], after: Mapping[Any, Node]) -> Iterator[Row]:
    """What only one of them has, and what differs, in the order of the plans."""
    for ref, node in before.items():
        if ref not in after:
            yield *_of("gone", node), "action", node.decision.action.value, ""
    for ref, node in after.items():
        was = before.get(ref)
        if was is None:
            yield *_of("new", node), "action", "", node.decision.action.value
            continue
        ours, theirs = _fields(was), _fields(node)
        for name in [*ours, *(n for n in theirs if n not in ours)]:
            if ours.get(name) != theirs.get(name):
                values = _value(ours.get(name)), _value(theirs.get(name))
                yield *_of("changed", node), name, *values


def _of(change: str, node: Node) -> tuple[str, str, str, str]:
    return change, node.ref.type, node.resource.label, node.ref.id


def _fields(node: Node) -> dict[str, Any]:
    decision = node.decision
    return {
        "action": decision.action.value,
        "reason": "; ".join([decision.reason, *map(str, decision.differences)]),
        "destination": decision.destination_id,
        "notes": list(decision.notes),
        "announced": list(decision.announced),
        "bytes": decision.size,
        "name": node.resource.name,
        **{f"record.{k}": v for k, v in sorted(node.resource.record.items())},
    }


def _value(value: Any) -> str:
    """A value as a cell: text as it is, all else as JSON, not too long."""
    if value is None or value == []:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
