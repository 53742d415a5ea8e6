# SPDX-License-Identifier: Apache-2.0
"""Verification: both clouds are read again and compared, field by field, set by set.

Nothing of what the run believed is trusted but the bindings: which destination
resource stands for which source resource.
"""

from __future__ import annotations

import concurrent.futures
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.models import (
    Action,
    Binding,
    CloudPair,
    Difference,
    Origin,
    Ref,
    Resource,
)
from pumphouse.plan import later
from pumphouse.plan.discovery import PARALLEL, Inventory
from pumphouse.plan.document import Plan
from pumphouse.plan.verdicts import EXISTENCE, Verification
from pumphouse.resources.base import ResourceType
from pumphouse.resources.listing import ID, where

Fields = Mapping[Ref, Collection[str]]
Passwords = tuple[IdentityDatabase, IdentityDatabase]


def verify(
    plan: Plan,
    source: Cloud,
    destination: Cloud,
    types: Mapping[str, ResourceType],
    bindings: Mapping[Ref, Binding],
    passwords: Passwords | None = None,
    not_kept: Fields = MappingProxyType({}),
    announced: Fields = MappingProxyType({}),
    unfinished: Collection[Ref] = (),
    undone_by: str = "",
) -> Verification:
    """Compare everything in *plan* that has a binding, and look for more.  Reads only.

    :param bindings: all of this pair of clouds
    :param passwords: both Keystone databases, source first: then what was copied
        from one to the other is compared there
    :param not_kept: fields that runs said they could not keep (``models.NOT_KEPT``)
    :param announced: fields that earlier plans said would differ; those that this one
        announces are known
    :param unfinished: what no run has come to the end of
    :param undone_by: the id of the run that took back what the plan brought
    :raises InputError: the plan is for other clouds than these two
    :raises CloudError: a cloud could not be read
    """
    plan.check_pair(CloudPair(source.identity, destination.identity))
    return _Verifier(
        plan,
        source.snapshot(),
        destination.snapshot(),
        types,
        bindings,
        passwords,
        not_kept,
        announced,
        unfinished,
        Verification(undone_by=undone_by),
    ).verified()


@dataclass
class _Verifier:
    """Reads each cloud once, then compares."""

    plan: Plan
    source: Cloud
    destination: Cloud
    types: Mapping[str, ResourceType]
    bindings: Mapping[Ref, Binding]
    passwords: Passwords | None
    not_kept: Fields
    announced: Fields
    unfinished: Collection[Ref]
    found: Verification

    def verified(self) -> Verification:
        wanted = self._wanted()
        again = later.found_again(self.plan, self.source, self.types)
        ours = self._read(self.source, wanted, again.resources)
        there = {
            Ref(name, its_id): Ref(name, pairs[its_id])
            for name, pairs in wanted.items()
            for its_id in pairs
        }
        arrived = self._arrived(wanted, there)
        theirs = arrived.resources
        for name, pairs in wanted.items():
            secrets = self._secrets(name, pairs)
            for source_id in sorted(pairs):
                ref = Ref(name, source_id)
                pair = ours.get(ref), theirs.get(there[ref])
                self._judge(ref, *pair, secrets.get(source_id))
        self.found.sets = bool(self.plan.selected)
        if self.plan.selected:
            new = [ref for ref in again.resources if self._unplanned(ref)]
            self.found.unplanned += later.titled(again, new, self.types)
            extra = self._sourceless(there, arrived)
            self.found.sourceless += later.titled(arrived, extra, self.types)
        return self.found

    def translate(self, ref: Ref) -> str | None:
        """What stands for *ref* now."""
        node = self.plan.nodes.get(ref)
        if node is not None and node.decision.action is Action.MAP:
            return node.decision.destination_id
        bound = self.bindings.get(ref)
        if bound:
            return bound.destination_id
        return (node.decision.destination_id or None) if node is not None else None

    def _wanted(self) -> dict[str, dict[str, str]]:
        """Type -> source id -> destination id of all that is to be compared."""
        wanted: dict[str, dict[str, str]] = defaultdict(dict)
        for node in self.plan.nodes.values():
            there = self.translate(node.ref)
            if node.decision.action is Action.MAP:
                self.found.not_compared += 1
            elif there is not None and node.ref in self.bindings:
                wanted[node.ref.type][node.ref.id] = there
            elif node.decision.action is Action.LEFT_OUT:
                self.found.left_out.append(node.resource)
            else:
                self.found.unbound.append(node.resource)
        return wanted

    def _read(
        self,
        cloud: Cloud,
        wanted: Mapping[str, Collection[str]],
        known: Mapping[Ref, Resource],
    ) -> dict[Ref, Resource]:
        missing = {
            name: sorted(i for i in {*ids} if Ref(name, i) not in known)
            for name, ids in wanted.items()
        }
        return {
            **known,
            **_fetched(cloud, self.types, {n: i for n, i in missing.items() if i}),
        }

    def _judge(
        self,
        ref: Ref,
        here: Resource | None,
        arrived: Resource | None,
        secret: Difference | None,
    ) -> None:
        """Compare one, and put what differs where it belongs."""
        node, kind = self.plan.nodes[ref], self.types[ref.type]
        if here is None or arrived is None:
            differing: tuple[Difference, ...] = (_existence(here, arrived),)
        else:
            differing = kind.compare(here, arrived, self.translate, self.plan.options)
            if secret is not None:
                differing = (*differing, secret)
        differing = tuple(
            d for d in differing if d.field not in self._told_by_sets(ref)
        )
        announced = {*node.decision.announced, *self.announced.get(ref, ())}
        not_kept = {*self.not_kept.get(ref, ())} - announced
        if ref in self.unfinished:
            self.found.unfinished.append(node.resource)
        unexpected = []
        for each in differing:
            if each.field in announced:
                self.found.announced.append((node.resource, each))
            elif each.field in not_kept:
                self.found.not_kept.append((node.resource, each))
            else:
                unexpected.append(each)
        if unexpected:
            self.found.differing.append((node.resource, tuple(unexpected)))
        elif ref not in self.unfinished:
            self.found.verified += 1

    def _secrets(self, name: str, pairs: Mapping[str, str]) -> Mapping[str, Difference]:
        if not self.passwords or not self.plan.options.copy_passwords:
            return {}
        created = {
            source_id: there
            for source_id, there in pairs.items()
            if self._created(Ref(name, source_id))
        }
        return self.types[name].unequal_secrets(created, *self.passwords)

    def _created(self, ref: Ref) -> bool:
        bound = self.bindings.get(ref)
        return bound is not None and bound.origin is Origin.CREATED

    def _told_by_sets(self, ref: Ref) -> Collection[str]:
        """Fields of it whose parts are things of their own, told one by one."""
        if not self.plan.selected or not self._created(ref):
            return ()
        return {
            kind.nested
            for kind in self.types.values()
            if kind.nested and any(part.of == ref.type for part in kind.parts())
        }

    # -- sets -------------------------------------------------------------
    def _arrived(
        self, wanted: Mapping[str, Mapping[str, str]], there: Mapping[Ref, Ref]
    ) -> Inventory:
        """What stands for the plan, and what belongs to what was created of that."""
        created = {its for ref, its in there.items() if self._created(ref)}
        roots = [there[ref] for ref in self.plan.selected if ref in there]
        whole = self.plan.whole_project and {*roots} <= created and bool(roots)
        ids: dict[str, list[str]] = defaultdict(list)
        for ref in sorted(roots if whole else there.values()):
            ids[ref.type].append(ref.id)
        first = _fetched(self.destination, self.types, ids)
        begin = [r for ref, r in first.items() if ref in created]
        found = later.found_there(
            self.destination, begin, created, self.types, follow=whole
        )
        known = {**found.resources, **first}
        found.resources.update(self._read(self.destination, _reversed(wanted), known))
        return found

    def _unplanned(self, ref: Ref) -> bool:
        """What another run has brought since is in that one's plan."""
        known = ref in self.plan.nodes or ref in self.bindings
        return not known and ref not in later.own(self.source)

    def _sourceless(
        self, there: Mapping[Ref, Ref], arrived: Inventory
    ) -> Iterator[Ref]:
        """What is part of what was created, and stands for nothing."""
        stands = {Ref(b.ref.type, b.destination_id) for b in self.bindings.values()}
        for node in self.plan.nodes.values():
            stands.add(Ref(node.ref.type, node.decision.destination_id))
        stands |= {*later.own(self.destination)}
        created = {its for ref, its in there.items() if self._created(ref)}
        for ref in later.within(arrived, created, self.types):
            if ref not in stands:
                yield ref


def read(
    cloud: Cloud, types: Mapping[str, ResourceType], ids: Mapping[str, list[str]]
) -> dict[Ref, Resource]:
    """Those resources as they are now, all types side by side."""
    return _fetched(cloud.snapshot(), types, ids)


def _fetched(
    cloud: Cloud, types: Mapping[str, ResourceType], ids: Mapping[str, list[str]]
) -> dict[Ref, Resource]:
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        found = pool.map(
            lambda name: list(types[name].list(cloud, where(ID, ids[name]))), ids
        )
        return {resource.ref: resource for batch in found for resource in batch}


def _reversed(wanted: Mapping[str, Mapping[str, str]]) -> dict[str, set[str]]:
    return {name: set(pairs.values()) for name, pairs in wanted.items()}


def _existence(here: Resource | None, there: Resource | None) -> Difference:
    return Difference(
        EXISTENCE, "present" if here else "gone", "present" if there else "gone"
    )
