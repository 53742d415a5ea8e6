# SPDX-License-Identifier: Apache-2.0
"""Compiles a plan into the one TaskFlow flow that carries it out.

A node that is to be created becomes a linear flow of its steps; edges run
between those, never as layer barriers.  Nodes that are adopted, mapped or done
already need no task: what stands for them is known before the flow starts, so
an edge from one orders nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from taskflow.patterns import linear_flow

from pumphouse import exceptions
from pumphouse.flow.engine import GraphFlow, Patience
from pumphouse.flow.tasks import ONCE, Recorder, StepTask
from pumphouse.models import Action, Ref
from pumphouse.plan.document import Node, Plan
from pumphouse.resources.base import ResourceType, Step
from pumphouse.resources.context import Context


def compile_plan(
    plan: Plan,
    types: Mapping[str, ResourceType],
    context: Context,
    recorder: Recorder,
    patience: Patience = ONCE,
    done: Collection[Ref] = (),
) -> GraphFlow:
    """The flow of *plan*: the same atoms, by name, each time it is compiled.

    :param patience: how often a step is tried that fails for the moment
    :param done: nodes that an earlier process has brought to their end: they have
        no part in it any more, and what needs them need not wait
    :raises InputError: the plan has a type that is not installed here
    """
    flow = GraphFlow(f"plan {plan.id}")
    flows = {}
    for node in plan.having(Action.CREATE):
        if node.ref in done:
            continue
        kind = kind_of(node, types)

        def make(step: str, function: Step, resource=node.resource) -> StepTask:  # type: ignore[no-untyped-def]
            return StepTask(step, function, resource, context, recorder, patience)

        tasks = kind.tasks(node.resource, make)
        tasks[-1].last = True
        if kind.restart:
            names = [task.name for task in tasks]
            for number, task in enumerate(tasks):
                task.steps = names[: number + 1]
        flows[node.ref] = linear_flow.Flow(str(node.ref)).add(*tasks)
    flow.add(*flows.values())
    for before, after, _why in plan.edges:
        if before in flows and after in flows:
            flow.link(flows[before], flows[after])
    return flow


def kind_of(node: Node, types: Mapping[str, ResourceType]) -> ResourceType:
    """The resource type of *node*.

    :raises InputError: it is not installed here
    """
    kind = types.get(node.ref.type)
    if kind is None:
        raise exceptions.InputError(
            f"the plan needs resource type {node.ref.type!r}",
            hint="Install the plug-in that brings it",
        )
    return kind
