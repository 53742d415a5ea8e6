# SPDX-License-Identifier: Apache-2.0
"""Availability zones, under the option ``keep_availability_zone``.

A zone is an aggregate with that metadata.  Hosts in none are in the default zone,
which is no aggregate's, so the scheduler cannot be held to it: who asks for it by
name may land in any zone, pinned to one where it is not.  So it is not asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from pumphouse.cloud.cloud import Cloud


@dataclass(frozen=True)
class Zones:
    """The zones of a cloud.

    :param available: those that Nova takes
    :param named: those that are an aggregate's, and may be asked for
    """

    available: frozenset[str]
    named: frozenset[str]

    def blocked(self, zone: str) -> str:
        """Why a server cannot be in that zone, and what to do; "" if it can."""
        if zone in self.available:
            return ""
        known = ", ".join(sorted(self.available)) or "none"
        return (
            f"the destination has no availability zone {zone} (it has {known}): make "
            "it there, or set options.keep_availability_zone to false; then plan again"
        )

    def uncertain(self, zone: str) -> bool:
        """Whether it may land in another, as it can only be in the default zone."""
        return zone not in self.named and bool(self.available - {zone})


def of(cloud: Cloud) -> Zones:
    """Two requests."""
    found = cloud.list("compute", "/os-availability-zone", "availabilityZoneInfo")
    up = {z["zoneName"] for z in found if (z.get("zoneState") or {}).get("available")}
    return Zones(frozenset(up), named(cloud))


def named(cloud: Cloud) -> frozenset[str]:
    """The zones that may be asked for by name; one request."""
    aggregates = cloud.list("compute", "/os-aggregates", "aggregates")
    zones = {(a.get("metadata") or {}).get("availability_zone") for a in aggregates}
    return frozenset(str(zone) for zone in zones if zone)
