# SPDX-License-Identifier: Apache-2.0
"""The report of a run: what happened to each resource, and what now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import networkx as nx

from pumphouse.models import Action, Ref
from pumphouse.plan.document import Plan
from pumphouse.store import Store
from pumphouse.store.rows import MIGRATE, ROLLBACK, NodeRow, NodeState, RunRow

# What the step that copies passwords says of users who need no new one.
KEPT = ("copied", "none", "the destination's own")

_DONE = {MIGRATE: "migrated", ROLLBACK: "taken back"}


@dataclass(frozen=True, slots=True)
class Line:
    """One resource in the report.

    :param text: the error of a failed one, what a pending one waits for
    """

    type: str
    name: str
    source_id: str
    text: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run stands.

    :param counts: nodes per type that are done
    :param downtime: seconds each server was down, by name
    :param without_password: users who need a new password on the destination
    """

    run_id: str
    kind: str
    plan_id: str
    title: str
    state: str
    done: int
    counts: dict[str, int]
    failed: tuple[Line, ...]
    pending: tuple[Line, ...]
    downtime: dict[str, float]
    without_password: tuple[str, ...]
    bytes: int
    requests: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON types."""
        return asdict(self)


def report(store: Store, plan: Plan, run: RunRow) -> RunReport:
    """The report of *run*, which is one of *plan*."""
    nodes = {n.ref: n for n in store.nodes(run.id)}
    failed = {r for r, n in nodes.items() if n.state is NodeState.FAILED}
    done = [n for n in nodes.values() if n.state is NodeState.DONE]
    return RunReport(
        run_id=run.id,
        kind=run.kind,
        plan_id=plan.id,
        title=plan.title,
        state=run.state.value,
        done=len(done),
        counts=dict(sorted(Counter(n.ref.type for n in done).items())),
        failed=tuple(_line(plan, nodes[r], nodes[r].error) for r in sorted(failed)),
        pending=tuple(_pending(plan, run.kind, nodes, failed)),
        downtime={
            plan.nodes[n.ref].resource.name: float(n.details["downtime"])
            for n in nodes.values()
            if n.details.get("downtime") is not None
        },
        without_password=tuple(
            () if run.kind == ROLLBACK else _without_password(plan, nodes)
        ),
        bytes=sum(int(n.details.get("bytes", 0)) for n in nodes.values()),
        requests={
            side: int(run.summary.get(f"requests_{side}", 0))
            for side in ("source", "destination")
        },
    )


def _line(plan: Plan, node: NodeRow, text: str) -> Line:
    name = plan.nodes[node.ref].resource.name
    return Line(node.ref.type, name, node.ref.id, text, node.step)


def _pending(
    plan: Plan, kind: str, nodes: dict[Ref, NodeRow], failed: set[Ref]
) -> Iterator[Line]:
    before = nx.descendants if kind == ROLLBACK else nx.ancestors
    for ref, node in nodes.items():
        if node.state in (NodeState.DONE, NodeState.FAILED):
            continue
        causes = sorted(failed & before(plan.graph, ref))
        waits = ", ".join(str(plan.nodes[c].resource) for c in causes)
        interrupted = "interrupted" if node.state is NodeState.RUNNING else ""
        yield _line(plan, node, f"waits for {waits}" if waits else interrupted)


def _without_password(plan: Plan, nodes: dict[Ref, NodeRow]) -> Iterator[str]:
    for ref, node in plan.nodes.items():
        if ref.type != "user" or node.decision.action is not Action.CREATE:
            continue
        row = nodes.get(ref)
        if row is not None and row.details.get("login") not in KEPT:
            yield node.resource.name


_SHOWN = 10  # pending ones in the text; failures are always shown


def as_text(report: RunReport) -> str:
    """The report for people."""
    lines = [f"run {report.run_id[:8]} {report.state}: {report.title}"]
    if report.counts:
        counts = ", ".join(f"{n} {kind}" for kind, n in report.counts.items())
        lines.append(f"  {_DONE.get(report.kind, 'done')}: {counts}")
    for name, value in sorted(report.downtime.items()):
        lines.append(f"  downtime: server {name} {value:.1f} s")
    if report.without_password:
        lines.append(
            "  without a password on the destination: "
            + ", ".join(sorted(report.without_password))
        )
    for line in report.failed:
        where = f" in {line.step}" if line.step else ""
        lines.append(f"  FAILED{where}: {line.text}")
    for line in report.pending[:_SHOWN]:
        shown = f"{line.type} {line.name or line.source_id}"
        lines.append(f"  pending: {shown} {line.text}".rstrip())
    if len(report.pending) > _SHOWN:
        more = len(report.pending) - _SHOWN
        lines.append(f"  pending: {more} more; 'pumphouse run show' lists them all")
    lines.append(
        f"  requests: {report.requests['source']} to the source, "
        f"{report.requests['destination']} to the destination"
    )
    return "\n".join(lines) + "\n"
