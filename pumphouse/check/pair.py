# SPDX-License-Identifier: Apache-2.0
"""Both clouds beside each other: are they two, and has the destination what is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pumphouse.check.findings import Finding, Looks, Place, State
from pumphouse.cloud import endpoints
from pumphouse.cloud.cloud import Cloud
from pumphouse.plan import mapped
from pumphouse.plan.decisions import Mappings
from pumphouse.resources.base import ResourceType

_BOTH = Looks(Place.BOTH)


def look(
    source: Cloud,
    destination: Cloud,
    types: Mapping[str, ResourceType],
    mappings: Mappings,
) -> Iterator[Finding]:
    """What only shows with tokens of both.

    :param types: those that Pumphouse moves
    :param mappings: those of the migration file
    """
    yield from _BOTH.look("two-clouds", lambda: _two(source, destination))
    there = Looks(Place.DESTINATION)
    yield from there.look(
        "extensions",
        lambda: _extensions(there, source, destination, types),
        State.UNKNOWN,  # that a network service fails is told by its own line
    )
    yield from there.look(
        "services", lambda: _services(there, source, destination, types)
    )

    if mappings:
        yield from _BOTH.look(
            "mappings",
            lambda: _mappings(mappings, types, source, destination),
            State.UNKNOWN,
        )


def _mappings(
    mappings: Mappings,
    types: Mapping[str, ResourceType],
    source: Cloud,
    destination: Cloud,
) -> Iterator[Finding]:
    """What is mapped has to be there, on either side."""
    faults = [*mapped.faults(mappings, types, source, destination)]
    for line, blocks in faults:
        yield (_BOTH.error if blocks else _BOTH.warning)("mappings", line)
    if not faults:
        yield _BOTH.ok("mappings", "what is mapped is there, on both clouds")


def _two(source: Cloud, destination: Cloud) -> Iterator[Finding]:
    if source.url("compute") == destination.url("compute") != "":
        yield _BOTH.error(
            "two-clouds",
            f"source and destination are one cloud: {source.url('compute')} is the "
            "compute service of both. Correct auth_url or region_name in clouds.yaml",
        )
    elif _who(source) == _who(destination):
        yield _BOTH.warning(
            "two-clouds",
            "source and destination have one Keystone: users, projects and roles are "
            "the same on both",
        )
    else:
        yield _BOTH.ok("two-clouds", "source and destination are two clouds")


def _who(cloud: Cloud) -> tuple[str, str]:
    return cloud.user_id, cloud.project_id  # ids are made up, by each Keystone its own


def _extensions(
    looks: Looks,
    source: Cloud,
    destination: Cloud,
    types: Mapping[str, ResourceType],
) -> Iterator[Finding]:
    """Those that the source has, the destination lacks, and something needs."""
    used: dict[str, set[str]] = {}
    for name, kind in types.items():
        if kind.extension:
            used.setdefault(kind.extension, set()).add(f"every {name}")
        for field, alias in kind.extensions.items():
            used.setdefault(alias, set()).add(f"{field} of {name}")
    lacking = sorted((source.extensions() & used.keys()) - destination.extensions())
    for alias in lacking:
        yield looks.warning(
            "extensions",
            f"its network service lacks the extension {alias}, which the source has: "
            f"{', '.join(sorted(used[alias]))} cannot be carried; a plan says where",
        )
    if not lacking:
        yield looks.ok(
            "extensions",
            "its network service has every extension that is used and the source has",
        )


def _services(
    looks: Looks,
    source: Cloud,
    destination: Cloud,
    types: Mapping[str, ResourceType],
) -> Iterator[Finding]:
    """The same of services that not every cloud has."""
    wanted = {k.service for k in types.values() if endpoints.optional(k.service)}
    for service in sorted((wanted & source.services()) - destination.services()):
        names = sorted(n for n, k in types.items() if k.service == service)
        yield looks.warning(
            "services",
            f"it has no service {service}, which the source has: {', '.join(names)} "
            "cannot be moved",
        )
