# SPDX-License-Identifier: Apache-2.0
"""Addresses and MACs that somebody has on the destination already."""

from __future__ import annotations

import testtools

from pumphouse.conf.migration import Options
from pumphouse.models import Ref
from pumphouse.resources.network.floating_ip import FloatingIP
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.port import Port
from pumphouse.resources.network.router_interface import RouterInterface
from pumphouse.resources.network.taken import outside, taken
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records
from tests.unit.resources.network.outlooks import blocked, outlook

THERE = {Ref("network", "n1"): "N1", Ref("network", "nx"): "NX"}
NETWORKS = tuple(Network().resource(records.network(id=its)) for its in ("n1", "nx"))
PORT = Port().resource(records.port())
INTERFACE = RouterInterface().resource(
    records.interface(mac_address="fa:16:3e:00:00:02")
)
FLOATING = FloatingIP().resource(records.floating_ip())


def held(address, **more):
    ips = [{"subnet_id": "S", "ip_address": address}]
    mac = "fa:16:3e:aa:aa:aa"
    return {
        **{"id": "X", "network_id": "N1", "device_owner": "", "name": ""},
        **{"mac_address": mac, "fixed_ips": ips, **more},
    }


class TestTaken(testtools.TestCase):
    def found(self, *ports, options=None):
        cloud = FakeCloud().on("GET", "/ports", [*ports])
        plan = outlook(
            cloud,
            *(PORT, INTERFACE, FLOATING),
            there=THERE,
            options=options,
            resources=NETWORKS,
        )
        return blocked(taken(plan)), cloud

    def test_each_kind(self):
        found, cloud = self.found(
            held("10.0.0.5", device_owner="compute:nova"),
            held("10.0.0.1", name="fw"),
            held("203.0.113.9", network_id="NX", device_owner="network:floatingip"),
        )
        self.assertIn(
            "10.0.0.5 is held there by port X (compute:nova)", found[PORT.ref]
        )
        self.assertIn("10.0.0.1 is held there by port X (fw)", found[INTERFACE.ref])
        self.assertIn("set keep_floating_ip_addresses to false", found[FLOATING.ref])
        self.assertEqual(2, len(cloud.calls))  # addresses, MACs

    def test_the_same_address_of_another_network_is_another(self):
        self.assertEqual({}, self.found(held("10.0.0.5", network_id="NX"))[0])

    def test_a_dhcp_port_can_be_told_to_make_way(self):
        found, _ = self.found(held("10.0.0.5", device_owner="network:dhcp"))
        self.assertIn("subnet=SUBNET,ip-address=ANOTHER X has it", found[PORT.ref])

    def test_a_mac(self):
        found, _ = self.found(held("10.0.0.77", mac_address="fa:16:3e:00:00:01"))
        self.assertIn("fa:16:3e:00:00:01 is in use there by port X", found[PORT.ref])

    def test_what_need_not_be_kept_may_be_taken(self):
        options = Options(
            keep_fixed_ips=False,
            keep_mac_addresses=False,
            keep_floating_ip_addresses=False,
        )
        everything = (
            held("10.0.0.5", mac_address="fa:16:3e:00:00:01"),
            held("203.0.113.9", network_id="NX"),
        )
        self.assertEqual({}, self.found(*everything, options=options)[0])

    def test_in_networks_yet_to_be_made_nothing_is_asked(self):
        cloud = FakeCloud()
        self.assertEqual([], [*taken(outlook(cloud, PORT, *NETWORKS))])
        self.assertEqual([], cloud.calls)


class TestOutside(testtools.TestCase):
    def found(self, *cidrs, **more):
        subnets = [{"id": c, "network_id": "NX", "cidr": c} for c in cidrs]
        cloud = FakeCloud().on("GET", "/subnets", subnets)
        plan = outlook(cloud, FLOATING, there=THERE, resources=NETWORKS, **more)
        return blocked(outside(plan))

    def test_no_subnet_has_it(self):
        why = self.found("198.51.100.0/24")[FLOATING.ref]
        self.assertIn("has 203.0.113.9 (198.51.100.0/24)", why)
        self.assertIn("(it has none)", self.found()[FLOATING.ref])

    def test_one_has_it_or_it_need_not_be_kept(self):
        self.assertEqual({}, self.found("198.51.100.0/24", "203.0.113.0/24"))
        options = Options(keep_floating_ip_addresses=False)
        self.assertEqual({}, self.found(options=options))
