# SPDX-License-Identifier: Apache-2.0
"""Zones that the destination lacks, and segments that it uses for something else."""

from __future__ import annotations

from collections.abc import Iterator

from pumphouse.models import Finding, Record
from pumphouse.resources.outlook import Outlook

HINTS = "availability_zone_hints"
PROVIDER = (
    "provider:network_type",
    "provider:physical_network",
    "provider:segmentation_id",
)


def zones(kind: str, outlook: Outlook) -> Iterator[Finding]:
    """The new ones that ask for a zone which the destination does not have.

    One list, where hints are carried.

    :param kind: network or router, which is what Neutron calls those zones, too
    """
    if not outlook.options.keep_availability_zone:
        return
    hinted = [each for each in outlook.created(kind) if each.record.get(HINTS)]
    if not hinted:
        return
    path = "/availability_zones"
    found = outlook.destination.list("network", path, "availability_zones")
    known = {each["name"] for each in found if each.get("resource", kind) == kind}
    for each in hinted:
        lacking = [zone for zone in each.record[HINTS] if zone not in known]
        if lacking:
            there = ", ".join(sorted(known)) or "none"
            yield Finding(
                each.ref,
                blocked=(
                    f"the destination has no {kind} availability zone "
                    f"{', '.join(lacking)} (it has {there}): make one of that name "
                    "there, or set keep_availability_zone to false"
                ),
            )


def segments(outlook: Outlook) -> Iterator[Finding]:
    """The new networks of a segment that another network has there.

    One list, where a network is to lie on a physical network.
    """
    laid = [n for n in outlook.created("network") if prescribed(n.record)]
    if not laid:
        return
    physical = sorted({n.record["provider:physical_network"] for n in laid})
    params = {
        "provider:physical_network": physical,
        "fields": ["id", "name", *PROVIDER],
    }
    there = outlook.destination.list("network", "/networks", "networks", params=params)
    for network in laid:
        wanted = _segment(network.record)
        twin = next((each for each in there if _segment(each) == wanted), None)
        if twin is not None:
            yield Finding(
                network.ref,
                blocked=(
                    f"its segment ({_words(network.record)}) is that of network "
                    f"{twin.get('name') or twin['id']} on the destination: map it to "
                    "that one, or remove that one"
                ),
            )
        elif not any(each["provider:physical_network"] == wanted[1] for each in there):
            yield Finding(
                network.ref,
                notes=(
                    f"it lies on the physical network {wanted[1]}, on which the "
                    "destination has no network yet: it has to know that name",
                ),
            )


def prescribed(record: Record) -> bool:
    """Whether an operator said on which physical network and segment it lies."""
    return bool(record.get("provider:physical_network")) and bool(
        record.get("router:external")
        or record.get("shared")
        or record.get("provider:network_type") == "flat"
    )


def _segment(record: Record) -> tuple[object, ...]:
    return tuple(record.get(path) for path in PROVIDER)


def _words(record: Record) -> str:
    kind, physical, number = _segment(record)
    return f"{kind} {number} on {physical}" if number else f"{kind} on {physical}"
