# SPDX-License-Identifier: Apache-2.0
"""``pumphouse rollback``: take back what a run made on the destination."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable

from pumphouse.cli import arguments, exits
from pumphouse.cli import plan as plans
from pumphouse.cli.ask import ask, said_yes
from pumphouse.cli.migrate import Driver
from pumphouse.cli.progress import Nobody
from pumphouse.plan.document import Node
from pumphouse.store.rows import NodeState, RunRow
from pumphouse.text import count, printable, some

_NAMED = 10  # of one reason or type; the rest is counted


class Rollback(Driver):
    """Take back what a run made on the destination, and start its sources again"""

    codes = exits.RUN
    example = "pumphouse rollback RUN --yes || pumphouse resume"

    _epilog = (
        "Deletes in reverse order what this run created, nothing else, and brings "
        "source servers back to what they were. What users wrote to the servers on "
        "the destination since is lost. It is a run of its own: 'pumphouse resume' "
        "goes on with it."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_this_run(parser)
        arguments.add_yes(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from pumphouse.flow import rollback, undoing

        store = self.workspace.store
        run = arguments.run_of(store, parsed_args.run)
        plan = plans.load(store, run.plan_id)
        self.workspace.runner(Nobody()).check_pair(plan)
        earlier = undoing.unfinished(store, run)
        found = rollback.outline(store, plan, run)
        undone = found.undone
        if earlier is not None:
            self.say(f"run {earlier.id[:8]} has begun this rollback: it goes on")
            left = store.nodes(earlier.id)
            undone = tuple(
                plan.nodes[n.ref] for n in left if n.state is not NodeState.DONE
            )
        elif not undone:
            return self.nothing_to_do(f"nothing is left of what run {run.id[:8]} made")
        self._show(run, undone, found.kept)
        if not parsed_args.yes:
            ask(self.app, "Take this back?", about=f"run {run.id[:8]}")
        if earlier is None:
            approval = said_yes(parsed_args)
            earlier = undoing.begin(store, plan, run, undone, approval)
        return self.drive(plan, earlier)

    def _show(
        self, run: RunRow, undone: Iterable[Node], kept: Iterable[tuple[Node, str]]
    ) -> None:
        groups: dict[str, list[Node]] = defaultdict(list)
        for node in undone:
            groups["takes back"].append(node)
        for node, why in kept:
            groups[f"keeps, {why}"].append(node)
        lines = [f"rollback of run {run.id[:8]}"]
        for title, nodes in groups.items():
            lines.append(f"  {title}: {count(len(nodes), 'resource')}")
            by_type: dict[str, list[str]] = defaultdict(list)
            for node in nodes:
                by_type[node.ref.type].append(node.resource.label)
            for kind, names in sorted(by_type.items()):
                lines.append(f"    {len(names)} {kind}: {some(names, _NAMED)}")
        self.app.stdout.write("\n".join(map(printable, lines)) + "\n")
