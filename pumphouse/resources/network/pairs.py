# SPDX-License-Identifier: Apache-2.0
"""Allowed address pairs that a newer Neutron refuses: those of multicast."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pumphouse.models import Finding, Record
from pumphouse.resources.outlook import Outlook

REJECTS = "aap-reject-multicast"
MULTICAST = (ipaddress.ip_network("224.0.0.0/4"), ipaddress.ip_network("ff00::/8"))
ANY = ipaddress.ip_network("0.0.0.0/0")


def refused(outlook: Outlook) -> Iterator[Finding]:
    """The new ports with a pair that a destination with ``REJECTS`` does not take."""
    for port in outlook.created("port"):
        pairs = port.record.get("allowed_address_pairs") or ()
        bad = [each for each in pairs if multicast(each)]
        if not bad or REJECTS not in outlook.destination.extensions():
            continue
        said = ", ".join(each["ip_address"] for each in bad)
        kept = "".join(f" --allowed-address {_words(p)}" for p in pairs if p not in bad)
        yield Finding(
            port.ref,
            blocked=(
                f"the destination refuses multicast in allowed address pairs ({said}); "
                "a pair allows a sender, and multicast never is one. Remove it on the "
                f"source: openstack port set --no-allowed-address{kept} {port.ref.id}"
            ),
        )


def _words(pair: Record) -> str:
    mac = pair.get("mac_address")
    return f"ip-address={pair['ip_address']}" + (f",mac-address={mac}" if mac else "")


def multicast(pair: Record) -> bool:
    """Whether an address pair is about multicast, as neutron-lib sees it.

    All of IPv4 is not, all of IPv6 is.
    """
    net = ipaddress.ip_network(pair["ip_address"], strict=False)
    if net != ANY and any(
        net.version == group.version and net.overlaps(group) for group in MULTICAST
    ):
        return True
    mac = str(pair.get("mac_address") or "00")
    return bool(int(mac.replace("-", ":").split(":")[0], 16) & 1)
