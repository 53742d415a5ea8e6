# SPDX-License-Identifier: Apache-2.0
"""How router interfaces are attached to their routers, and known as gateways."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from typing import Any

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record, Resource
from pumphouse.resources.context import Context

OWNERS = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
"""The ``device_owner`` of such ports: plain, distributed and HA routers."""

SECURITY = ("port_security_enabled", "security_groups", "allowed_address_pairs")
"""What Neutron sets on a port of a router only when it is asked to afterwards."""

OWN = ("name", "description", "extra_dhcp_opts", *SECURITY)
"""What a port that Neutron makes for a router has nothing of."""


def attachable_by_subnet(record: Record) -> bool:
    """Whether attaching its subnets makes just this port.

    :param record: what is carried of it, thus without a MAC that need not be kept
    """
    ips = record["fixed_ips"]
    plain = not any(record.get(path) for path in (*OWN, "mac_address"))
    shared = all(ipaddress.ip_address(ip["ip_address"]).version == 6 for ip in ips)
    return bool(
        record.get("gateway")
        and plain
        and record.get("binding:vnic_type", "normal") == "normal"
        and record.get("admin_state_up")
        and ips
        and (len(ips) == 1 or shared)  # Neutron joins a network's IPv6 subnets
    )


def secured(record: Record) -> bool:
    """Whether an operator's port is its origin: Neutron's own have no security."""
    return any(record.get(path) for path in SECURITY)


def change(ctx: Context, router: str, verb: str, what: dict[str, str]) -> Any:
    """Add to a router, or remove from it, an interface; Neutron's answer."""
    return ctx.destination.put(
        "network",
        f"/routers/{router}/{verb}_router_interface",
        what,
        repeatable=False,  # the second time Neutron calls it an error
    )


def gateways(
    cloud: Cloud, found: Iterable[Resource], projects: Collection[str] = ()
) -> dict[str, Any]:
    """The gateway of each subnet that one of these interfaces is on.  One request.

    :param projects: whose subnets most of them are, and whose list of subnets others
        ask for as well (``Cloud.snapshot``); what is not in it is one request more
    """
    ids = {ip["subnet_id"] for each in found for ip in each.record["fixed_ips"]}
    subnets: list[dict[str, Any]] = []
    if ids and projects:
        params: dict[str, Any] = {"project_id": sorted(projects)}
        subnets = cloud.list("network", "/subnets", "subnets", params=params)
        ids -= {each["id"] for each in subnets}
    if ids:
        params = {"id": sorted(ids), "fields": ["id", "gateway_ip"]}
        subnets += cloud.list("network", "/subnets", "subnets", params=params)
    return {each["id"]: each.get("gateway_ip") for each in subnets}
