# SPDX-License-Identifier: Apache-2.0
"""Verification: both clouds are read again and compared, field by field.

Nothing of what the run believed is trusted but the bindings: which destination
resource stands for which source resource.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Action, Binding, Difference, Ref, Resource
from pumphouse.plan.document import Plan
from pumphouse.resources.base import ResourceType


@dataclass
class Verification:
    """What a verification found.

    :param verified: how many are equal
    :param differing: which are not, and in what
    :param unbound: planned, but nothing stands for them (yet)
    :param not_compared: the operator said what takes their place
    """

    verified: int = 0
    differing: list[tuple[Resource, tuple[Difference, ...]]] = field(
        default_factory=list
    )
    unbound: list[Resource] = field(default_factory=list)
    not_compared: int = 0

    def summary(self) -> str:
        """One line for people."""
        count = sum(len(d) for _, d in self.differing)
        text = f"{self.verified} verified, {count} differences"
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
) -> Verification:
    """Compare everything in *plan* that has a binding.  Reads only.

    :raises CloudError: a cloud could not be read
    """
    found = Verification()
    standing = {
        n.ref: n.decision.destination_id
        for n in plan.nodes.values()
        if n.decision.destination_id
    }

    def translate(ref: Ref) -> str | None:
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
    for name, pairs in wanted.items():
        kind = types[name]
        ours = {r.ref.id: r for r in kind.fetch(source, sorted(pairs))}
        theirs = {
            r.ref.id: r for r in kind.fetch(destination, sorted(set(pairs.values())))
        }
        for source_id, destination_id in sorted(pairs.items()):
            planned = plan.nodes[Ref(name, source_id)].resource
            here, there_ = ours.get(source_id), theirs.get(destination_id)
            if here is None or there_ is None:
                gone = Difference(
                    "(existence)",
                    "present" if here else "gone",
                    "present" if there_ else "gone",
                )
                found.differing.append((planned, (gone,)))
                continue
            different = kind.compare(here, there_, translate, plan.options)
            if different:
                found.differing.append((planned, different))
            else:
                found.verified += 1
    return found
