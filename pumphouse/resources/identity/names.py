# SPDX-License-Identifier: Apache-2.0
"""Names that Keystone would refuse (409), as its database takes them for others.

Keystone's names are unique as far as the collation of its database tells them apart,
and its filter ``name=`` asks that same database: what it finds by a name is what is
in the way of that name.  So nothing here is guessed from release or database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pumphouse.models import Finding, Ref, Resource
from pumphouse.resources.fields import Translate
from pumphouse.resources.folding import disguised, folded
from pumphouse.resources.outlook import Outlook

if TYPE_CHECKING:
    from pumphouse.resources.identity.keystone import IdentityType

Place = str | None
"""The domain on the destination; "" for none, None while it does not exist."""


def foresee(kind: IdentityType, outlook: Outlook) -> Iterator[Finding]:
    """Of what is to be created: whose name is taken there, or wanted twice."""
    new = outlook.created(kind.name)
    if not new:
        return
    yield from _taken(kind, outlook, new)
    yield from _wanted_twice(kind, outlook, new)


def domain_there(resource: Resource, translate: Translate) -> Place:
    """Where *resource* is going to be; see ``Place``."""
    owner = str(resource.record.get("domain_id") or "")
    return translate(Ref("domain", owner)) if owner else ""


def within(domain: Place) -> dict[str, list[str]]:
    """The filter that lists what is in *domain*; none for what is in no domain."""
    return {"domain_id": [domain]} if domain else {}


def _taken(
    kind: IdentityType, outlook: Outlook, new: list[Resource]
) -> Iterator[Finding]:
    there: dict[tuple[Place, str], list[Resource]] = defaultdict(list)
    every = list(outlook.having(kind.name))  # then it was asked already, as a rule
    for other in kind.candidates(outlook.destination, every, outlook.translate):
        owner = str(other.record.get("domain_id") or "")
        there[owner, folded(other.name)].append(other)
    for resource in new:
        domain = domain_there(resource, outlook.translate)
        for other in there.get((domain, folded(resource.name)), ()):
            if other.name != resource.name and _finds(
                kind, outlook, resource.name, domain, other
            ):
                yield Finding(
                    resource.ref,
                    blocked=f"the destination has the {kind.name} {other.name!r}, and "
                    f"counts {resource.name!r} as the same name: map it to that in "
                    "the migration file, or rename one of the two, then plan again",
                )


def _wanted_twice(
    kind: IdentityType, outlook: Outlook, new: list[Resource]
) -> Iterator[Finding]:
    wanted: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in new:
        domain = str(resource.record.get("domain_id") or "")
        wanted[domain, folded(resource.name)].append(resource)
    for same in wanted.values():
        for resource in same:
            others = [o for o in same if o.name != resource.name]
            if others and _counts_as_one(outlook, resource.name, others[0].name):
                yield Finding(
                    resource.ref,
                    blocked=f"the destination counts it and the {kind.name} "
                    f"{others[0].name!r} as one name: rename one of the two, or map "
                    "it in the migration file, then plan again",
                )


def _finds(
    kind: IdentityType, outlook: Outlook, name: str, domain: Place, other: Resource
) -> bool:
    """Whether the destination finds *other* by *name*."""
    found = kind.listed(outlook.destination, **within(domain), name=[name])
    return any(each.ref.id == other.ref.id for each in found)


def _counts_as_one(outlook: Outlook, one: str, other: str) -> bool:
    """Whether the destination finds a role of its own by a name that far from it."""
    roles = outlook.destination.list("identity", "/roles", "roles")
    known = next((r for r in roles if r["name"].isascii()), None)
    if known is None:
        return True
    params = {"name": disguised(known["name"], *sorted((one, other)))}
    found = outlook.destination.list("identity", "/roles", "roles", params=params)
    return any(each["id"] == known["id"] for each in found)
