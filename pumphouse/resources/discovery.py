# SPDX-License-Identifier: Apache-2.0
"""How resources of a type are found, what they need, and how they are recognised."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Finding, Need, Ref, Resource
from pumphouse.resources.fields import Fate, Field, Translate
from pumphouse.resources.listing import PROJECT, where
from pumphouse.resources.outlook import Outlook
from pumphouse.resources.records import Declared
from pumphouse.resources.relations import Related

Named = Callable[[Ref], str]
"""The name of a resource."""


@dataclass(frozen=True, slots=True)
class Fitness:
    """Whether a source resource can be moved as it is.

    :param blocked: why it cannot, for the operator; empty if it can
    :param notes: what cannot be kept, said before anything happens
    :param announced: fields that will differ for that reason (``models.Finding``)
    """

    blocked: str = ""
    notes: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()


@functools.cache
def _referring(kind: type[Declared]) -> tuple[Field, ...]:
    """The few fields of a type that may hold references, and are carried."""
    return tuple(
        field
        for field in kind.fields
        if field.fate is not Fate.DROPPED
        and (field.refs or type(field).needs is not Field.needs)
    )


class Found(Related):
    """Reads clouds, changes none."""

    within: ClassVar[str] = ""
    """The field that says where on the destination a match may be; "" for its owner,
    or for anywhere if it has none."""

    # -- references -------------------------------------------------------
    def needs(self, resource: Resource) -> Iterator[Need]:
        """What must exist on the destination first, and why."""
        for field in _referring(type(self)):  # type: ignore[arg-type]
            yield from field.needs(resource.record)

    def among(self, found: Mapping[Ref, Resource]) -> Iterator[tuple[Ref, Need]]:
        """Needs of resources of this type that only all that was found can tell.

        E.g. a server's owner must have a role in the project before the server
        can be created, but neither the server nor the role knows of the other.

        :returns: (dependent, need) pairs
        """
        return iter(())

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        """Whether it can be moved as it is, judged from its record alone."""
        return Fitness()

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        """What only both clouds together tell, before anything happens.

        What the destination would refuse, change or give away: its limits, its
        extensions, what stands there already.  And what the source attaches to what
        was selected, and is not carried.  Called once for each plan, after the
        decisions, whether or not there is anything of this type.  Few requests: lists,
        from the outlook's clouds, which ask for equal lists only once.

        A finding may be about a node of any type.
        """
        return iter(())

    def uses(self, resource: Resource) -> Mapping[str, int]:
        """What it takes of which of its owner's quotas (``quota``), by name."""
        return {}

    def holds(self, resource: Resource) -> Mapping[str, int]:
        """What it has of which those quotas set a bound for each thing, by name.

        Metadata of a server, say: how many items all servers have is of no interest.
        """
        return {}

    def disabled(self, resource: Resource) -> bool:
        """Whether it is switched off, so that its cloud makes nothing within it.

        Or, of a user, nothing for it.
        """
        return False

    def successor(self, resource: Resource) -> str:
        """The destination id of what took its place, if a run noted that at the source.

        For who has no database any more.  "" if nothing says so.
        """
        return ""

    def size(self, resource: Resource) -> int:
        """Bytes of data to move."""
        return 0

    def title(self, resource: Resource, named: Named) -> str:
        """What it is called in plans and reports: nothing that only its id tells.

        For types whose resources have no name of their own, or one that says too
        little without what they belong to.

        :param named: the name of what it refers to, its id if that is not known
        """
        return resource.name

    # -- match ------------------------------------------------------------
    def key(self, resource: Resource, translate: Translate) -> Hashable | None:
        """What makes a resource the same thing on both clouds: name and owner.

        :param translate: maps references of *resource*; the identity for a
            destination resource
        :returns: None if its owner has nothing that stands for it yet
        """
        values: list[Hashable] = []
        for path in (*self.natural_key, self.project_field):
            if not path:
                continue
            field = self.field(path)
            value = resource.record.get(path)
            if field is not None and field.refs and value:
                value = translate(Ref(field.refs[""], str(value)))
                if value is None:
                    return None
            values.append(value)
        return tuple(values)

    def candidates(
        self, cloud: Cloud, resources: Collection[Resource], translate: Translate
    ) -> Iterator[Resource]:
        """Destination resources among which a match may be, in few requests."""
        path = self.within or self.project_field
        if not path:
            yield from self.list(cloud)
            return
        field = self.field(path)
        kind = field.refs[""] if field is not None and field.refs else "project"
        places = {str(self.place(r)) for r in resources if self.place(r)}
        there = (translate(Ref(kind, place)) for place in sorted(places))
        which = where(self.within or PROJECT, there)
        yield from self.list(cloud, which)

    def place(self, resource: Resource) -> str:
        """Where a match of *resource* may be, on its own cloud: an id."""
        if not self.within:
            return resource.project_id
        return str(resource.record.get(self.within) or "")


def chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of at most *size* of them: for filters that go into a URL."""
    batch: list[str] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
