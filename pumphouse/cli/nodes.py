# SPDX-License-Identifier: Apache-2.0
"""Which nodes of a plan a command shows: by default those that change something."""

from __future__ import annotations

import argparse
import fnmatch
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pumphouse.models import Action

if TYPE_CHECKING:
    from pumphouse.cli.workspace import Workspace
    from pumphouse.plan.document import Node

CHANGES = (Action.CREATE, Action.BLOCKED, Action.LEFT_OUT)


def add_filters(parser: argparse.ArgumentParser) -> None:
    """``--action``, ``--type``, ``--name`` and ``--all``."""
    parser.add_argument(
        "--action",
        action="append",
        default=[],
        choices=[action.value for action in Action],
        help="only what has this action; may be repeated",
    )
    parser.add_argument(
        "--type",
        metavar="TYPE",
        action="append",
        default=[],
        help="only of this resource type; may be repeated",
    )
    parser.add_argument(
        "--name",
        metavar="PATTERN",
        action="append",
        default=[],
        help="only what is named so, with the wildcards of a shell; may be repeated",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="also what changes nothing on the destination; machine output and "
        "--action always have all",
    )


def check(parsed_args: argparse.Namespace, workspace: Workspace) -> None:
    """Before anything else is done or said.

    :raises InputError: there is no such type
    """
    for name in parsed_args.type:
        workspace.type(name)


def chosen(
    nodes: Iterable[Node],
    parsed_args: argparse.Namespace,
    say: Callable[[str], None],
) -> list[Node]:
    """Those of *nodes* that the options ask for, in their order.

    Says how many are left out for that they change nothing.
    """
    actions, types = parsed_args.action, parsed_args.type
    asked = [
        node
        for node in nodes
        if (not actions or node.decision.action.value in actions)
        and (not types or node.ref.type in types)
        and _named(node, parsed_args.name)
    ]
    if parsed_args.all or actions or parsed_args.formatter != "table":
        return asked
    left = Counter(node.decision.action.value for node in asked if not _matters(node))
    if left:
        counts = ", ".join(
            f"{left[a.value]} {a.value}" for a in Action if left[a.value]
        )
        say(f"not shown, as nothing changes there: {counts} (--all shows them)")
    return [node for node in asked if _matters(node)]


def _matters(node: Node) -> bool:
    """Whether something is done, should be done, or has changed since it was."""
    return node.decision.action in CHANGES or bool(node.decision.differences)


def _named(node: Node, patterns: list[str]) -> bool:
    return not patterns or any(
        fnmatch.fnmatchcase(name, pattern)
        for pattern in patterns
        for name in (node.resource.name, node.resource.label)
    )
