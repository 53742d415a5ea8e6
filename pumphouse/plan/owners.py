# SPDX-License-Identifier: Apache-2.0
"""What resources belong to, for names that several have: ``DOMAIN/NAME``.

Of a type whose natural key is its name within something: a project or a user within
a domain, a network or a server within a project.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Resource
from pumphouse.resources.base import ResourceType

SEPARATOR = "/"


class Owners:
    """The owners of one type's resources in one cloud, listed when first asked for."""

    def __init__(
        self, kind: ResourceType, cloud: Cloud, types: Mapping[str, ResourceType]
    ) -> None:
        self._cloud = cloud
        self._path, self._owner = _owner_of(kind, types)

    def bare(self, term: str) -> str:
        """The name in ``OWNER/NAME``; "" if *term* has no owner in it."""
        owner, slash, name = term.partition(SEPARATOR)
        return name if slash and owner and self._owner is not None else ""

    def named(self, inventory: Iterable[Resource], term: str) -> list[Resource]:
        """Those that ``OWNER/NAME`` means; the owner by its name or id."""
        name = self.bare(term)
        if not name:
            return []
        owner = term.partition(SEPARATOR)[0]
        alike = [r for r in inventory if r.name == name]
        return [r for r in alike if owner in self._called(r)]

    def within(self, inventory: Iterable[Resource], owner: str) -> list[Resource]:
        """Those that are in *owner*, by its name or id.

        :raises NotFound: there is no such owner
        """
        if self._owner is None:
            return list(inventory)
        if owner not in self._names and owner not in self._names.values():
            from pumphouse.plan.selection import not_found

            names = list(self._names.values())
            raise not_found([owner], self._owner, self._cloud, names)
        found = [r for r in inventory if owner in self._called(r)]
        if len({r.record.get(self._path) for r in found}) > 1:
            ids = ", ".join(i for i, name in self._names.items() if name == owner)
            raise exceptions.Ambiguous(
                f"several {self._owner.name}s are named {owner!r}",
                resource=str(self._cloud),
                hint=f"Say which by its id: {ids}",
            )
        return found

    def title(self, resource: Resource) -> str:
        """What it is in: ``domain Default``; its own type where it is in nothing."""
        owner_id = str(resource.record.get(self._path) or "") if self._path else ""
        if self._owner is None or not owner_id:
            return resource.ref.type
        return f"{self._owner.name} {self._names.get(owner_id, owner_id)}"

    def _called(self, resource: Resource) -> tuple[str, ...]:
        owner_id = str(resource.record.get(self._path) or "")
        return (owner_id, self._names.get(owner_id, ""))

    @cached_property
    def _names(self) -> dict[str, str]:
        if self._owner is None:
            return {}
        return {r.ref.id: r.name for r in self._owner.list(self._cloud)}


def _owner_of(
    kind: ResourceType, types: Mapping[str, ResourceType]
) -> tuple[str, ResourceType | None]:
    """The field that names a resource's owner, and the owner's type."""
    if "name" in kind.natural_key:
        for path in (*kind.natural_key, kind.project_field):
            field = kind.field(path) if path else None
            if field is not None and field.refs.get("") in types:
                return path, types[field.refs[""]]
    return "", None
