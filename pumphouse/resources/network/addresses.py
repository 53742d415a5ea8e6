# SPDX-License-Identifier: Apache-2.0
"""Which addresses of a port are asked for, and which are Neutron's to give."""

from __future__ import annotations

import ipaddress
from typing import Any

from pumphouse.conf.migration import Options
from pumphouse.models import Record, Ref
from pumphouse.resources.context import Context


def carried(record: Record, options: Options) -> Record:
    """The port's record with the addresses that the options keep."""
    mac = record.get("mac_address")
    keep = options.keep_fixed_ips
    found = {
        **record,
        "fixed_ips": [
            _address(ip, keep and not _stateless(ip["ip_address"], mac))
            for ip in record.get("fixed_ips") or ()
        ],
    }
    if not options.keep_mac_addresses and record.get("allowed_address_pairs"):
        found["allowed_address_pairs"] = [
            {k: v for k, v in pair.items() if (k, v) != ("mac_address", mac)}
            for pair in record["allowed_address_pairs"]
        ]
    return found


def macs(server: Record) -> set[str]:
    """The MACs that Nova shows among a server's addresses."""
    return {
        str(each["OS-EXT-IPS-MAC:mac_addr"])
        for of_network in (server.get("addresses") or {}).values()
        for each in of_network
        if each.get("OS-EXT-IPS-MAC:mac_addr")
    }


def holders(ctx: Context, record: Record) -> str:
    """Who has a port's addresses on the destination, as a hint; "" for nobody."""
    ips = record.get("fixed_ips") or ()
    if not ips or not ctx.options.keep_fixed_ips:
        return ""
    params = {
        "network_id": ctx.destination_id(Ref("network", record["network_id"])),
        "fixed_ips": [f"ip_address={ip['ip_address']}" for ip in ips],
    }
    said = [
        f"{ip['ip_address']} is held there by port {port['id']} "
        f"({port.get('device_owner') or port.get('name') or 'unused'})"
        for port in ctx.destination.list("network", "/ports", "ports", params=params)
        for ip in port["fixed_ips"]
    ]
    return f"{'; '.join(said)}. Free it, then resume" if said else ""


def _address(ip: Record, keep: bool) -> dict[str, Any]:
    return dict(ip) if keep else {"subnet_id": ip["subnet_id"]}


def _stateless(address: str, mac: str | None) -> bool:
    """Whether an IPv6 address follows from the MAC (EUI-64, RFC 4291 appendix A).

    Such addresses are Neutron's to give; asking for one is an error.
    """
    ip = ipaddress.ip_address(address)
    if ip.version == 4 or not mac:
        return False
    octets = bytes.fromhex(mac.replace(":", ""))
    suffix = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    return ip.packed[8:] == suffix
