# SPDX-License-Identifier: Apache-2.0
"""The report of a run: what happened to each resource, and what now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pumphouse.models import NOT_KEPT, USER, Action, Ref
from pumphouse.plan.document import Plan
from pumphouse.report.downtime import downtime
from pumphouse.store import Store, actor
from pumphouse.store.rows import MIGRATE, ROLLBACK, NodeRow, NodeState, RunRow, RunState
from pumphouse.text import printable, some

if TYPE_CHECKING:
    import networkx as nx

    from pumphouse.resources.temporaries import Temporary

# What the step that copies passwords says of users who need no new one.
KEPT = ("copied", "none", "the destination's own")

_DONE = {MIGRATE: "migrated", ROLLBACK: "taken back"}

_DEEDS = {
    actor.RESUMED: "resumed",
    actor.ROLLED_BACK: "rollback begun",
    actor.CLEANED_UP: "cleaned up",
}

_CAUSES = 3  # failures that one pending node is said to wait for


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
class Deed:
    """What somebody did with a run after it was applied.

    :param at: ISO 8601, UTC
    """

    at: str
    what: str
    by: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run stands.

    :param counts: nodes per type that are done
    :param downtime: seconds each server was down, in all attempts, by name (and id,
        where two have it)
    :param halted: servers that this run suspended on the source and has neither
        brought up on the destination nor put back: their users wait
    :param left: temporary things on the destination that were not undone, by kind
    :param not_kept: fields that could not be kept, as the run found, and of what:
        ``user_id of server web`` says that it belongs to Pumphouse's own user
    :param announced: those of which the plan had said so
    :param left_out: what the plan leaves out, and why
    :param without_password: users who need a new password on the destination
    :param planned_by: who it was, as ``user@host``; so ``applied_by``, ``approved_by``
    :param approval: ``answer`` (yes, at the question), ``--yes`` or ``apply``
    :param later: who resumed it, took it back or cleaned up after it
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
    halted: tuple[str, ...]
    left: dict[str, int]
    without_password: tuple[str, ...]
    not_kept: tuple[str, ...]
    announced: tuple[str, ...]
    left_out: tuple[Line, ...]
    bytes: int
    requests: dict[str, int]
    planned_by: str
    applied_by: str
    approved_by: str
    approval: str
    later: tuple[Deed, ...]

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
        state=state(store, run),
        done=len(done),
        counts=dict(sorted(Counter(n.ref.type for n in done).items())),
        failed=tuple(_line(plan, nodes[r], nodes[r].error) for r in sorted(failed)),
        pending=tuple(_pending(plan, run.kind, nodes, failed)),
        downtime=downtime(store, plan, run, nodes.values()),
        halted=tuple(_halted(store, plan, run)),
        left=_left(store, plan, run),
        not_kept=tuple(_not_kept(plan, nodes.values(), announced=False)),
        announced=tuple(_not_kept(plan, nodes.values(), announced=True)),
        left_out=tuple(
            Line(n.ref.type, n.resource.label, n.ref.id, n.decision.reason)
            for n in (() if run.kind == ROLLBACK else plan.left_out)
        ),
        without_password=tuple(
            () if run.kind == ROLLBACK else _without_password(plan, nodes)
        ),
        bytes=sum(int(n.details.get("bytes", 0)) for n in nodes.values()),
        requests={
            side: int(run.summary.get(f"requests_{side}", 0))
            for side in ("source", "destination")
        },
        planned_by=store.planned_by(plan.id),
        applied_by=run.applied_by,
        approved_by=run.approved_by,
        approval=run.approval.value if run.approval else "",
        later=tuple(
            Deed(each.at, _DEEDS[each.name], str(each.details["by"]))
            for each in store.events_named(run.id, _DEEDS)
        ),
    )


def state(store: Store, run: RunRow) -> str:
    """How a run stands; one whose process died is not running."""
    if run.state is RunState.RUNNING and store.abandoned(run):
        return "cut off"
    return run.state.value


def _line(plan: Plan, node: NodeRow, text: str) -> Line:
    name = plan.nodes[node.ref].resource.label
    return Line(node.ref.type, name, node.ref.id, text, node.step)


def _not_kept(
    plan: Plan, nodes: Iterable[NodeRow], *, announced: bool
) -> Iterator[str]:
    """What could not be kept of them: that which was announced, or the rest."""
    for node in nodes:
        planned = plan.nodes[node.ref]
        for name in node.details.get(NOT_KEPT, ()):
            if (name in planned.decision.announced) is announced:
                yield f"{name} of {planned.resource}"


def _remedies() -> Mapping[str, Temporary]:
    """By kind of intent.  Lists of runs need none of what this takes to load."""
    from pumphouse.flow.remedies import remedies
    from pumphouse.resources.registry import resource_types

    return remedies(resource_types())


def _halted(store: Store, plan: Plan, run: RunRow) -> Iterator[str]:
    known = _remedies()
    for intent in store.open_intents(plan.pair, run_id=run.id, kinds=[*known]):
        node = plan.nodes.get(intent.ref)
        if node is not None and known[intent.kind].stops(intent.details):
            yield node.resource.label


def _left(store: Store, plan: Plan, run: RunRow) -> dict[str, int]:
    if run.owner is not None:
        return {}  # it works with them
    shared = [k for k, each in _remedies().items() if each.shared]
    still = store.open_intents(plan.pair, run_id=run.id, kinds=shared)
    return dict(sorted(Counter(intent.kind for intent in still).items()))


def _pending(
    plan: Plan, kind: str, nodes: dict[Ref, NodeRow], failed: set[Ref]
) -> Iterator[Line]:
    causes = _causes(plan.graph.reverse() if kind == ROLLBACK else plan.graph, failed)
    for ref, node in nodes.items():
        if node.state in (NodeState.DONE, NodeState.FAILED):
            continue
        waits = some([str(plan.nodes[c].resource) for c in causes[ref]], _CAUSES)
        interrupted = "interrupted" if node.state is NodeState.RUNNING else ""
        yield _line(plan, node, f"waits for {waits}" if waits else interrupted)


def _causes(graph: nx.DiGraph, failed: set[Ref]) -> dict[Ref, list[Ref]]:
    """Some of the failures that each node waits for, in one walk over the graph."""
    import networkx as nx

    causes: dict[Ref, list[Ref]] = {}
    for ref in nx.topological_sort(graph):
        above: set[Ref] = set()
        for before in graph.predecessors(ref):
            above.update(causes[before])
            if before in failed:
                above.add(before)
        causes[ref] = sorted(above)[: _CAUSES + 1]
    return causes


def _without_password(plan: Plan, nodes: dict[Ref, NodeRow]) -> Iterator[str]:
    for ref, node in plan.nodes.items():
        if ref.type != USER or node.decision.action is not Action.CREATE:
            continue
        row = nodes.get(ref)
        if row is not None and row.details.get("login") not in KEPT:
            yield node.resource.name


_SHOWN = 10  # of one sort in the text; failures are always shown


def as_text(report: RunReport) -> str:
    """The report for people."""
    lines = [f"run {report.run_id[:8]} {report.state}: {report.title}"]
    if report.counts:
        counts = ", ".join(f"{n} {kind}" for kind, n in report.counts.items())
        lines.append(f"  {_DONE.get(report.kind, 'done')}: {counts}")
    longest = sorted(report.downtime.items(), key=lambda each: -each[1])
    for name, value in sorted(longest[:_SHOWN]):
        lines.append(f"  downtime: server {name} {value:.1f} s")
    if len(longest) > _SHOWN:
        lines.append(f"  downtime: {len(longest) - _SHOWN} more, all of them shorter")
    if report.halted:
        lines.append(
            "  STANDING STILL, suspended on the source and not yet on the destination: "
            + some(sorted(report.halted), _SHOWN)
        )
    if report.left:
        counts = ", ".join(f"{n} {kind}" for kind, n in report.left.items())
        lines.append(
            f"  LEFT on the destination: {counts}, temporary; 'pumphouse cleanup' "
            "undoes that"
        )
    if report.not_kept:
        lines.append("  could not be kept: " + some(sorted(report.not_kept), _SHOWN))
    if report.announced:
        said = some(sorted(report.announced), _SHOWN)
        lines.append(f"  could not be kept, as the plan said: {said}")
    for line in report.left_out[:_SHOWN]:
        lines.append(f"  left out: {line.type} {line.name}: {line.text}")
    if len(report.left_out) > _SHOWN:
        more = len(report.left_out) - _SHOWN
        lines.append(f"  left out: {more} more; 'pumphouse plan show' lists them all")
    if report.without_password:
        lines.append(
            "  without a password on the destination: "
            + some(sorted(report.without_password), _SHOWN)
        )
    for line in report.failed:
        where = f" in {line.step}" if line.step else ""
        lines.append(f"  FAILED{where}: {line.text}")
    for line in report.pending[:_SHOWN]:
        shown = f"{line.type} {line.name}"
        lines.append(f"  pending: {shown} {line.text}".rstrip())
    if len(report.pending) > _SHOWN:
        more = len(report.pending) - _SHOWN
        lines.append(f"  pending: {more} more; 'pumphouse run show' lists them all")
    lines.append(
        f"  requests: {report.requests['source']} to the source, "
        f"{report.requests['destination']} to the destination"
    )
    return "\n".join(map(printable, lines)) + "\n"


def deeds(report: RunReport) -> list[str]:
    """Who did what with the run, for people: a line each, as far as it is known."""
    first = (
        ("planned", report.planned_by, ""),
        ("applied", report.applied_by, ""),
        ("approved", report.approved_by, f" ({report.approval})"),
    )
    lines = [f"  {what} by {by}{how}" for what, by, how in first if by]
    lines += [f"  {d.what} by {d.by}, {d.at[:19]}Z" for d in report.later[-_SHOWN:]]
    return list(map(printable, lines))
