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
from typing import Any

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Action, Ref
from pumphouse.plan import staying
from pumphouse.plan.document import Node, Plan

UNLIMITED = -1
NEW = "new "
_FEW = 10  # keypairs of one user for which nobody is asked whether that is too many

# Neutron's quota names for our types; Nova counts servers by what they use.
NETWORK_QUOTAS = {
    "network": "network",
    "subnet": "subnet",
    "port": "port",
    "router": "router",
    "floating-ip": "floatingip",
    "security-group": "security_group",
    "security-group-rule": "security_group_rule",
}


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
    source: Cloud, destination: Cloud, plan: Plan, whole_project: bool = True
) -> Preflight:
    """Look for what would make *plan* fail, or stays.  Reads both clouds only.

    :param whole_project: all that belongs to the plan's projects was selected
    """
    blocked: dict[Ref, str] = {}
    notes: list[str] = []
    projects: dict[str, str] = {}
    for there, nodes in _created_by_project(plan).items():
        free = _left_in(destination, there, nodes)
        shown = _project_name(plan, nodes[0].resource.project_id)
        blocked.update(_too_much_metadata(nodes, free, shown))
        for name, wanted, left in _short(nodes, free):
            reason = (
                f"the destination's quota for {name} in project {shown} leaves "
                f"{left}, the plan needs {wanted}: raise it there and plan again"
            )
            for node in nodes:
                if node.ref.type in (name, _type_of(name)):
                    blocked[node.ref] = reason
    blocked.update(_too_many_keypairs(destination, plan))
    for ref, node in plan.nodes.items():
        if ref.type == "project" and node.decision.action is not Action.MAP:
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
    node = plan.nodes.get(Ref("project", project_id))
    return node.resource.name if node else project_id


def _type_of(quota: str) -> str:
    if quota in ("instances", "cores", "ram"):
        return "server"
    return next((t for t, q in NETWORK_QUOTAS.items() if q == quota), quota)


def _created_by_project(plan: Plan) -> dict[str, list[Node]]:
    """By the project they will be in: two may be mapped to the same one.

    The key of one that is yet to be created begins with ``NEW``.
    """
    found: dict[str, list[Node]] = defaultdict(list)
    for node in plan.having(Action.CREATE):
        project = node.resource.project_id
        if project and not node.decision.destination_id:  # or it counts already
            owner = plan.nodes.get(Ref("project", project))
            there = owner.decision.destination_id if owner else ""
            found[there or NEW + project].append(node)
    return found


def _left_in(cloud: Cloud, there: str, nodes: list[Node]) -> dict[str, int]:
    """What the quotas leave that matter to these nodes."""
    there = "" if there.startswith(NEW) else there
    types = {n.ref.type for n in nodes}
    free: dict[str, int] = {}
    if types & NETWORK_QUOTAS.keys():
        free.update(_network_quota(cloud, there))
    if "server" in types:
        free.update(_compute_quota(cloud, there))
    return free


def _short(
    nodes: list[Node], free: Mapping[str, int]
) -> Iterator[tuple[str, int, int]]:
    """(quota, wanted, free) of each quota that is too small."""
    wanted = Counter(n.ref.type for n in nodes)
    needed = {q: wanted[t] for t, q in NETWORK_QUOTAS.items()}
    if wanted["server"]:
        needed.update(_server_needs(nodes))
    for name, want in needed.items():
        left = free.get(name, UNLIMITED)
        if left != UNLIMITED and want > left:
            yield name, want, left


def _too_much_metadata(
    nodes: list[Node], free: Mapping[str, int], project: str
) -> Iterator[tuple[Ref, str]]:
    """Servers that have more items of metadata than one may have there."""
    most = free.get("metadata_items", UNLIMITED)
    for node in nodes:
        items = len(node.resource.record.get("metadata") or {})
        if node.ref.type == "server" and most != UNLIMITED and items > most:
            yield (
                node.ref,
                f"it has {items} items of metadata, the destination's quota for "
                f"metadata_items in project {project} allows {most}: raise it there "
                "and plan again",
            )


def _too_many_keypairs(cloud: Cloud, plan: Plan) -> Iterator[tuple[Ref, str]]:
    """Keypairs of users who would have more than one may.

    Nova counts those of their user, and takes the quota of the project of whoever
    makes them: Pumphouse's own.
    """
    users: dict[str, list[Ref]] = defaultdict(list)
    there: Counter[str] = Counter()
    for ref, node in plan.nodes.items():
        if ref.type == "keypair":
            owner = str(node.resource.record.get("user_id"))
            if node.decision.action is Action.CREATE:
                users[owner].append(ref)
            elif node.decision.action is not Action.BLOCKED:
                there[owner] += 1
    if all(len(refs) + there[owner] <= _FEW for owner, refs in users.items()):
        return
    most = _compute_quota(cloud, cloud.project_id).get("key_pairs", UNLIMITED)
    for owner, refs in users.items():
        count = len(refs) + there[owner]
        if most != UNLIMITED and count > most:
            for ref in refs:
                yield (
                    ref,
                    f"its user will have {count} keypairs, the destination's quota for "
                    f"key_pairs in Pumphouse's project allows {most}: raise it there "
                    "and plan again",
                )


def _network_quota(cloud: Cloud, project: str) -> dict[str, int]:
    # A project that does not exist yet has the defaults and uses nothing.
    path = f"/quotas/{project}/details" if project else "/quotas/new/default"
    found = cloud.find("network", path, key="quota") or {}
    return {name: _free(value) for name, value in found.items()}


def _compute_quota(cloud: Cloud, project: str) -> dict[str, int]:
    path = (
        f"/os-quota-sets/{project}/detail"
        if project
        else f"/os-quota-sets/{cloud.project_id}/defaults"
    )
    found = cloud.find("compute", path, key="quota_set") or {}
    return {n: _free(v) for n, v in found.items() if n != "id"}


def _free(value: Any) -> int:
    if not isinstance(value, Mapping):
        return int(value)
    if value["limit"] == UNLIMITED:
        return UNLIMITED
    used = int(value.get("used", value.get("in_use", 0)))
    reserved = int(value.get("reserved") or 0)
    return max(0, int(value["limit"]) - used - reserved)


def _server_needs(nodes: list[Node]) -> dict[str, int]:
    servers = [n for n in nodes if n.ref.type == "server"]
    needs = {"instances": len(servers), "cores": 0, "ram": 0}
    for node in servers:
        flavor = node.resource.record.get("flavor") or {}
        needs["cores"] += int(flavor.get("vcpus", 0))
        needs["ram"] += int(flavor.get("ram", 0))
    return needs
