# SPDX-License-Identifier: Apache-2.0
"""How many of a thing Neutron takes, and how much a network may carry at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pumphouse.models import Finding, Record
from pumphouse.resources.outlook import Outlook

if TYPE_CHECKING:
    from pumphouse.resources.network.neutron import NeutronType

MOST_TAGS = 50
TAGS_LIMITED = "tag-creation"
"""Releases with this extension take so many tags of one resource, older ones any."""

DEFAULTS = {
    "dns_nameservers": (5, "name servers", "max_dns_nameservers"),
    "host_routes": (20, "host routes", "max_subnet_host_routes"),
    "allowed_address_pairs": (10, "allowed address pairs", "max_allowed_address_pair"),
}
"""Field -> what Neutron takes if nobody said otherwise, and the option that says it.

No API tells the option's value.
"""

_NOUNS = {"floatingip": "floating ip", "security_group": "security group"}

TUNNELS = ("geneve", "gre", "vxlan")


def tags(kind: NeutronType, outlook: Outlook) -> Iterator[Finding]:
    """What has more tags than the destination takes."""
    if "tags" not in kind.set_later:
        return
    for each in outlook.created(kind.name):
        count = len(each.record.get("tags") or ())
        if count > MOST_TAGS and TAGS_LIMITED in outlook.destination.extensions():
            noun = _NOUNS.get(kind.singular, kind.singular)
            yield Finding(
                each.ref,
                blocked=(
                    f"it has {count} tags and the destination takes {MOST_TAGS}. "
                    f"Remove some on the source: openstack {noun} unset --tag TAG "
                    f"{kind.member(each.ref.id)}"
                ),
            )


def counts(kind: NeutronType, outlook: Outlook) -> Iterator[Finding]:
    """What has more of something than Neutron takes by default."""
    fields = [path for path in DEFAULTS if kind.field(path) is not None]
    for each in outlook.created(kind.name) if fields else ():
        notes = tuple(_beyond(each.record, fields))
        if notes:
            yield Finding(each.ref, notes=notes)


def mtu(outlook: Outlook) -> Iterator[Finding]:
    """Networks with a larger MTU than any tenant network of the destination has.

    One list.  How much the destination allows at most, no API tells.
    """
    networks = [r for r in outlook.created("network") if _tunnelled(r.record)]
    if not networks:
        return
    params = {"provider:network_type": list(TUNNELS), "fields": ["mtu"]}
    there = outlook.destination.list("network", "/networks", "networks", params=params)
    most = max((each.get("mtu") or 0 for each in there), default=0)
    for each in networks if most else ():
        if (each.record.get("mtu") or 0) > most:
            yield Finding(
                each.ref,
                notes=(
                    f"its MTU is {each.record['mtu']}; no tenant network of the "
                    f"destination has more than {most}, and it may not allow more",
                ),
            )


def _beyond(record: Record, fields: list[str]) -> Iterator[str]:
    for path in fields:
        most, what, option = DEFAULTS[path]
        count = len(record.get(path) or ())
        if count > most:
            yield (
                f"it has {count} {what}; Neutron takes {most} unless {option} of the "
                "destination says more, which its API does not tell"
            )


def _tunnelled(record: Record) -> bool:
    return not record.get("router:external") and not record.get(
        "provider:physical_network"
    )
