# SPDX-License-Identifier: Apache-2.0
"""Preflight: what would make the plan fail later, looked for beforehand.

The destination's quotas are compared with what the plan is going to create, and
work in the selected projects that no resource type covers is named, so that it
does not stay behind unnoticed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import PROJECT, Action, Ref
from pumphouse.plan import staying
from pumphouse.plan.document import Node, Plan
from pumphouse.resources.base import ResourceType
from pumphouse.resources.quota import UNLIMITED, Quota

NEW = "new "


@dataclass(frozen=True)
class Preflight:
    """What was found.

    :param blocked: nodes that would fail, and why
    :param notes: what the operator should know
    """

    blocked: dict[Ref, str]
    notes: tuple[str, ...]

    def applied_to(self, plan: Plan) -> Plan:
        """The plan with these findings in it."""
        nodes = dict(plan.nodes)
        for ref, reason in self.blocked.items():
            node = nodes[ref]
            decision = replace(node.decision, action=Action.BLOCKED, reason=reason)
            nodes[ref] = replace(node, decision=decision)
        return replace(plan, nodes=nodes, notes=(*plan.notes, *self.notes))


def check(
    source: Cloud,
    destination: Cloud,
    plan: Plan,
    types: Mapping[str, ResourceType],
    whole_project: bool = True,
) -> Preflight:
    """Look for what would make *plan* fail, or stays.  Reads both clouds only.

    :param whole_project: all that belongs to the plan's projects was selected
    """
    blocked: dict[Ref, str] = {}
    notes: list[str] = []
    projects: dict[str, str] = {}
    for there, nodes in _created_by_project(plan).items():
        shown = _project_name(plan, nodes[0].resource.project_id)
        project = "" if there.startswith(NEW) else there
        for quota, takers in _by_quota(types, nodes).items():
            left = quota.left(destination, project)
            blocked.update(_too_much_of_one(types, takers, left, shown))
            blocked.update(_too_many(types, takers, left, shown))
    for ref, node in plan.nodes.items():
        if ref.type == PROJECT and node.decision.action is not Action.MAP:
            name = _project_name(plan, ref.id)
            if node.decision.action is Action.CREATE:
                notes.append(
                    f"quotas of project {name} are not carried: those that the "
                    "destination gives every project apply"
                )
            projects[ref.id] = name
    notes.extend(staying.notes(source, projects, whole_project=whole_project))
    return Preflight(blocked, tuple(notes))


def _project_name(plan: Plan, project_id: str) -> str:
    node = plan.nodes.get(Ref(PROJECT, project_id))
    return node.resource.name if node else project_id


def _created_by_project(plan: Plan) -> dict[str, list[Node]]:
    """By the project they will be in: two may be mapped to the same one.

    The key of one that is yet to be created begins with ``NEW``.
    """
    found: dict[str, list[Node]] = defaultdict(list)
    for node in plan.having(Action.CREATE):
        project = node.resource.project_id
        if project and not node.decision.destination_id:  # or it counts already
            owner = plan.nodes.get(Ref(PROJECT, project))
            there = owner.decision.destination_id if owner else ""
            found[there or NEW + project].append(node)
    return found


def _by_quota(
    types: Mapping[str, ResourceType], nodes: list[Node]
) -> dict[Quota, list[Node]]:
    """Those nodes that take of some quota."""
    found: dict[Quota, list[Node]] = defaultdict(list)
    for node in nodes:
        kind = types[node.ref.type]
        if kind.quota and (kind.uses(node.resource) or kind.holds(node.resource)):
            found[kind.quota].append(node)
    return found


def _too_many(
    types: Mapping[str, ResourceType],
    nodes: list[Node],
    left: Mapping[str, int],
    project: str,
) -> Iterator[tuple[Ref, str]]:
    """All that take of a quota that leaves too little for all of them."""
    wanted: Counter[str] = Counter()
    for node in nodes:
        wanted.update(types[node.ref.type].uses(node.resource))
    for name, want in wanted.items():
        room = left.get(name, UNLIMITED)
        if room == UNLIMITED or want <= room:
            continue
        for node in nodes:
            if name in types[node.ref.type].uses(node.resource):
                yield (
                    node.ref,
                    f"the destination's quota for {name} in project {project} leaves "
                    f"{room}, the plan needs {want}: raise it there and plan again",
                )


def _too_much_of_one(
    types: Mapping[str, ResourceType],
    nodes: list[Node],
    left: Mapping[str, int],
    project: str,
) -> Iterator[tuple[Ref, str]]:
    """Those that have more of something than one may have there."""
    for node in nodes:
        for name, has in types[node.ref.type].holds(node.resource).items():
            most = left.get(name, UNLIMITED)
            if most != UNLIMITED and has > most:
                yield (
                    node.ref,
                    f"it has {has} {name.replace('_', ' ')}, the destination's quota "
                    f"for {name} in project {project} allows {most}: raise it there "
                    "and plan again",
                )
