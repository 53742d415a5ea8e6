# SPDX-License-Identifier: Apache-2.0
"""Discovery: everything that a selection depends on, read once, by bulk lists.

Each round takes what was found last, asks the types what comes along with it
and fetches what it refers to; it ends when nothing new turns up.  So the number
of requests grows with the number of types and rounds, not of resources.
"""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Need, Ref, Resource
from pumphouse.resources.base import ResourceType
from pumphouse.resources.listing import ID, where
from pumphouse.resources.relations import Link, followers

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
    :param followed: what was selected, or came along with what was: all that belongs
        to it comes along
    """

    resources: dict[Ref, Resource] = field(default_factory=dict)
    needs: list[tuple[Ref, Need]] = field(default_factory=list)
    vanished: set[Ref] = field(default_factory=set)
    followed: set[Ref] = field(default_factory=set)

    def named(self, ref: Ref) -> str:
        """The name of what was found; its id if it has none, or was not found."""
        found = self.resources.get(ref)
        return found.label if found else ref.id


def discover(
    cloud: Cloud,
    roots: Iterable[Resource],
    types: Mapping[str, ResourceType],
    *,
    follow: bool = True,
    known: Callable[[Ref, str], bool] = lambda ref, name: False,
    tell: Tell = lambda text: None,
) -> Inventory:
    """Everything that *roots* depend on, and what comes along.

    :param follow: with all that belongs to the roots; otherwise only with what always
        comes along
    :param known: whether the operator said what stands for a reference with that
        name; unless selected it is a leaf: nothing comes along with it, and what
        it needs is of no interest
    :param tell: called with a line for each round, for whoever watches
    """
    found = Inventory()
    batch = _new(found, roots)
    selected = {r.ref for r in batch}
    if follow:
        found.followed |= selected
    late: list[Resource] = []
    while batch or late:
        tell(f"discovery: {len(found.resources)} resources")
        alive = [r for r in batch if r.ref in selected or not known(r.ref, r.name)]
        before = {*found.followed}
        needed = _needs(found, types, alive)
        asked = {r.ref for r in alive} & found.followed
        along = _along(cloud, found, types, alive, late)
        # Found already, and followed only now: what belongs to it is still to come.
        since = found.followed - before - asked
        late = [found.resources[ref] for ref in since & found.resources.keys()]
        fresh = _new(found, along)
        fetched = _fetch(cloud, found, types, needed)
        batch = fresh + _new(found, fetched)
    for kind in types.values():
        found.needs.extend(kind.among(found.resources))
    return found


def _along(
    cloud: Cloud,
    found: Inventory,
    types: Mapping[str, ResourceType],
    batch: list[Resource],
    late: list[Resource],
) -> list[Resource]:
    """What comes along with the batch, though the batch does not need it.

    :param late: what was in an earlier batch, and is followed since
    """
    by_type = defaultdict(list)
    followed = defaultdict(list)
    for resource in batch:
        by_type[resource.ref.type].append(resource)
        if resource.ref in found.followed:
            followed[resource.ref.type].append(resource)
    for resource in late:
        followed[resource.ref.type].append(resource)
    questions: list[Callable[[], Iterable[Resource]]] = []
    follows: list[bool] = []
    for kind in types.values():
        for part in kind.parts():
            parents = (by_type if part.always else followed).get(part.of)
            if parents:
                ask = functools.partial(kind.brought, cloud, part, parents, found)
                questions.append(ask)
                follows.append(not part.always)
        for link in kind.along:
            if isinstance(link, Link):
                ask = functools.partial(kind.linking, cloud, link, batch, found)
                questions.append(ask)
                follows.append(False)
    answers = _ask(questions, lambda question: question())
    for answer, following in zip(answers, follows, strict=True):
        if following:
            found.followed.update(resource.ref for resource in answer)
    return [*itertools.chain.from_iterable(answers)]


def _new(found: Inventory, resources: Iterable[Resource]) -> list[Resource]:
    """Those not yet in the inventory, after adding them."""
    fresh = []
    for resource in resources:
        if resource.ref not in found.resources:
            found.resources[resource.ref] = resource
            fresh.append(resource)
    return fresh


def _needs(
    found: Inventory, types: Mapping[str, ResourceType], batch: Iterable[Resource]
) -> list[Need]:
    """What the batch refers to; who is followed because of it."""
    needed = []
    for resource in batch:
        kind = types[resource.ref.type]
        needs = [*kind.needs(resource)]
        found.needs.extend((resource.ref, need) for need in needs)
        needed += needs
        if resource.ref in found.followed:
            found.followed |= followers(kind, resource)
        for want in kind.goes_before(resource):
            found.needs.append((want.ref, replace(want, ref=resource.ref)))
    return needed


def _fetch(
    cloud: Cloud,
    found: Inventory,
    types: Mapping[str, ResourceType],
    needs: Iterable[Need],
) -> list[Resource]:
    """What is needed and nobody has seen yet."""
    missing: dict[str, set[str]] = defaultdict(set)
    for need in needs:
        if (
            need.brings
            and need.ref.type in types
            and need.ref not in found.resources
            and need.ref not in found.vanished
        ):
            missing[need.ref.type].add(need.ref.id)
    fetched = [
        *itertools.chain.from_iterable(
            _ask(
                missing, lambda name: types[name].list(cloud, where(ID, missing[name]))
            )
        )
    ]
    here = {r.ref for r in fetched}
    for name, ids in missing.items():
        found.vanished |= {Ref(name, i) for i in ids} - here
    return fetched


def _ask(
    whom: Iterable[T], question: Callable[[T], Iterable[Resource]]
) -> list[list[Resource]]:
    """All answers, asked side by side, in the order of those who were asked."""
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        return [*pool.map(lambda each: list(question(each)), list(whom))]
