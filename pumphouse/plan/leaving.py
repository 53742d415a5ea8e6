# SPDX-License-Identifier: Apache-2.0
"""Leaves what is blocked out of a plan, with all that cannot do without it.

So one resource that cannot be moved does not keep all others.  What stands on the
destination already stays as it is; what can do without one that is left out comes,
and the plan says without what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pumphouse.models import Action, Decision, Need, Ref
from pumphouse.plan.document import Node, Plan
from pumphouse.resources.base import ResourceType

_GOES = (Action.CREATE, Action.ADOPT)


def without_blocked(plan: Plan, types: Mapping[str, ResourceType]) -> Plan:
    """*plan* without its blocked nodes, and without what must have one of them.

    Both are still in it, as left out.  The same plan, id and all, if nothing of it
    is blocked.

    :returns: a plan in which nothing is blocked, and nothing that it is going to
        create or adopt must have what is left out
    """
    if not any(plan.having(Action.BLOCKED)):
        return plan
    needs: dict[Ref, list[Need]] = defaultdict(list)
    for dependent, need in needed(plan, types):
        needs[dependent].append(need)
    nodes: dict[Ref, Node] = {}
    for ref, node in plan.nodes.items():  # what is needed comes first
        nodes[ref] = replace(node, decision=_decision(node, needs[ref], nodes))
    return replace(plan, nodes=nodes)


def needed(plan: Plan, types: Mapping[str, ResourceType]) -> Iterator[tuple[Ref, Need]]:
    """(dependent, need) of all that is in *plan*: what its edges are made of."""
    resources = {ref: node.resource for ref, node in plan.nodes.items()}
    for ref, resource in resources.items():
        for need in types[ref.type].needs(resource):
            yield ref, need
        for want in types[ref.type].goes_before(resource):
            yield want.ref, replace(want, ref=ref)
    for kind in types.values():
        yield from kind.among(resources)


def _decision(node: Node, needs: list[Need], before: Mapping[Ref, Node]) -> Decision:
    """What becomes of *node* if nobody insists on what is blocked.

    :param before: what was decided so far
    """
    decision = node.decision
    if decision.action is Action.BLOCKED:
        return replace(decision, action=Action.LEFT_OUT)
    if decision.action not in _GOES:
        return decision
    gone = [n for n in needs if _left_out(before.get(n.ref))]
    for need in gone:
        if need.must:
            what = before[need.ref].resource
            reason = f"needs {what} ({need.why}), which is left out"
            return replace(decision, action=Action.LEFT_OUT, reason=reason)
    notes = tuple(
        f"{before[n.ref].resource} ({n.why}) is left out: "
        f"{n.otherwise or 'it comes without that'}"
        for n in gone
    )
    fields = tuple(n.field for n in gone if n.field)
    return replace(
        decision,
        notes=tuple(dict.fromkeys((*decision.notes, *notes))),
        announced=tuple(dict.fromkeys((*decision.announced, *fields))),
    )


def _left_out(node: Node | None) -> bool:
    return node is not None and node.decision.action is Action.LEFT_OUT
