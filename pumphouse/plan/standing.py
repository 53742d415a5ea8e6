# SPDX-License-Identifier: Apache-2.0
"""Whether what a saved plan counts on still stands on the destination.

Days may lie between a plan and its run.  What was adopted must be there and be
equal still; what was mapped, or migrated earlier, must be there if anything that is
going to be created needs it, and be enabled if that is made within it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import PROJECT, USER, Action, Binding, Ref
from pumphouse.plan.document import Node, Plan
from pumphouse.plan.verification import read
from pumphouse.resources.base import ResourceType
from pumphouse.resources.fields import UNMAPPED
from pumphouse.text import some

_NAMED = 3  # resources spelled out in the error


def check(
    plan: Plan,
    source: Cloud,
    destination: Cloud,
    types: Mapping[str, ResourceType],
    bindings: Mapping[Ref, Binding],
) -> None:
    """Read what the plan counts on, type by type; changes nothing.

    :param bindings: all of this pair of clouds
    :raises PlanBlocked: something of it is gone, or no longer equal
    """
    wrong = list(_wrong(plan, source, destination, types, bindings))
    if not wrong:
        return
    raise exceptions.PlanBlocked(
        "the destination has changed since it was drawn up: "
        + some(wrong, _NAMED, "; "),
        resource=f"plan {plan.id[:8]}",
        hint=f"Nothing was started: plan {plan.title} again",
    )


def _wrong(
    plan: Plan,
    source: Cloud,
    destination: Cloud,
    types: Mapping[str, ResourceType],
    bindings: Mapping[Ref, Binding],
) -> Iterator[str]:
    own = {
        Ref(USER, source.user_id): destination.user_id,
        Ref(PROJECT, source.project_id): destination.project_id,
    }

    def translate(ref: Ref) -> str | None:
        """As when the plan was drawn up."""
        node = plan.nodes.get(ref)
        if node is not None:
            return node.decision.destination_id or UNMAPPED
        return bindings[ref].destination_id if ref in bindings else own.get(ref)

    counted_on = [n for n in plan.nodes.values() if _counts(plan, n)]
    ids: dict[str, set[str]] = defaultdict(set)
    for node in counted_on:
        ids[node.ref.type].add(node.decision.destination_id)
    there = read(destination, types, {name: sorted(ids[name]) for name in ids})
    for node in counted_on:
        kind, decision = types[node.ref.type], node.decision
        found = there.get(Ref(kind.name, decision.destination_id))
        if found is None:
            yield f"{node.resource} ({decision.destination_id} there) is gone"
        elif decision.action is Action.ADOPT:
            found = replace(found, record=kind.saved(found.record))
            differing = kind.compare(node.resource, found, translate, plan.options)
            if differing:
                yield f"{node.resource} differs, {', '.join(map(str, differing))}"
        elif kind.disabled(found) and _made_within(plan, node, types):
            yield f"{node.resource} ({decision.destination_id} there) is disabled"


def _counts(plan: Plan, node: Node) -> bool:
    if node.decision.action is Action.ADOPT:
        return True
    if node.decision.action not in (Action.MAP, Action.SKIP):
        return False
    return any(_created_for(plan, node))


def _created_for(plan: Plan, node: Node) -> Iterator[Node]:
    """What the plan creates of all that needs *node*."""
    for ref in plan.graph.successors(node.ref):
        if plan.nodes[ref].decision.action is Action.CREATE:
            yield plan.nodes[ref]


def _made_within(plan: Plan, node: Node, types: Mapping[str, ResourceType]) -> bool:
    return any(
        need.enabled and need.must and need.ref == node.ref
        for each in _created_for(plan, node)
        for need in types[each.ref.type].needs(each.resource)
    )
