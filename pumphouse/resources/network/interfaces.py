# SPDX-License-Identifier: Apache-2.0
"""How router interfaces are attached to their routers, and known as gateways."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record, Resource
from pumphouse.resources.context import Context


def attachable_by_subnet(record: Record) -> bool:
    """Whether attaching its subnets makes just this port."""
    ips = record["fixed_ips"]
    plain = not record.get("name") and not record.get("description")
    shared = all(ipaddress.ip_address(ip["ip_address"]).version == 6 for ip in ips)
    return bool(
        record.get("gateway")
        and plain
        and record.get("admin_state_up")
        and ips
        and (len(ips) == 1 or shared)  # Neutron joins a network's IPv6 subnets
    )


def change(ctx: Context, router: str, verb: str, what: dict[str, str]) -> Any:
    """Add to a router, or remove from it, an interface; Neutron's answer."""
    return ctx.destination.put(
        "network",
        f"/routers/{router}/{verb}_router_interface",
        what,
        repeatable=False,  # the second time Neutron calls it an error
    )


def gateways(cloud: Cloud, found: Iterable[Resource]) -> dict[str, Any]:
    """The gateway of each subnet that one of these interfaces is on.  One request."""
    ids = {ip["subnet_id"] for each in found for ip in each.record["fixed_ips"]}
    if not ids:
        return {}
    params = {"id": sorted(ids), "fields": ["id", "gateway_ip"]}
    subnets = cloud.list("network", "/subnets", "subnets", params=params)
    return {each["id"]: each.get("gateway_ip") for each in subnets}
