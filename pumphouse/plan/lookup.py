# SPDX-License-Identifier: Apache-2.0
"""What the destination has of each type: read in few requests, found by key.

Requests and time grow with the number of types, not of resources: whatever is asked
of one resource is asked of all of its type at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Ref, Resource
from pumphouse.resources.base import ResourceType
from pumphouse.resources.fields import Translate
from pumphouse.resources.listing import ID, where


@dataclass
class _Type:
    """What is known of one type."""

    unasked: dict[Ref, Resource]  # source resources, for which to look still
    there: dict[str, Resource] = field(default_factory=dict)
    by_key: dict[Hashable, list[Resource]] = field(
        default_factory=lambda: defaultdict(list)
    )
    bound: dict[str, Resource] | None = None


class Lookup:
    """The destination's side of the decisions.

    :param resources: the plan's source resources
    :param translate: maps their references, as far as is decided at the time
    :param bound: what earlier runs made or found of them, by reference
    """

    def __init__(
        self,
        cloud: Cloud,
        resources: Iterable[Resource],
        translate: Translate,
        bound: Mapping[Ref, str],
    ) -> None:
        self._cloud = cloud
        self._translate = translate
        self._bound: dict[str, set[str]] = defaultdict(set)
        by_type: dict[str, dict[Ref, Resource]] = defaultdict(dict)
        for resource in resources:
            by_type[resource.ref.type][resource.ref] = resource
            if resource.ref in bound:
                self._bound[resource.ref.type].add(bound[resource.ref])
        self._types = {name: _Type(unasked) for name, unasked in by_type.items()}

    def namesakes(self, kind: ResourceType, resource: Resource) -> list[Resource]:
        """Destination resources with the key of *resource*.

        None, and no request, while its key cannot be told because its owner is
        still to be created.
        """
        wanted = kind.key(resource, self._translate)
        if wanted is None:
            return []
        known = self._types[kind.name]
        if resource.ref in known.unasked:
            self._look(kind)
        return known.by_key.get(wanted, [])

    def bound(self, kind: ResourceType, destination_id: str) -> Resource | None:
        """What an earlier run made or found, if it is still there."""
        known = self._types[kind.name]
        if known.bound is None:
            self._look(kind)
            unseen = self._bound[kind.name] - set(known.there)
            fetched = kind.list(self._cloud, where(ID, unseen))
            known.bound = {**known.there, **{r.ref.id: r for r in fetched}}
        return known.bound.get(destination_id)

    def _look(self, kind: ResourceType) -> None:
        """Read the candidates for all of the type whose key can be told by now."""
        known = self._types[kind.name]
        fresh = [
            resource
            for resource in known.unasked.values()
            if kind.key(resource, self._translate) is not None
        ]
        if not fresh:
            return
        for resource in fresh:
            del known.unasked[resource.ref]
        for found in kind.candidates(self._cloud, fresh, self._translate):
            if found.ref.id not in known.there:
                known.there[found.ref.id] = found
                known.by_key[kind.key(found, _itself)].append(found)


def _itself(ref: Ref) -> str:
    return ref.id
