# SPDX-License-Identifier: Apache-2.0
"""The NICs of a server: their order and tags, and how two servers' NICs compare."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pumphouse.cloud.capabilities import parse
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record

_MAC = "OS-EXT-IPS-MAC:mac_addr"
_TYPE = "OS-EXT-IPS:type"
_SAYS_TAGS = "2.70"  # from here on Nova says which device tag a NIC has
_KEPT = ("id", "mac_address", "admin_state_up")


def ports_of(cloud: Cloud, server_id: str) -> list[dict[str, Any]]:
    """The ports of one server: id, MAC, whether they are set up, and ``tag`` if any."""
    wanted = {"device_id": server_id, "fields": list(_KEPT)}
    found = cloud.list("network", "/ports", "ports", params=wanted)
    tags = tags_of(cloud, server_id) if found else {}
    return [
        {
            **{name: port.get(name) for name in _KEPT},
            **({"tag": tags[port["id"]]} if port["id"] in tags else {}),
        }
        for port in found
    ]


def tags_of(cloud: Cloud, server_id: str) -> dict[str, str]:
    """Port id -> device tag, of the NICs that have one.

    No list of servers says them.  Nothing where Nova does not say them at all.
    """
    if parse(cloud.microversion("compute", _SAYS_TAGS) or "2.1") < parse(_SAYS_TAGS):
        return {}
    found = cloud.get(
        "compute",
        f"/servers/{server_id}/os-interface",
        "interfaceAttachments",
        microversion=_SAYS_TAGS,
    )
    return {nic["port_id"]: nic["tag"] for nic in found if nic.get("tag")}


def in_order(record: Record, ports: Collection[Record]) -> list[Record]:
    """*ports* of the server in the order in which it has its NICs.

    That is the order of their MACs in ``addresses``; ports without an address
    are not in there and come last.
    """
    macs = [address.get(_MAC) for address in _addresses(record)]

    def rank(port: Record) -> tuple[int, str]:
        mac = port.get("mac_address")
        return (macs.index(mac) if mac in macs else len(macs), str(port["id"]))

    return sorted(ports, key=rank)


def comparable(record: Record, options: Any, *, floating: bool = True) -> list[Any]:
    """What must be equal about its NICs under these migration options.

    Names of networks are left out: the operator may have mapped a network.

    :param floating: with floating IPs (Nova learns of those a little later)
    :returns: for each NIC in its order its MAC and sorted addresses
    """
    nics: dict[str, dict[str, Any]] = {}
    for address in _addresses(record):
        nic = nics.setdefault(str(address.get(_MAC)), {"fixed": [], "floating": []})
        nic[str(address.get(_TYPE) or "fixed")].append(address.get("addr"))
    shown = []
    for mac, nic in nics.items():
        one: dict[str, Any] = {"mac": mac} if options.keep_mac_addresses else {}
        one["fixed"] = _shown(nic["fixed"], options.keep_fixed_ips)
        if floating:
            keep = options.keep_floating_ip_addresses
            one["floating"] = _shown(nic["floating"], keep)
        shown.append(one)
    return shown


def _shown(addresses: list[str], keep: bool) -> list[str] | int:
    return sorted(addresses) if keep else len(addresses)


def _addresses(record: Record) -> Iterator[dict[str, Any]]:
    for network in (record.get("addresses") or {}).values():
        yield from network
