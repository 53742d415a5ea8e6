# SPDX-License-Identifier: Apache-2.0
"""Subnets that the destination refuses: for their range, or for what it overlaps."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pumphouse.models import Finding, Record, Ref, Resource
from pumphouse.resources.network.standing import networks_there, subnets_there
from pumphouse.resources.outlook import Outlook

NEWER = "security-groups-default-rules"
"""Came with the releases that look at what follows; Zed has neither."""

_LEAST_MTU = {4: 68, 6: 1280}


def refused(outlook: Outlook) -> Iterator[Finding]:
    """The new subnets that the destination would not take.

    One list where a subnet is to be made in a network that is there already.
    """
    for subnet in outlook.created("subnet"):
        reason = _out_of_date(subnet.record, outlook)
        if reason and NEWER in outlook.destination.extensions():
            yield Finding(subnet.ref, blocked=reason)
    yield from _overlaps(outlook)


def pools_implied(record: Record) -> bool:
    """Whether its pools are Neutron's own, which it refuses when it is asked for them.

    In an IPv6 range of one address the pool is that address, which is the network's
    own as well; said in so many words, it "spans beyond the subnet".
    """
    return ipaddress.ip_network(record["cidr"]).prefixlen == 128


def _out_of_date(record: Record, outlook: Outlook) -> str:
    cidr = ipaddress.ip_network(record["cidr"], strict=False)
    if cidr.version == 6 and int(cidr.network_address) == 0:
        return (
            f"newer Neutron refuses the IPv6 range {cidr}, which begins with '::'. "
            "Make a subnet of another range on the source and move its ports there, or "
            "map its network to one that the destination has"
        )
    network = Ref("network", record["network_id"])
    mtu = (
        outlook.resources[network].record.get("mtu")
        if network in (outlook.resources)
        else 0
    )
    least = _LEAST_MTU[cidr.version]
    if mtu and mtu < least and not outlook.translate(network):
        return (
            f"newer Neutron wants an MTU of {least} at least for IPv{cidr.version}, "
            f"and its network has {mtu}. Raise it on the source: "
            f"openstack network set --mtu {least} {network.id}"
        )
    return ""


def _overlaps(outlook: Outlook) -> Iterator[Finding]:
    there = subnets_there(outlook)
    for subnet in outlook.created("subnet"):
        cidr = ipaddress.ip_network(subnet.record["cidr"], strict=False)
        network = networks_there(outlook).get(subnet.record["network_id"])
        for other in there.get(network or "", ()):
            if _overlap(cidr, other):
                yield Finding(subnet.ref, blocked=_said(subnet, other))
                break


def _overlap(
    cidr: ipaddress.IPv4Network | ipaddress.IPv6Network, other: Record
) -> bool:
    that = ipaddress.ip_network(other["cidr"], strict=False)
    return that.version == cidr.version and that.overlaps(cidr)


def _said(subnet: Resource, other: Record) -> str:
    return (
        f"{subnet.record['cidr']} overlaps {other['cidr']}, the subnet "
        f"{other.get('name') or other['id']} of its network on the destination: map "
        "this subnet to that one if its addresses fit in there, or remove that one"
    )
