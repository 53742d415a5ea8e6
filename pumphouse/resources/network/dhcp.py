# SPDX-License-Identifier: Apache-2.0
"""Ports by which Neutron serves DHCP make way for those that are brought over.

A subnet with DHCP gets such a port within moments of its creation, with whatever
address is free: perhaps one that a port of the source has.  The destination's may
have any other; its agent restarts with that by itself.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from pumphouse.models import Origin, Record, Ref
from pumphouse.resources.context import Context

SERVING = ("network:dhcp", "network:distributed")
"""The ``device_owner`` of such ports: of an agent, and of OVN's metadata."""


def make_way(ctx: Context, network: Ref, wanted: Iterable[str]) -> bool:
    """Give those that hold one of the addresses *wanted* another one.

    Only in a network that a run made: in others somebody may rely on them.

    :param network: the source network
    :returns: whether there were any
    """
    bound = ctx.binding(network)
    if bound is None or bound.origin is not Origin.CREATED:
        return False
    asked = {*wanted}
    with ctx.exclusively("dhcp", bound.destination_id):
        ports = _ports(ctx.destination, bound.destination_id)
        holders = [p for p in ports if _serves(p) and asked & {*_addresses(p)}]
        if not holders:
            return False
        here = _ports(ctx.source, network.id)
        used = {address for port in ports for address in _addresses(port)}
        used |= {a for port in here if not _serves(port) for a in _addresses(port)}
        likely = [a for port in here if _serves(port) for a in _addresses(port)]
        for port in holders:
            ips = [
                _another(ctx, ip, likely, used) if ip["ip_address"] in asked else ip
                for ip in port["fixed_ips"]
            ]
            body = {"port": {"fixed_ips": ips}}
            ctx.destination.put("network", f"/ports/{port['id']}", body)
    return True


def _another(
    ctx: Context, ip: Record, likely: list[str], used: set[str]
) -> dict[str, Any]:
    """An address that no port of either network has: the source's own, if it can be.

    The same one, where there is none: what wants it is refused again.
    """
    subnet = ctx.destination.get("network", f"/subnets/{ip['subnet_id']}", "subnet")
    cidr = ipaddress.ip_network(subnet["cidr"])
    ours = (each for each in likely if ipaddress.ip_address(each) in cidr)
    for address in itertools.chain(ours, _pooled(subnet)):
        if address not in used:
            used.add(address)
            return {"subnet_id": ip["subnet_id"], "ip_address": address}
    return dict(ip)


def _pooled(subnet: Record) -> Iterator[str]:
    """All addresses that the subnet gives out, the last ones first."""
    for pool in reversed(subnet["allocation_pools"]):
        low, high = (ipaddress.ip_address(pool[end]) for end in ("start", "end"))
        for number in range(int(high), int(low) - 1, -1):
            yield str(type(high)(number))


def _ports(cloud: Any, network_id: str) -> list[dict[str, Any]]:
    params = {"network_id": [network_id]}
    return list(cloud.list("network", "/ports", "ports", params=params))


def _serves(port: Record) -> bool:
    return port.get("device_owner") in SERVING


def _addresses(port: Record) -> list[str]:
    return [ip["ip_address"] for ip in port.get("fixed_ips") or ()]
