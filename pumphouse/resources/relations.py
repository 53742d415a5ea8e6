# SPDX-License-Identifier: Apache-2.0
"""What comes along with what, though nothing needs it: as a type declares it.

References bring what they refer to by themselves.  These are the other way round: a
subnet refers to its network, and comes along with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Need, Record, Ref, Resource
from pumphouse.resources.listing import PROJECT, Listed, where


@dataclass(frozen=True, slots=True)
class Part:
    """A type's resources come along with what one of their fields names.

    :param field: that field, or ``PROJECT``
    :param of: the type of what it names
    :param always: with whatever was found of that type; otherwise only with what was
        selected, or came along with what was (``Discovered.followed``)
    :param before: why it goes before what it is a part of; "" if it does not
    """

    field: str
    of: str
    always: bool = True
    before: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A type's resources come along where all that these types are of was found.

    :param of: the types of what is linked: field -> type
    """

    of: Mapping[str, str]


class Discovered(Protocol):
    """What was found so far, and what of it is followed."""

    resources: dict[Ref, Resource]
    followed: set[Ref]


class Related(Listed):
    """What a type declares of such relations, and how they are looked up."""

    along: ClassVar[tuple[Part | Link, ...]] = ()
    """With what its resources come along."""
    members: ClassVar[tuple[str, ...]] = ()
    """Fields that name what is followed as the resource itself is: of a role in a
    project that was selected whoever has it, say."""

    def parts(self) -> Iterator[Part]:
        """With what its resources come along; with their project if they have one."""
        yield from (each for each in self.along if isinstance(each, Part))
        if self.owned():
            yield Part(PROJECT, "project", always=False)

    def goes_before(self, resource: Resource) -> Iterator[Need]:
        """What *resource* goes before, and why: the reverse of a need."""
        for part in self.along:
            if isinstance(part, Part) and part.before:
                whole = resource.record.get(part.field)
                if whole:
                    yield Need(Ref(part.of, str(whole)), part.before)

    def coming(
        self,
        cloud: Cloud,
        part: Part,
        parents: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """Those that come along with *parents*, by one of ``along``; in few requests.

        Nested ones stand in their parents' records: no request.
        """
        if self.nested:
            for parent in parents:
                for record in parent.record.get(self.nested) or ():
                    yield self.within_parent(parent, record)
        else:
            yield from self.list(cloud, where(part.field, (p.ref.id for p in parents)))

    def brought(
        self,
        cloud: Cloud,
        part: Part,
        parents: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """Those that come along with *parents*; with a project all that it owns."""
        if part.field == PROJECT:
            which = where(PROJECT, (parent.ref.id for parent in parents))
            yield from self.list(cloud, which)
        else:
            yield from self.coming(cloud, part, parents, found)

    def within_parent(self, parent: Resource, record: Record) -> Resource:
        """The resource of a *record* that stands in its parent's; it has its owner."""
        return replace(self.resource(record), project_id=parent.project_id)

    def linking(
        self,
        cloud: Cloud,
        link: Link,
        fresh: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """Those whose ends are all in *found*, some of them *fresh*."""
        if not any(each.ref.type in link.of.values() for each in fresh):
            return
        field, kind = next(iter(link.of.items()))
        ends = (ref.id for ref in found.resources if ref.type == kind)
        for each in self.list(cloud, where(field, ends)):
            refs = {Ref(t, str(each.record.get(f))) for f, t in link.of.items()}
            if refs <= found.resources.keys():
                yield each


def followers(kind: Related, resource: Resource) -> set[Ref]:
    """What is followed as *resource* is."""
    fields = (kind.field(path) for path in kind.members)
    return {n.ref for f in fields if f for n in f.needs(resource.record)}
