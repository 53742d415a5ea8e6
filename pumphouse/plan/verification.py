# SPDX-License-Identifier: Apache-2.0
"""Verification: both clouds are read again and compared, field by field.

Nothing of what the run believed is trusted but the bindings: which destination
resource stands for which source resource.
"""

from __future__ import annotations

import concurrent.futures
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pumphouse import exceptions
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
from pumphouse.plan.discovery import PARALLEL
from pumphouse.plan.document import Plan
from pumphouse.resources.base import ResourceType


@dataclass
class Verification:
    """What a verification found.

    :param verified: how many are equal
    :param differing: which are not, and in what
    :param not_kept: of those that are equal otherwise, what the run said it could
        not keep
    :param unbound: planned, but nothing stands for them (yet)
    :param not_compared: the operator said what takes their place
    """

    verified: int = 0
    differing: list[tuple[Resource, tuple[Difference, ...]]] = field(
        default_factory=list
    )
    not_kept: list[tuple[Resource, Difference]] = field(default_factory=list)
    unbound: list[Resource] = field(default_factory=list)
    not_compared: int = 0

    @property
    def complete(self) -> bool:
        """Whether all that was planned is there, and equal."""
        return not self.differing and not self.unbound

    def rows(self) -> Iterator[tuple[Resource, Difference]]:
        """Each thing that is not as it should be."""
        for resource, differences in self.differing:
            for difference in differences:
                yield resource, difference
        for resource in self.unbound:
            yield resource, Difference("(existence)", "planned", "not migrated")

    def summary(self) -> str:
        """One line for people."""
        count = sum(len(d) for _, d in self.differing)
        text = f"{self.verified} verified, {count} differences"
        if self.not_kept:
            names = Counter(f"{r.ref.type} {d.field}" for r, d in self.not_kept)
            told = ", ".join(f"{n} {name}" for name, n in sorted(names.items()))
            text += f", not kept: {told}"
        if self.unbound:
            text += f", {len(self.unbound)} not migrated"
        if self.not_compared:
            text += f", {self.not_compared} mapped by the operator and not compared"
        return text


def verify(
    plan: Plan,
    source: Cloud,
    destination: Cloud,
    types: Mapping[str, ResourceType],
    bindings: Mapping[Ref, Binding],
    passwords: tuple[IdentityDatabase, IdentityDatabase] | None = None,
    not_kept: Mapping[Ref, Collection[str]] = MappingProxyType({}),
) -> Verification:
    """Compare everything in *plan* that has a binding.  Reads only.

    :param passwords: both Keystone databases, source first: then what was copied
        from one to the other is compared there
    :param not_kept: fields that runs said they could not keep (``models.NOT_KEPT``)
    :raises InputError: the plan is for other clouds than these two
    :raises CloudError: a cloud could not be read
    """
    pair = CloudPair(source.identity, destination.identity)
    if plan.pair != pair:
        raise exceptions.InputError(
            f"the plan is for {plan.pair}, the migration file names {pair}",
            resource=f"plan {plan.id[:8]}",
            hint="Give the migration file that the plan was drawn up with",
        )
    found = Verification()
    standing = {
        n.ref: n.decision.destination_id
        for n in plan.nodes.values()
        if n.decision.destination_id
    }

    def translate(ref: Ref) -> str | None:
        node = plan.nodes.get(ref)
        if node is not None and node.decision.action is Action.MAP:
            return node.decision.destination_id
        bound = bindings.get(ref)
        return bound.destination_id if bound else standing.get(ref)

    wanted: dict[str, dict[str, str]] = defaultdict(dict)
    for node in plan.nodes.values():
        if node.decision.action is Action.MAP:
            found.not_compared += 1
            continue
        there = translate(node.ref)
        if there is None or node.ref not in bindings:
            found.unbound.append(node.resource)
        else:
            wanted[node.ref.type][node.ref.id] = there
    ours = read(source, types, {n: sorted(p) for n, p in wanted.items()})
    theirs = read(
        destination, types, {n: sorted(set(p.values())) for n, p in wanted.items()}
    )
    for name, pairs in wanted.items():
        kind = types[name]
        secrets: Mapping[str, Difference] = {}
        if passwords and plan.options.copy_passwords:
            created = {
                source_id: there
                for source_id, there in pairs.items()
                if bindings[Ref(name, source_id)].origin is Origin.CREATED
            }
            secrets = kind.unequal_secrets(created, *passwords)
        for source_id, destination_id in sorted(pairs.items()):
            here = ours.get(Ref(name, source_id))
            arrived = theirs.get(Ref(name, destination_id))
            if here is None or arrived is None:
                different: tuple[Difference, ...] = (_existence(here, arrived),)
            else:
                different = kind.compare(here, arrived, translate, plan.options)
                if source_id in secrets:
                    different = (*different, secrets[source_id])
            ref = Ref(name, source_id)
            planned = plan.nodes[ref].resource
            known = [d for d in different if d.field in not_kept.get(ref, ())]
            if len(known) < len(different):
                found.differing.append((planned, different))
            else:
                found.verified += 1
                found.not_kept += [(planned, each) for each in known]
    return found


def read(
    cloud: Cloud, types: Mapping[str, ResourceType], ids: Mapping[str, list[str]]
) -> dict[Ref, Resource]:
    """Those resources as they are now, all types side by side."""
    cloud = cloud.snapshot()
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        read = pool.map(lambda name: list(types[name].fetch(cloud, ids[name])), ids)
        return {resource.ref: resource for batch in read for resource in batch}


def _existence(here: Resource | None, there: Resource | None) -> Difference:
    return Difference(
        "(existence)", "present" if here else "gone", "present" if there else "gone"
    )
