# SPDX-License-Identifier: Apache-2.0
"""``pumphouse run ...``: what runs there were and how they stand."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from pumphouse.cli import arguments, base, exits
from pumphouse.cli import plan as plans
from pumphouse.flow import history
from pumphouse.store.rows import NodeRow, NodeState, RunRow


class RunList(base.Lister):
    """List runs, newest first"""

    codes = exits.STORED
    example = "pumphouse run list -f value -c ID -c State"

    nothing = "there is no run yet"
    wide = frozenset({"Plan", "Applied By", "Approved By", "Approved With"})
    ids = frozenset({"ID", "Plan"})
    times = frozenset({"Started At"})

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        from pumphouse.report import run as reports

        store = self.workspace.store
        titles = {p.id: p.title for p in store.plans()}
        runs = store.runs()
        counts = self._counts(runs)
        return (
            (
                *("ID", "Kind", "Plan", "Title", "State"),
                *("Done", "Failed", "Pending", "Started At"),
                *("Applied By", "Approved By", "Approved With"),
            ),
            [
                (
                    run.id,
                    run.kind,
                    run.plan_id,
                    titles.get(run.plan_id, ""),
                    reports.state(store, run),
                    *counts[run.id],
                    run.started_at,
                    run.applied_by,
                    run.approved_by,
                    run.approval.value if run.approval else "",
                )
                for run in runs
            ],
        )

    def _counts(self, runs: Iterable[RunRow]) -> dict[str, tuple[int, int, int]]:
        """Done, failed and other nodes of each run, by its id."""
        counts: dict[str, tuple[int, int, int]] = {}
        uncounted = []
        for run in runs:
            ended = run.summary
            if run.finished_at and "done" in ended:  # it was counted as it ended
                rest = ended.get("pending", 0) + ended.get("running", 0)
                counts[run.id] = (ended["done"], ended.get("failed", 0), rest)
            else:
                uncounted.append(run.id)
        for run_id, states in self.workspace.store.node_counts(uncounted).items():
            done, failed = states[NodeState.DONE], states[NodeState.FAILED]
            counts[run_id] = (done, failed, sum(states.values()) - done - failed)
        return counts


class RunShow(base.Lister):
    """Show a run, resource by resource"""

    codes = exits.STORED
    example = "pumphouse run show --report report.json"

    wide = frozenset({"Source ID"})

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        arguments.add_run(parser, "the newest run")
        parser.add_argument(
            "--report", metavar="FILE", help="also write the report as JSON"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        from pumphouse.report import run as reports

        store = self.workspace.store
        run = arguments.run_of(store, parsed_args.run, history.newest)
        plan = plans.load(store, run.plan_id)
        report = reports.report(store, plan, run)
        self.say(*reports.as_text(report).splitlines(), *reports.deeds(report))
        if parsed_args.report:
            import json

            plans.write(
                parsed_args.report, json.dumps(report.as_json(), indent=1) + "\n"
            )
        names = {ref: node.resource.label for ref, node in plan.nodes.items()}
        return (
            ("Type", "Name", "Source ID", "State", "Step", "Attempts", "Error"),
            [self._row(node, names.get(node.ref, "")) for node in store.nodes(run.id)],
        )

    def _row(self, node: NodeRow, name: str) -> tuple[Any, ...]:
        return (
            node.ref.type,
            name,
            node.ref.id,
            node.state.value,
            node.step,
            node.attempts,
            node.error,
        )
