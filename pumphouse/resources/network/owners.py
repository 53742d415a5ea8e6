# SPDX-License-Identifier: Apache-2.0
"""Who makes ports: services by themselves, or users.

Neutron knows no such difference but the ``device_owner``, which anybody may set to
anything.  So what services write there is listed here, from ``neutron_lib.constants``,
Neutron's, Octavia's and Manila's own code.  Every other port is a user's.
"""

from __future__ import annotations

ROUTERS = frozenset(
    (
        "network:router_interface",
        "network:router_interface_distributed",
        "network:ha_router_replicated_interface",
    )
)
"""Ports by which routers, plain, distributed and HA ones, reach subnets."""

AGAIN = ROUTERS | frozenset(
    (
        "network:dhcp",
        "network:distributed",  # OVN's metadata
        "network:routed",
        "network:router_ha_interface",
        "network:router_gateway",
        "network:router_centralized_snat",
        "network:floatingip",
        "network:floatingip_agent_gateway",
    )
)
"""Ports that the destination's Neutron makes for networks, routers, floating IPs."""

STAYING = {
    "Octavia": "load balancer",
    "neutron:LOADBALANCER": "load balancer",
    "neutron:LOADBALANCERV2": "load balancer",
    "network:f5lbaasv2": "load balancer",
    "ovn-lb-hm:distributed": "load balancer",
    "manila:share": "share",
    "network:local_ip": "local IP",
    "network:vpn_router_gateway": "VPN",
    "network:vpn_namespace": "VPN",
}
"""Ports of services whose resources are not migrated -> what they belong to."""

_LENT = ("compute:", "trunk:subport")
"""What services write upon a user's port, for as long as they use it."""


def movable(device_owner: str | None) -> bool:
    """Whether a port with this ``device_owner`` is a user's."""
    return device_owner not in AGAIN and device_owner not in STAYING


def own(device_owner: str | None) -> str:
    """What the port's user wrote there; empty for nothing, or a service's word."""
    written = device_owner or ""
    return "" if written.startswith(_LENT) or not movable(written) else written
