# SPDX-License-Identifier: Apache-2.0
"""Selection: from the operator's words to the source resources they mean."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import PROJECT, Resource
from pumphouse.plan.owners import Owners
from pumphouse.resources.base import ResourceType
from pumphouse.text import quoted

_ALIKE = 0.65  # as difflib has it


@dataclass(frozen=True, slots=True)
class Selection:
    """What the operator asks for.

    :param type: the workload's resource type: "server" or "project"
    :param terms: names or ids, as typed; ``OWNER/NAME`` where several have a name
    :param owner: name or id of what all of them are in: a domain, a project
    """

    type: str
    terms: tuple[str, ...]
    owner: str = ""

    @property
    def whole_project(self) -> bool:
        """Whether everything that belongs to the selected comes along."""
        return self.type == PROJECT

    def __str__(self) -> str:
        within = f" in {self.owner}" if self.owner else ""
        return f"{self.type} {', '.join(self.terms)}{within}"


def resolve(
    selection: Selection, cloud: Cloud, types: Mapping[str, ResourceType]
) -> list[Resource]:
    """The source resources that the selection names, in its order.

    :raises NotFound: nothing has that name or id; tells all that are unknown
    :raises Ambiguous: several have that name; the hint lists them
    """
    kind = types[selection.type]
    owners = Owners(kind, cloud, types)
    wanted = [owners.bare(term) for term in selection.terms]
    inventory = list(kind.find(cloud, {*selection.terms, *filter(None, wanted)}))
    if selection.owner:
        inventory = owners.within(inventory, selection.owner)
    found: dict[str, Resource] = {}
    unknown: list[str] = []
    ambiguous: list[exceptions.Ambiguous] = []
    for term in selection.terms:
        try:
            each = one(inventory, term, kind, cloud, owners)
            found[each.ref.id] = each
        except exceptions.NotFound:
            unknown.append(term)
        except exceptions.Ambiguous as error:
            ambiguous.append(error)
    if unknown:
        raise not_found(unknown, kind, cloud, [*kind.names(cloud)])
    if ambiguous:
        raise exceptions.Ambiguous(
            "; ".join(error.what for error in ambiguous),
            resource=ambiguous[0].resource,
            hint="; ".join(dict.fromkeys(error.hint for error in ambiguous)),
        )
    return list(found.values())


def one(
    inventory: Sequence[Resource],
    term: str,
    kind: ResourceType,
    cloud: Cloud,
    owners: Owners | None = None,
) -> Resource:
    """The one resource of *inventory* that has *term* as its id or name.

    An id wins over a name, and that over ``OWNER/NAME``.

    :param owners: what they belong to, for ``OWNER/NAME``
    :raises NotFound: none has
    :raises Ambiguous: several have that name
    """
    matching = [r for r in inventory if r.ref.id == term]
    matching = matching or [r for r in inventory if r.name == term]
    if not matching and owners is not None:
        matching = owners.named(inventory, term)
    if not matching:
        raise not_found([term], kind, cloud, [r.name for r in inventory])
    if len(matching) > 1:
        where = [r.ref.id for r in matching]
        if owners is not None:
            where = [f"{r.ref.id} ({owners.title(r)})" for r in matching]
        raise exceptions.Ambiguous(
            f"{len(matching)} {kind.name}s are named {term!r}",
            resource=f"{cloud.side} cloud {cloud.name}",
            hint=f"Say which by its id: {', '.join(where)}",
        )
    return matching[0]


def not_found(
    terms: Sequence[str], kind: ResourceType, cloud: Cloud, names: Sequence[str]
) -> exceptions.NotFound:
    """The error for names that nothing has, with the names that are nearly those."""
    by_folded = {name.casefold(): name for name in names if name}
    meant = []
    for term in terms:
        close = difflib.get_close_matches(term.casefold(), by_folded, 2, _ALIKE)
        if close:
            guess = " or ".join(repr(by_folded[each]) for each in close)
            meant.append(guess if len(terms) == 1 else f"{guess} for {quoted(term)}")
    hint = f"Did you mean {', '.join(meant)}? If not, " if meant else ""
    return exceptions.NotFound(
        f"no {kind.name} has the name or id {', '.join(map(quoted, terms))}",
        resource=f"{cloud.side} cloud {cloud.name}",
        hint=(hint or "Names are case-sensitive; ") + _listed(kind, cloud),
    )


def _listed(kind: ResourceType, cloud: Cloud) -> str:
    """How the operator can see what there is."""
    if not kind.in_client:
        return "'pumphouse plan show PLAN --long' shows the ids of what a plan found"
    command = f"openstack --os-cloud {cloud.name} {kind.name.replace('-', ' ')} list"
    return f"list what is there with '{command}'"
