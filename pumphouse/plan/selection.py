# SPDX-License-Identifier: Apache-2.0
"""Selection: from the operator's words to the source resources they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Resource
from pumphouse.resources.base import ResourceType

# The client has no list of these with the ids that they have here.
_COMPOSITE = ("assignment", "flavor-access", "route", "router-interface")


@dataclass(frozen=True, slots=True)
class Selection:
    """What the operator asks for.

    :param type: the workload's resource type: "server" or "project"
    :param terms: names or ids, as typed
    """

    type: str
    terms: tuple[str, ...]

    @property
    def whole_project(self) -> bool:
        """Whether everything that belongs to the selected comes along."""
        return self.type == "project"

    def __str__(self) -> str:
        return f"{self.type} {', '.join(self.terms)}"


def resolve(
    selection: Selection, cloud: Cloud, types: Mapping[str, ResourceType]
) -> list[Resource]:
    """The source resources that the selection names, in its order.

    :raises NotFound: nothing has that name or id
    :raises Ambiguous: several have that name; the hint lists their ids
    """
    kind = types[selection.type]
    inventory = list(kind.find(cloud, selection.terms))
    found: dict[str, Resource] = {}
    for term in selection.terms:
        each = one(inventory, term, kind.name, cloud)
        found[each.ref.id] = each
    return list(found.values())


def one(inventory: Sequence[Resource], term: str, kind: str, cloud: Cloud) -> Resource:
    """The one resource of *inventory* that has *term* as its id or name.

    An id wins over a name.

    :raises NotFound: none has
    :raises Ambiguous: several have that name
    """
    matching = [r for r in inventory if r.ref.id == term]
    matching = matching or [r for r in inventory if r.name == term]
    if not matching:
        raise exceptions.NotFound(
            f"no {kind} has the name or id {term!r}",
            resource=f"{cloud.side} cloud {cloud.name}",
            hint="Names are case-sensitive; " + _listed(kind, cloud),
        )
    if len(matching) > 1:
        where = ", ".join(
            r.ref.id + (f" (project {r.project_id})" if r.project_id else "")
            for r in matching
        )
        raise exceptions.Ambiguous(
            f"{len(matching)} {kind}s are named {term!r}",
            resource=f"{cloud.side} cloud {cloud.name}",
            hint=f"Say which by its id: {where}",
        )
    return matching[0]


def _listed(kind: str, cloud: Cloud) -> str:
    """How the operator can see what there is."""
    if kind in _COMPOSITE:
        return "'pumphouse plan show PLAN --long' shows the ids of what a plan found"
    command = f"openstack --os-cloud {cloud.name} {kind.replace('-', ' ')} list"
    return f"list what is there with '{command}'"
