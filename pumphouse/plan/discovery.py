# SPDX-License-Identifier: Apache-2.0
"""Discovery: everything that a selection depends on, read once, by bulk lists.

Each round takes what was found last, asks the types what comes along with it
and fetches what it refers to; it ends when nothing new turns up.  So the number
of requests grows with the number of types and rounds, not of resources.
"""

from __future__ import annotations

import concurrent.futures
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Need, Ref, Resource
from pumphouse.resources.base import ResourceType
from pumphouse.resources.listing import ID, PROJECT, where

T = TypeVar("T")
Tell = Callable[[str], None]

# How many list requests run at once; the cloud's own limits apply on top.
PARALLEL = 8


@dataclass
class Inventory:
    """What was found on the source.

    :param resources: by reference
    :param needs: (dependent, need) pairs, in terms of references
    :param vanished: references to things that are no longer on the source
    """

    resources: dict[Ref, Resource] = field(default_factory=dict)
    needs: list[tuple[Ref, Need]] = field(default_factory=list)
    vanished: set[Ref] = field(default_factory=set)

    def named(self, ref: Ref) -> str:
        """The name of what was found; its id if it has none, or was not found."""
        found = self.resources.get(ref)
        return found.label if found else ref.id


def discover(
    cloud: Cloud,
    roots: Iterable[Resource],
    types: Mapping[str, ResourceType],
    *,
    whole_project: bool,
    known: Callable[[Ref, str], bool] = lambda ref, name: False,
    tell: Tell = lambda text: None,
) -> Inventory:
    """Everything that *roots* depend on.

    :param known: whether the operator said what stands for a reference with that
        name; unless selected it is a leaf: nothing comes along with it, and what
        it needs is of no interest
    :param tell: called with a line for each round, for whoever watches
    """
    found = Inventory()
    batch = _new(found, roots)
    selected = {r.ref for r in batch}
    if whole_project:
        projects = {r.ref.id for r in batch if r.ref.type == "project"}
        batch += _new(
            found,
            _ask(
                [kind for kind in types.values() if kind.owned()],
                lambda t: t.list(cloud, where(PROJECT, projects)),
            ),
        )
    while batch:
        tell(f"discovery: {len(found.resources)} resources")
        alive = [r for r in batch if r.ref in selected or not known(r.ref, r.name)]
        along = _along(cloud, types, alive, whole_project)
        fresh = _new(found, along)
        fetched = _fetch(cloud, found, types, alive)
        batch = fresh + _new(found, fetched)
    for kind in types.values():
        found.needs.extend(kind.among(found.resources))
    return found


def _along(
    cloud: Cloud,
    types: Mapping[str, ResourceType],
    batch: list[Resource],
    whole_project: bool,
) -> list[Resource]:
    """What comes along with the batch, though the batch does not need it."""
    by_type = defaultdict(list)
    for resource in batch:
        by_type[resource.ref.type].append(resource)
    companions = _ask(
        by_type, lambda n: types[n].companions(cloud, by_type[n], whole_project)
    )
    return companions + _ask(
        types.values(), lambda t: t.belonging_to(cloud, batch, whole_project)
    )


def _new(found: Inventory, resources: Iterable[Resource]) -> list[Resource]:
    """Those not yet in the inventory, after adding them."""
    fresh = []
    for resource in resources:
        if resource.ref not in found.resources:
            found.resources[resource.ref] = resource
            fresh.append(resource)
    return fresh


def _fetch(
    cloud: Cloud,
    found: Inventory,
    types: Mapping[str, ResourceType],
    batch: Iterable[Resource],
) -> list[Resource]:
    """What the batch refers to and nobody has seen yet."""
    missing: dict[str, set[str]] = defaultdict(set)
    for resource in batch:
        kind = types[resource.ref.type]
        for need in kind.needs(resource):
            found.needs.append((resource.ref, need))
            if (
                need.brings
                and need.ref.type in types
                and need.ref not in found.resources
                and need.ref not in found.vanished
            ):
                missing[need.ref.type].add(need.ref.id)
        for want in kind.wanted_by(resource):
            found.needs.append((want.ref, replace(want, ref=resource.ref)))
    fetched = _ask(
        missing, lambda name: types[name].list(cloud, where(ID, missing[name]))
    )
    here = {r.ref for r in fetched}
    for name, ids in missing.items():
        found.vanished |= {Ref(name, i) for i in ids} - here
    return fetched


def _ask(
    whom: Iterable[T], question: Callable[[T], Iterable[Resource]]
) -> list[Resource]:
    """All answers, asked side by side, in a stable order."""
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        answers = pool.map(lambda each: list(question(each)), list(whom))
        return list(itertools.chain.from_iterable(answers))
