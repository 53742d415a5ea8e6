# SPDX-License-Identifier: Apache-2.0
"""What there is besides a plan: discovery again, of the same selection.

On the source that is what came after the plan was drawn up.  On the destination it is
what stands within what was created and has no source: a rule that lets in more, say.
No type is named: each says itself what comes along with what, as for the plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import PROJECT, USER, Action, Ref, Resource
from pumphouse.plan.discovery import Inventory, discover
from pumphouse.plan.document import Plan
from pumphouse.resources.base import ResourceType
from pumphouse.resources.listing import ID, where


def found_again(
    plan: Plan, source: Cloud, types: Mapping[str, ResourceType]
) -> Inventory:
    """Everything that discovery of the plan's selection finds on the source now.

    :param source: one that asks for equal lists only once
    :raises CloudError: it could not be read
    """
    by_type: dict[str, list[str]] = defaultdict(list)
    for ref in plan.selected:
        by_type[ref.type].append(ref.id)
    roots = [
        r
        for name in by_type
        for r in types[name].list(source, where(ID, by_type[name]))
    ]
    mapped = {node.ref for node in plan.having(Action.MAP)} | {*own(source)}
    return discover(
        source,
        roots,
        types,
        known=lambda ref, name: ref in mapped,
    )


def own(cloud: Cloud) -> tuple[Ref, Ref]:
    """The operator's own account and project there, which are never migrated."""
    return Ref(USER, cloud.user_id), Ref(PROJECT, cloud.project_id)


def titled(
    inventory: Inventory, refs: Iterable[Ref], types: Mapping[str, ResourceType]
) -> Iterator[Resource]:
    """Those of what was found, called as a plan calls them."""
    for ref in refs:
        resource = inventory.resources[ref]
        name = types[ref.type].title(resource, inventory.named)
        yield replace(resource, name=name)


def found_there(
    destination: Cloud,
    roots: Iterable[Resource],
    created: Collection[Ref],
    types: Mapping[str, ResourceType],
    *,
    follow: bool,
) -> Inventory:
    """What discovery finds on the destination from *roots*, what was created, on.

    :param destination: one that asks for equal lists only once
    :param created: references on the destination; what else is met is a leaf
    :param follow: whether the roots are what was selected, and were created
    :raises CloudError: it could not be read
    """
    return discover(
        destination,
        roots,
        types,
        follow=follow,
        known=lambda ref, name: ref not in created,
    )


def within(
    there: Inventory, created: Collection[Ref], types: Mapping[str, ResourceType]
) -> Iterator[Ref]:
    """What is part of what was created: what refers to some of it."""
    for ref, resource in there.resources.items():
        if any(need.ref in created for need in types[ref.type].needs(resource)):
            yield ref
