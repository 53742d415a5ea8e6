# SPDX-License-Identifier: Apache-2.0
"""Mappings that match nothing, which would otherwise be passed over in silence."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Ref, Resource
from pumphouse.plan.decisions import Mappings
from pumphouse.resources.base import ResourceType


def unmatched(
    mappings: Mappings,
    types: Mapping[str, ResourceType],
    resources: Mapping[Ref, Resource],
    source: Cloud,
) -> Iterator[str]:
    """A note for each mapping of something that the source does not have.

    What is there but not part of this plan may be part of another: it is looked
    for, in one question a type, and nothing is said of it.
    """
    for name, wanted in mappings.items():
        kind = types[name]
        found = [r for ref, r in resources.items() if ref.type == name]
        left = _missing(wanted, found)
        if not left:
            continue
        for each, meant in _absent(kind, left, source):
            yield _idle(name, each, meant)


def faults(
    mappings: Mappings,
    types: Mapping[str, ResourceType],
    source: Cloud,
    destination: Cloud,
) -> Iterator[tuple[str, bool]]:
    """A line for each mapping of what the source, or to what the destination lacks.

    :returns: the line, and whether it blocks what is mapped: what the source lacks
        is not there to be blocked
    """
    for name, wanted in mappings.items():
        idle = dict(_absent(types[name], wanted, source))
        lost = dict(_absent(types[name], {*wanted.values()}, destination))
        for what, target in wanted.items():
            if what in idle:
                yield _idle(name, what, idle[what]), False
            elif target in lost:
                yield (
                    (
                        f"mapping of {name} {what!r} to {target!r}: nothing on the "
                        f"destination has that name or id{lost[target]}"
                    ),
                    True,
                )


def _idle(name: str, what: str, meant: str) -> str:
    return (
        f"mapping of {name} {what!r}: nothing on the source has that name or id, so "
        f"it has no effect{meant}"
    )


def _absent(
    kind: ResourceType, wanted: Collection[str], cloud: Cloud
) -> Iterator[tuple[str, str]]:
    """Those of *wanted* that *cloud* does not have, and what was meant, perhaps."""
    missing = _missing(wanted, list(kind.find(cloud, wanted)))
    names = [each for each in kind.names(cloud) if each] if missing else []
    for each in missing:
        close = difflib.get_close_matches(each, names, n=1)
        yield each, f": did you mean {close[0]!r}?" if close else ""


def _missing(wanted: Collection[str], found: list[Resource]) -> list[str]:
    called = {r.ref.id for r in found} | {r.name for r in found}
    return [each for each in wanted if each not in called]
