# SPDX-License-Identifier: Apache-2.0
"""Takes a run back: a flow of its own, through the graph in reverse order.

A rollback is a run like any other, of the same plan and of kind ``rollback``: it
is driven, watched, killed and resumed in the same ways.  What it is about is laid
down when it begins, in its nodes and in its first event:

* resources that the run to be undone created and that are bound to this very run.
  What was adopted, registered, mapped, or created by another run stays;
* resources of its plan about which an intent is open: a server that it suspended,
  a creation of which nobody knows the outcome.

Each is deleted, then unbound; a deletion that took effect before a crash is found
done.  Whatever else uses one of them makes its node fail, and what it stands on
waits.  From then on the run that was undone is not resumed any more: see
``undoing``.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx
from taskflow.patterns import linear_flow

from pumphouse import exceptions
from pumphouse.flow import undoing
from pumphouse.flow.compile import kind_of
from pumphouse.flow.engine import GraphFlow, Patience
from pumphouse.flow.remedies import remedies
from pumphouse.flow.tasks import ONCE, Recorder, StepTask
from pumphouse.models import Action, Binding, Origin, Ref, Resource
from pumphouse.plan.document import Node, Plan
from pumphouse.resources.base import ResourceType, Step
from pumphouse.resources.context import Context
from pumphouse.resources.registry import resource_types
from pumphouse.store import Store
from pumphouse.store.rows import RunRow


@dataclass(frozen=True, slots=True)
class Outline:
    """What a rollback is about.

    :param undone: nodes that it takes back, in the plan's order
    :param kept: nodes that stay on the destination, with the reason
    """

    undone: tuple[Node, ...]
    kept: tuple[tuple[Node, str], ...]


def outline(store: Store, plan: Plan, run: RunRow) -> Outline:
    """What a rollback of *run* would take back now, and what not."""
    bindings = store.bindings_of(plan.pair, plan.nodes)
    kinds = [k for k, each in remedies(resource_types()).items() if not each.shared]
    begun = {i.ref for i in store.open_intents(plan.pair, kinds=kinds)}
    undone, kept = [], []
    for node in plan.nodes.values():
        bound = bindings.get(node.ref)
        why = _stays(node, bound, run.id)
        if why:
            kept.append((node, why))
        elif bound is not None or node.ref in begun:
            undone.append(node)
    return Outline(tuple(undone), tuple(kept))


def _stays(node: Node, bound: Binding | None, run_id: str) -> str:
    """Why a node is none of the rollback's business; empty if it may be."""
    if bound is None:
        is_mapped = node.decision.action is Action.MAP
        return "mapped: it was there before" if is_mapped else ""
    if bound.origin is Origin.ADOPTED:
        return "adopted: it was there before"
    if bound.origin is Origin.REGISTERED:
        return "registered by hand"
    return "" if bound.run_id == run_id else f"created by run {bound.run_id[:8]}"


def compile_rollback(
    plan: Plan,
    run: RunRow,
    types: Mapping[str, ResourceType],
    context: Context,
    recorder: Recorder,
    store: Store,
    patience: Patience = ONCE,
) -> GraphFlow:
    """The flow of the rollback *run*: the same atoms each time it is compiled.

    :param patience: how often a step is tried that fails for the moment
    :raises InputError: the plan has a type that is not installed here
    """
    undone = undoing.undoes(store, run)
    said = {node.ref: node.details for node in store.nodes(undone)}
    flow = GraphFlow(f"rollback of run {undone}")
    flows: dict[Ref, Any] = {}
    for row in store.nodes(run.id):
        kind = kind_of(plan.nodes[row.ref], types)
        resource = kind.before(plan.nodes[row.ref].resource, said.get(row.ref, {}))

        def make(step: str, function: Step, resource: Resource = resource) -> StepTask:
            guarded = _only_of(undone, function)
            return StepTask(step, guarded, resource, context, recorder, patience)

        tasks = kind.undo_tasks(resource, make)
        tasks[-1].last = True
        flows[row.ref] = linear_flow.Flow(str(row.ref)).add(*tasks)
    flow.add(*flows.values())
    for first, then in _reversed(plan.graph, flows):
        flow.link(flows[first], flows[then])
    workloads = {ref for ref in flows if types[ref.type].workload}
    services = {name: kind.service for name, kind in types.items()}
    for first, then in surroundings(plan.graph, flows, workloads, services):
        flow.link(flows[first], flows[then])
    return flow


def _reversed(graph: nx.DiGraph, wanted: Collection[Ref]) -> Iterator[tuple[Ref, Ref]]:
    """(goes first, goes then) for the *wanted* nodes: dependents before needs.

    Nodes that are not wanted pass the order on.
    """
    above: dict[Ref, set[Ref]] = {}  # wanted nodes that have to go first
    for ref in reversed(list(nx.topological_sort(graph))):
        above[ref] = set()
        for dependent in graph.successors(ref):
            above[ref] |= {dependent} if dependent in wanted else above[dependent]
        if ref in wanted:
            for first in sorted(above[ref]):
                yield first, ref


def surroundings(
    graph: nx.DiGraph,
    wanted: Collection[Ref],
    workloads: Collection[Ref],
    services: Mapping[str, str],
) -> Iterator[tuple[Ref, Ref]]:
    """(workload, then) for what no workload needs but what is around one.

    The rules of a server's groups, its floating IP, the routes of its network: they
    go after it.  A server that cannot be taken back keeps them all.  Found by way
    of the nearest needs of the same service that a workload needs as well.  What
    itself needs a workload is left out, so this closes no circle.

    :param services: of which service each type is
    """

    @functools.cache
    def above(ref: Ref) -> frozenset[Ref]:
        return frozenset(nx.descendants(graph, ref).intersection(workloads))

    for ref in wanted:
        if ref in workloads or above(ref):
            continue
        if not nx.ancestors(graph, ref).isdisjoint(workloads):
            continue
        near: set[Ref] = {ref}
        found: set[Ref] = set()
        while near and not found:
            needs = {need for each in near for need in graph.predecessors(each)}
            near = {n for n in needs if services[n.type] == services[ref.type]}
            found.update(*map(above, near))
        for workload in sorted(found):
            yield workload, ref


def _only_of(run_id: str, function: Step) -> Step:
    """The step, unless something else than what that run made is bound by now."""

    def guarded(ctx: Context, resource: Resource) -> Mapping[str, Any] | None:
        bound = ctx.binding(resource.ref)
        made = bound and bound.origin is Origin.CREATED and bound.run_id == run_id
        if bound is not None and not made:
            raise exceptions.ResourceError(
                f"meanwhile {bound.destination_id} ({bound.origin.value}) stands for "
                "it, which this rollback does not touch",
                resource=str(resource),
                hint="'pumphouse rollback' of the run that brought it takes it back",
            )
        try:
            return function(ctx, resource)
        except exceptions.Conflict as error:
            error.hint = error.hint or (
                "Something that the run did not make uses it on the destination: "
                "remove that there, then resume"
            )
            raise

    return guarded
