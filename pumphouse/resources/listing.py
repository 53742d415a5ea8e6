# SPDX-License-Identifier: Apache-2.0
"""How the resources of a type are listed: one question, narrowed by one field.

A cloud that lacks what a type is about, a service or an extension, has none of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from pumphouse.cloud import endpoints
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Resource
from pumphouse.resources.records import Declared

ID = "id"
PROJECT = "project"
"""The field of a :class:`Where` that every type with an owner knows, whatever its API
calls that."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which of a type's resources: those whose *field* has one of these *values*.

    :param field: of the records; or ``ID``, or ``PROJECT``; "" for all there are
    """

    field: str = ""
    values: frozenset[str] = frozenset()

    @property
    def nothing(self) -> bool:
        """Whether no resource can be meant."""
        return bool(self.field) and not self.values


ALL = Where()


def where(field: str, values: Iterable[str | None]) -> Where:
    """Those whose *field* has one of *values*; what is empty among these is not."""
    return Where(field, frozenset(value for value in values if value))


class Listed(Declared):
    """Reads a cloud's lists, as few as its API allows."""

    api: ClassVar[endpoints.Service | None] = None
    """Of a service of which Pumphouse does not know by itself."""
    extension: ClassVar[str] = ""
    """The alias of the extension of Neutron without which there are none."""
    extensions: ClassVar[Mapping[str, str]] = {}
    """Field -> alias of the extension of Neutron without which it must not be sent."""
    filters: ClassVar[Mapping[str, str]] = {}
    """Field of a :class:`Where` -> what the API's list calls that filter."""
    repeated: ClassVar[bool] = False
    """Whether a filter may be said several times, and means *or*."""
    few: ClassVar[int] = 10
    """Up to how many values a request each is better than the whole list."""
    called: ClassVar[str] = "name"
    """The field by which operators call it, besides its id; "" for none."""
    nested: ClassVar[str] = ""
    """The field of its parent's record in which its own records stand, if they do."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.api is not None:
            endpoints.register(cls.service, cls.api)

    def lacking(self, cloud: Cloud) -> str:
        """Why *cloud* cannot have any: for the operator; "" if it can.

        Services that every cloud has are not asked for here: where one of them is
        not in the catalogue, something is wrong, and the request says what.
        """
        if endpoints.optional(self.service) and self.service not in cloud.services():
            return f"it has no service {self.service}"
        if self.extension and self.extension not in cloud.extensions():
            return f"its network service has no extension {self.extension}"
        return ""

    def list(self, cloud: Cloud, which: Where = ALL) -> Iterator[Resource]:
        """Those that *which* means, each once; in no order.

        No request if that can be none.  What no longer exists is left out.

        :raises CloudError: the cloud could not be read
        """
        if which.nothing or self.lacking(cloud):
            return
        told: set[str] = set()
        for found in self.read(cloud, which):
            if found.ref.id not in told and self.meant(found, which):
                told.add(found.ref.id)
                yield found

    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        """Those that *which* means, and perhaps others, which ``list`` sifts out.

        As the declarations say.  For types whose API wants to be asked otherwise.
        """
        filter_ = self.filters.get(which.field)
        values = sorted(which.values)
        if filter_ and self.repeated:
            yield from self.listed(cloud, **{filter_: values})
        elif filter_ and len(values) <= self.few:
            for value in values:
                yield from self.listed(cloud, **{filter_: [value]})
        elif which.field == ID:
            yield from self.single(cloud, values)
        else:
            yield from self.listed(cloud)

    def listed(self, cloud: Cloud, **filters: Iterable[str]) -> Iterator[Resource]:
        """All that pass all of the API's own *filters*; one list.

        Nothing, and no request, if one of them has no value.
        """
        params: dict[str, Iterable[str]] = {}
        for name, values in filters.items():
            params[name] = sorted(set(values))
            if not params[name]:
                return
            if not self.repeated:
                (params[name],) = params[name]
        for record in cloud.list(
            self.service,
            self.path,
            self.plural,
            params=params,
            microversion=self.microversion,
        ):
            yield self.resource(record)

    def single(self, cloud: Cloud, ids: Iterable[str]) -> Iterator[Resource]:
        """Those with these ids: a request each."""
        for each in ids:
            record = cloud.find(
                self.service,
                f"{self.path}/{each}",
                self.singular,
                microversion=self.microversion,
            )
            if record is not None:
                yield self.resource(record)

    def meant(self, resource: Resource, which: Where) -> bool:
        """Whether *resource* is one of those that *which* means."""
        if not which.field:
            return True
        if which.field == ID:
            return resource.ref.id in which.values
        if which.field == PROJECT:
            return resource.project_id in which.values
        return str(resource.record.get(which.field)) in which.values

    def owned(self) -> bool:
        """Whether they belong to projects, which can be asked for them."""
        return bool(self.project_field) and not self.nested

    def may_be_id(self, term: str) -> bool:
        """Whether one of them may have the id *term*.

        No need to be sure: what is not found by its id is looked for by name.
        """
        try:
            uuid.UUID(term)
        except ValueError:
            return False
        return True

    def find(self, cloud: Cloud, terms: Collection[str]) -> Iterator[Resource]:
        """Those whose id or name is one of *terms*; more may come with them."""
        ids = {term for term in terms if self.may_be_id(term)}
        found = [*self.list(cloud, where(ID, ids))]
        yield from found
        rest = set(terms) - {resource.ref.id for resource in found}
        if not rest or not self.called:
            return
        if self.called in self.filters:
            yield from self.list(cloud, where(self.called, rest))
        else:
            yield from self.list(cloud)

    def names(self, cloud: Cloud) -> Iterator[str]:
        """The names there are, or a thousand of them: for one that is not quite right.

        Asked only once nothing has the name.
        """
        return (resource.name for resource in self.list(cloud))
