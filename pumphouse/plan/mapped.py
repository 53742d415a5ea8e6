# SPDX-License-Identifier: Apache-2.0
"""Mappings that match nothing, which would otherwise be passed over in silence."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

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
        there = list(kind.find(source, left))
        missing = _missing(left, there)
        if not missing:
            continue
        names = [each for each in kind.names(source) if each]
        for each in missing:
            close = difflib.get_close_matches(each, names, n=1)
            meant = f": did you mean {close[0]!r}?" if close else ""
            yield (
                f"mapping of {name} {each!r}: nothing on the source has that name or "
                f"id, so it has no effect{meant}"
            )


def _missing(wanted: Mapping[str, str] | list[str], found: list[Resource]) -> list[str]:
    called = {r.ref.id for r in found} | {r.name for r in found}
    return [each for each in wanted if each not in called]
