# SPDX-License-Identifier: Apache-2.0
"""Addresses and MACs that somebody has on the destination already.

Only in networks that are there: those of the plan begin empty, but for the ports by
which Neutron serves DHCP (``Port.create``).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from pumphouse.models import Finding, Record, Resource
from pumphouse.resources.discovery import chunks
from pumphouse.resources.network import addresses
from pumphouse.resources.network.standing import networks_there, subnets_there
from pumphouse.resources.outlook import Outlook

_AT_A_TIME = 50  # filters in a URL
Wish = tuple[Resource, str, str]  # who wants it, network on the destination, what


def taken(outlook: Outlook) -> Iterator[Finding]:
    """What wants an address or a MAC that is in use.

    A list for each 50 addresses, and one for each 50 MACs, in networks that are there.
    """
    networks = networks_there(outlook)
    wishes = [*_addresses(outlook, networks)]
    held = _held(outlook, wishes, "fixed_ips", "ip_address={}")
    for resource, network, address in wishes:
        port = held.get((network, address))
        if port:
            yield Finding(resource.ref, blocked=_said(resource, address, port))
    wishes = [*_macs(outlook, networks)]
    held = _held(outlook, wishes, "mac_address", "{}")
    for resource, network, mac in wishes:
        port = held.get((network, mac))
        if port:
            yield Finding(
                resource.ref,
                blocked=(
                    f"the MAC address {mac} is in use there by {_who(port)}: free it, "
                    "or set keep_mac_addresses to false"
                ),
            )


def outside(outlook: Outlook) -> Iterator[Finding]:
    """The new floating IPs whose address no subnet of the network there has."""
    if not outlook.options.keep_floating_ip_addresses:
        return
    networks, there = networks_there(outlook), subnets_there(outlook)
    for each in outlook.created("floating-ip"):
        source = each.record["floating_network_id"]
        network = networks.get(source)
        if network is None:
            continue
        ranges = [s["cidr"] for s in there.get(network, ())]
        ranges += [
            s.record["cidr"]
            for s in outlook.created("subnet")
            if s.record["network_id"] == source
        ]
        address = ipaddress.ip_address(each.record["floating_ip_address"])
        if not any(address in ipaddress.ip_network(r, strict=False) for r in ranges):
            yield Finding(
                each.ref,
                blocked=(
                    f"no subnet of its network on the destination has {address} "
                    f"({', '.join(sorted(ranges)) or 'it has none'}): make one there, "
                    "or set keep_floating_ip_addresses to false"
                ),
            )


def _addresses(outlook: Outlook, networks: dict[str, str]) -> Iterator[Wish]:
    for port in outlook.created("port"):
        wanted = addresses.carried(port.record, outlook.options)["fixed_ips"]
        yield from _wishes(port, networks, wanted)
    for interface in outlook.created("router-interface"):
        yield from _wishes(interface, networks, interface.record["fixed_ips"])
    for floating in outlook.created("floating-ip"):
        network = networks.get(floating.record["floating_network_id"])
        if network and outlook.options.keep_floating_ip_addresses:
            yield floating, network, floating.record["floating_ip_address"]


def _wishes(
    resource: Resource, networks: dict[str, str], ips: Iterable[Record]
) -> Iterator[Wish]:
    network = networks.get(resource.record["network_id"])
    for ip in ips if network else ():
        if network and ip.get("ip_address"):
            yield resource, network, ip["ip_address"]


def _macs(outlook: Outlook, networks: dict[str, str]) -> Iterator[Wish]:
    if not outlook.options.keep_mac_addresses:
        return
    for kind in ("port", "router-interface"):
        for resource in outlook.created(kind):
            network = networks.get(resource.record["network_id"])
            if network and resource.record.get("mac_address"):
                yield resource, network, resource.record["mac_address"].lower()


def _held(
    outlook: Outlook, wishes: list[Wish], name: str, form: str
) -> dict[tuple[str, str], Record]:
    """(network, address or MAC) -> the port that has it."""
    found: dict[tuple[str, str], Record] = {}
    ids = sorted({network for _, network, _ in wishes})
    for some in chunks(sorted({what for _, _, what in wishes}), _AT_A_TIME):
        params: dict[str, Any] = {
            "network_id": ids,
            name: [form.format(each) for each in some],
        }
        for port in outlook.destination.list(
            "network", "/ports", "ports", params=params
        ):
            network = port["network_id"]
            found[network, str(port.get("mac_address")).lower()] = port
            for ip in port.get("fixed_ips") or ():
                found[network, ip["ip_address"]] = port
    return found


def _said(resource: Resource, address: str, port: Record) -> str:
    option = ""
    if resource.ref.type == "port":
        option = ", or set keep_fixed_ips to false"
    elif resource.ref.type == "floating-ip":
        option = ", or set keep_floating_ip_addresses to false"
    owner = port.get("device_owner")
    if owner == "network:dhcp":
        return (
            f"{address} is held there by the network's DHCP port: openstack port set "
            "--no-fixed-ip --fixed-ip subnet=SUBNET,ip-address=ANOTHER "
            f"{port['id']} has it make way{option}"
        )
    return f"{address} is held there by {_who(port)}: free it there{option}"


def _who(port: Record) -> str:
    what = port.get("device_owner") or port.get("name") or "unused"
    return f"port {port['id']} ({what})"
