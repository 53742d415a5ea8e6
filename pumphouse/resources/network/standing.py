# SPDX-License-Identifier: Apache-2.0
"""What stands on the destination where a plan is going to put something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from pumphouse.models import Record, Ref
from pumphouse.resources.outlook import Outlook


def networks_there(outlook: Outlook) -> dict[str, str]:
    """Source id -> destination id, of the plan's networks that are there already."""
    found = {}
    for network in outlook.having("network"):
        there = outlook.translate(network.ref)
        if there:
            found[network.ref.id] = there
    return found


def subnets_there(outlook: Outlook) -> Mapping[str, list[Record]]:
    """By destination network: the subnets of those in which something is to be made.

    One list, the same for all who ask; none if there is no such network.
    """
    wanted = {
        outlook.translate(Ref("network", str(resource.record.get(path))))
        for kind, path in (
            ("subnet", "network_id"),
            ("floating-ip", "floating_network_id"),
        )
        for resource in outlook.created(kind)
    }
    ids = sorted(each for each in wanted if each)
    found: dict[str, list[Record]] = defaultdict(list)
    if ids:
        params = {"network_id": ids}
        for record in outlook.destination.list(
            "network", "/subnets", "subnets", params=params
        ):
            found[record["network_id"]].append(record)
    return found
