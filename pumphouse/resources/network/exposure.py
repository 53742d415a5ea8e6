# SPDX-License-Identifier: Apache-2.0
"""What networks and groups are exposed to: never more than on the source.

RBAC policies are not carried.  What that means for a plan is told here: what a
project can no longer use is noted, what would reach further is blocked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Action, Decision, Finding, Ref, Resource
from pumphouse.resources.network import policies
from pumphouse.resources.network.policies import EVERYBODY, EXTERNAL, SHARED
from pumphouse.resources.network.projects import Projects
from pumphouse.resources.outlook import Outlook

# Resource type -> what policies call it, and by which actions it is exposed.
KINDS = {
    "network": ("network", (SHARED, EXTERNAL)),
    "security-group": ("security_group", (SHARED,)),
}
_USES = {SHARED: "shared with", EXTERNAL: "external for"}
_PATHS = {
    "network": ("/networks", "networks"),
    "security_group": ("/security-groups", "security_groups"),
    "address_group": ("/address-groups", "address_groups"),
    "address_scope": ("/address-scopes", "address_scopes"),
    "subnetpool": ("/subnetpools", "subnetpools"),
    "qos_policy": ("/qos/policies", "policies"),
    "bgpvpn": ("/bgpvpn/bgpvpns", "bgpvpns"),
}
_NAMED = 5  # of what is not in the plan so many are named, the others counted


class Exposure:
    """The policies of both clouds, and what a plan makes of them.

    :param outlook: of a plan with all its decisions
    """

    def __init__(self, outlook: Outlook) -> None:
        self.outlook = outlook
        self.projects = Projects(outlook)

    @cached_property
    def here(self) -> list[policies.Policy]:
        """The source's policies; asked for when they are first looked at."""
        return policies.of(self.outlook.source)

    @cached_property
    def there(self) -> list[policies.Policy]:
        """The destination's; likewise."""
        return policies.of(self.outlook.destination)

    def findings(self, kind: str) -> Iterator[Finding]:
        """About all networks, or all groups, of the plan.

        :param kind: a resource type of ``KINDS``
        """
        for resource in self.outlook.having(kind):
            decision = self.outlook.decisions[resource.ref]
            for action in KINDS[kind][1]:
                if decision.action is Action.CREATE:
                    yield from self._made(resource, action)
                elif decision.action in (Action.ADOPT, Action.SKIP):
                    yield from self._standing(resource, decision, action)

    def _made(self, resource: Resource, action: str) -> Iterator[Finding]:
        """What the plan is going to make is its owner's, or everybody's."""
        targets = policies.targets(self.here, resource.ref.id, action)
        targets -= {resource.project_id}
        everybody = EVERYBODY in targets and resource.ref.type == "network"
        if not targets or everybody:  # a field says so, which is carried
            return
        whom = self.projects.all_here(targets)
        if action == SHARED:
            yield _no_longer(resource, action, whom)
            return
        yield Finding(
            resource.ref,
            blocked=f"it is external for {whom} only, and would be for everybody: "
            "make it on the destination, with 'openstack network rbac create --action "
            f"{EXTERNAL}' as here, and map it",
        )

    def _standing(
        self, resource: Resource, decision: Decision, action: str
    ) -> Iterator[Finding]:
        """What stands for it already: adopted, it must not reach further."""
        here = policies.targets(self.here, resource.ref.id, action)
        if decision.action is Action.SKIP and not here:
            return
        there = policies.targets(self.there, decision.destination_id, action)
        same = self._same(here - there, there - here)
        more = there - here - {*same.values()} - {self._there(resource.project_id)}
        if more and EVERYBODY not in here and decision.action is Action.ADOPT:
            yield Finding(
                resource.ref,
                blocked=f"on the destination it is {_USES[action]} "
                f"{self.projects.all_there(more)}, and on the source it is not: "
                "take that policy away there, or map it",
            )
        less = here - there - same.keys() - {resource.project_id}
        if less and EVERYBODY not in there:
            yield _no_longer(resource, action, self.projects.all_here(less))

    def _same(self, here: frozenset[str], there: frozenset[str]) -> dict[str, str]:
        """Which projects of the source are which there.

        By what stands for them; by name, where nothing does yet.
        """
        found = {each: self._there(each) for each in here - {EVERYBODY}}
        unknown = [each for each, other in found.items() if other is None]
        if unknown and there:
            named = {self.projects.there(each): each for each in there - {EVERYBODY}}
            found |= {each: named.get(self.projects.here(each)) for each in unknown}
        return {k: other for k, other in found.items() if other and other in there}

    def _there(self, project_id: str) -> str | None:
        return self.outlook.translate(Ref("project", project_id))

    # -- what is not in the plan ---------------------------------------------
    def elsewhere(self) -> Iterator[Finding]:
        """What the plan's projects share, or may use, and is not in the plan."""
        mine = {
            each.ref.id
            for each in self.outlook.having(
                "project", Action.CREATE, Action.ADOPT, Action.SKIP
            )
        }
        types = {kind: name for name, (kind, _) in KINDS.items()}
        about: dict[tuple[str, str], list[policies.Policy]] = defaultdict(list)
        for each in self.here:
            if Ref(types.get(each.kind, ""), each.object_id) in self.outlook.resources:
                continue
            if each.kind not in types or each.target in mine:
                about[each.kind, each.object_id].append(each)
        things = _things(self.outlook.source, about) if mine else {}
        said = []
        for (kind, object_id), those in sorted(about.items()):
            # A policy is whose who made it, which may be an administrator.
            name, owner = things.get(object_id, (object_id, those[0].owner))
            targets = {each.target for each in those} - {owner}
            if targets and (owner in mine or targets & mine):
                said.append((f"{kind.replace('_', ' ')} {name}", owner, targets))
        for what, owner, targets in said[:_NAMED]:
            note = (
                f"{what} of {self.projects.here(owner)} is shared with "
                f"{self.projects.all_here(targets)}: neither is carried"
            )
            yield Finding(None, notes=(note,))
        if len(said) > _NAMED:
            more = f"{len(said) - _NAMED} more shared things are not carried"
            yield Finding(None, notes=(more,))


def _no_longer(resource: Resource, action: str, whom: str) -> Finding:
    said = f"it is no longer {_USES[action]} {whom}: RBAC policies are not carried"
    return Finding(resource.ref, notes=(said,))


def _things(
    cloud: Cloud, about: Iterable[tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Names and owners of these things, by id; one list a kind that is known."""
    ids: dict[str, list[str]] = defaultdict(list)
    for kind, object_id in about:
        ids[kind].append(object_id)
    found: dict[str, tuple[str, str]] = {}
    for kind in sorted(ids.keys() & _PATHS.keys()):
        path, plural = _PATHS[kind]
        params = {"id": sorted(ids[kind]), "fields": ["id", "name", "project_id"]}
        try:
            listed = cloud.list("network", path, plural, params=params)
        except exceptions.ResourceMissing:  # the service's plug-in is gone
            continue
        for each in listed:
            name = each.get("name") or each["id"]
            found[each["id"]] = (name, each.get("project_id") or "")
    return found
