# SPDX-License-Identifier: Apache-2.0
"""The networks of one seeded project: groups, networks, a router, ports, addresses."""

import ipaddress
from dataclasses import dataclass

from testbed.openstack.seed.model import (
    FloatingIP,
    Network,
    Port,
    Router,
    Rule,
    SecurityGroup,
    Subnet,
)

# The one network that both clouds have from the start, as an operator would make it
PUBLIC = {
    "name": "public",
    "router:external": True,
    "shared": True,
    "provider:network_type": "flat",
    "provider:physical_network": "public",
}
PUBLIC_SUBNET = {
    "name": "public-v4",
    "ip_version": 4,
    "cidr": "198.18.0.0/16",
    "gateway_ip": "198.18.0.1",
    "enable_dhcp": False,
    "allocation_pools": [{"start": "198.18.0.10", "end": "198.18.63.250"}],
}
# what a seed chooses is outside of what the clouds give out by themselves
CHOSEN_FIRST = ipaddress.ip_address("198.18.64.1")
CHOSEN_COUNT = 40000
KINDS = 4
# where the addresses of made ports begin in a subnet, and those Neutron gives out
CHOSEN = 1000
GIVEN = 2000
SMALL = 4096  # addresses of a subnet, unless there are more than SMALL_FOR servers
SMALL_FOR = GIVEN - CHOSEN


@dataclass(frozen=True)
class Networking:
    """All of it, as the project's plan takes it over."""

    groups: tuple
    networks: tuple
    router: Router
    ports: tuple
    floating_ips: tuple


def public_addresses(dice, count):
    """Different addresses of the public network."""
    offsets = dice.of("public").random.sample(range(CHOSEN_COUNT), count)
    return [str(CHOSEN_FIRST + offset) for offset in offsets]


def make(dice, project, prefix, servers, addresses):
    """The networking of one project with so many servers."""
    a, b = dice.number(16, 239), dice.number(0, 12)
    front, back, storage = _blocks(a, b, servers)
    ports = _ports(dice, project, prefix, servers, front, back, storage)
    attached = [p.name for p in ports if p.name.endswith("-1-front")]
    gateway, taken, free = addresses
    fips = [FloatingIP(free, "kept for later")]
    if attached:
        fips.insert(0, FloatingIP(taken, "the shop window", attached[0]))
    return Networking(
        groups=_groups(prefix),
        networks=_networks(dice, project, servers, front, back, storage),
        router=Router(
            f"{project}-router",
            gateway,
            (f"{project}-front-v4", f"{project}-back-v4"),
            (
                ("172.31.0.0/20", _address(back, 254)),
                ("172.31.16.0/20", _address(back, 253)),
            ),
        ),
        ports=ports,
        floating_ips=tuple(fips),
    )


def _groups(prefix):
    front, back = f"{prefix}-frontend", f"{prefix}-backend"
    world, world6 = "0.0.0.0/0", "::/0"
    return (
        SecurityGroup(
            front,
            (
                Rule("ingress", "IPv4", "tcp", 80, 80, world),
                Rule("ingress", "IPv4", "tcp", 8000, 8099, world, description="apps"),
                Rule("ingress", "IPv6", "tcp", 443, 443, world6),
                Rule("ingress", "IPv4", "icmp", 8, 0, world, description="ping"),
                Rule("ingress", "IPv6", "ipv6-icmp", 128, 0),
                Rule("ingress", "IPv4", "tcp", 9100, 9100, remote_group=back),
            ),
            "What the world reaches",
        ),
        SecurityGroup(
            back,
            (
                Rule("ingress", "IPv4", "tcp", 5432, 5439, remote_group=front),
                Rule("ingress", "IPv4", "udp", 53, 53, "10.0.0.0/8"),
                Rule("ingress", "IPv6", remote_group=back),
                Rule("ingress", "IPv4", remote_group=back),
                Rule("ingress", "IPv4", "icmp", remote_group=front),
            ),
            "What only the frontend reaches",
        ),
        SecurityGroup(
            f"{prefix}-isolated",
            (
                Rule("egress", "IPv4", "tcp", 443, 443, "192.0.2.0/24"),
                Rule("ingress", "IPv4", "vrrp"),
            ),
            "Speaks to one place only",
            open_egress=False,
        ),
        SecurityGroup(
            "default",
            (Rule("ingress", "IPv4", "tcp", 22, 22, "10.0.0.0/8", description="ssh"),),
        ),
    )


def _networks(dice, project, servers, front, back, storage):
    given = max(GIVEN, CHOSEN + servers)
    v6 = f"fd{dice.number(0, 255):02x}:{dice.number(1, 65535):x}:1:1::/64"
    return (
        Network(
            f"{project}-front",
            (
                Subnet(
                    f"{project}-front-v4",
                    {
                        "ip_version": 4,
                        "cidr": str(front),
                        "gateway_ip": _address(front, 1),
                        "allocation_pools": [
                            {"start": _address(front, 50), "end": _address(front, 99)},
                            {
                                "start": _address(front, given),
                                "end": _address(front, given + max(GIVEN, servers)),
                            },
                        ],
                        "dns_nameservers": ["192.0.2.53", "192.0.2.54"],
                        "host_routes": [
                            {
                                "destination": "172.30.0.0/16",
                                "nexthop": _address(front, 2),
                            }
                        ],
                    },
                ),
                Subnet(
                    f"{project}-front-v6",
                    {
                        "ip_version": 6,
                        "cidr": v6,
                        "ipv6_ra_mode": "slaac",
                        "ipv6_address_mode": "slaac",
                    },
                ),
            ),
            "Where the requests arrive",
            tags=("front",),
        ),
        Network(
            f"{project}-back",
            (
                Subnet(
                    f"{project}-back-v4",
                    {
                        "ip_version": 4,
                        "cidr": str(back),
                        "gateway_ip": _address(back, 1),
                    },
                ),
                Subnet(
                    f"{project}-storage",
                    {
                        "ip_version": 4,
                        "cidr": str(storage),
                        "gateway_ip": None,
                        "enable_dhcp": False,
                    },
                ),
            ),
        ),
    )


def _ports(dice, project, prefix, servers, front, back, storage):
    """The ports made beforehand, by what each of the four kinds of server has."""
    ports, macs = [], set()
    for n in range(servers):
        kind, label = n % KINDS, f"{project}-{n + 1}"
        if kind in (0, 1, 2):
            pairs = (_address(front, 240),) if kind == 0 else ()
            groups = (f"{prefix}-frontend",) if kind == 0 else ("default",)
            ports.append(
                Port(
                    f"{label}-front",
                    f"{project}-front",
                    f"{project}-front-v4",
                    _address(front, CHOSEN + n),
                    _mac(dice, label, "front", macs),
                    groups,
                    pairs,
                )
            )
        if kind in (0, 2):
            subnet, start = ("back-v4", back) if kind == 0 else ("storage", storage)
            ports.append(
                Port(
                    f"{label}-back",
                    f"{project}-back",
                    f"{project}-{subnet}",
                    _address(start, CHOSEN + n),
                    _mac(dice, label, "back", macs),
                    (f"{prefix}-backend", f"{prefix}-isolated") if kind == 0 else None,
                )
            )
    return tuple(ports)


def _mac(dice, label, side, taken):
    """One that no other port of the project has."""
    made = dice.of("mac", label, side)
    mac = made.mac()
    while mac in taken:
        mac = made.mac()
    taken.add(mac)
    return mac


def _blocks(a, b, servers):
    """Three neighbours, each with room for what is chosen and what is given out."""
    size = SMALL
    while servers > SMALL_FOR and size < CHOSEN + 2 * servers + SMALL_FOR:
        size *= 2
    first = (a * 2**16 + b * SMALL) // size
    prefix = 33 - size.bit_length()
    start = int(ipaddress.ip_address("10.0.0.0"))
    return tuple(
        ipaddress.ip_network((start + (first + n) * size, prefix)) for n in range(3)
    )


def _address(network, number):
    return str(network[number])
