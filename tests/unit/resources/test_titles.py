# SPDX-License-Identifier: Apache-2.0
"""What plans and reports call what has no name, or one that says too little."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse.models import Ref
from pumphouse.resources.base import ResourceType
from pumphouse.resources.compute.flavor_access import FlavorAccess
from pumphouse.resources.compute.keypair import Keypair
from pumphouse.resources.network.port import Port
from pumphouse.resources.network.route import Route
from pumphouse.resources.network.router_interface import RouterInterface
from pumphouse.resources.network.security_group_rule import SecurityGroupRule
from tests.unit.resources.network import records


def named(ref: Ref) -> str:
    """As if each were called after its type."""
    return f"the-{ref.type}-{ref.id}"


def title(kind: ResourceType, record: dict[str, Any]) -> str:
    return kind.title(kind.resource(record), named)


class TestRule(testtools.TestCase):
    def title(self, **more: Any) -> str:
        return title(SecurityGroupRule(), records.rule(**more))

    def test_says_what_it_lets_through_and_for_whom(self):
        for more, expected in (
            ({}, "ingress IPv4 tcp 22 of the-security-group-g1"),
            (
                {"remote_ip_prefix": "10.0.0.0/8", "port_range_max": 30},
                "ingress IPv4 tcp 22-30 from 10.0.0.0/8 of the-security-group-g1",
            ),
            (
                {"remote_group_id": "g2", "direction": "egress"},
                "egress IPv4 tcp 22 to the-security-group-g2 of the-security-group-g1",
            ),
            (
                {"protocol": None, "port_range_min": None, "port_range_max": None},
                "ingress IPv4 of the-security-group-g1",
            ),
            (
                {"protocol": "icmp", "port_range_min": 8, "port_range_max": None},
                "ingress IPv4 icmp 8 of the-security-group-g1",
            ),
        ):
            self.assertEqual(expected, self.title(**more))


class TestOthers(testtools.TestCase):
    def test_a_flavor_access_names_flavor_and_project(self):
        record = {"flavor_id": "f", "tenant_id": "p"}
        self.assertEqual(
            "the-flavor-f for the-project-p", title(FlavorAccess(), record)
        )

    def test_a_keypair_names_its_owner(self):
        record = {"name": "laptop", "user_id": "u", "public_key": "ssh-rsa A"}
        self.assertEqual("laptop of the-user-u", title(Keypair(), record))

    def test_a_route_names_its_router(self):
        record = {"router_id": "r", "destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}
        expected = "10.9.0.0/16 via 10.0.0.9 of the-router-r"
        self.assertEqual(expected, title(Route(), record))

    def test_a_router_interface_names_both_ends(self):
        record = records.interface()
        self.assertEqual(
            "the-router-r1 -> the-subnet-s1", title(RouterInterface(), record)
        )
        bare = {**record, "fixed_ips": []}
        self.assertEqual(
            "the-router-r1 -> the-network-n1", title(RouterInterface(), bare)
        )

    def test_a_port_without_a_name_is_where_it_is(self):
        self.assertEqual("web", title(Port(), records.port(name="web")))
        nameless = records.port(name="")
        address = nameless["fixed_ips"][0]["ip_address"]
        self.assertEqual(f"{address} on the-network-n1", title(Port(), nameless))
        bare = {**nameless, "fixed_ips": []}
        expected = f"{nameless['mac_address']} on the-network-n1"
        self.assertEqual(expected, title(Port(), bare))
