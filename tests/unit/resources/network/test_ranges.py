# SPDX-License-Identifier: Apache-2.0
"""Subnets that the destination refuses."""

from __future__ import annotations

import testtools

from pumphouse.models import Ref
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.ranges import NEWER, refused
from pumphouse.resources.network.subnet import Subnet
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records
from tests.unit.resources.network.outlooks import blocked, outlook

N1, S1 = Ref("network", "n1"), Ref("subnet", "s1")
SIX = {"ip_version": 6, "gateway_ip": None, "allocation_pools": []}


def network(**more):
    return Network().resource(records.network(**more))


def subnet(**more):
    return Subnet().resource(records.subnet(**more))


class TestRefused(testtools.TestCase):
    def found(self, *created, newer=True):
        cloud = FakeCloud(extensions=(NEWER,) if newer else ())
        return blocked(refused(outlook(cloud, *created)))

    def test_a_range_that_begins_with_nothing(self):
        odd = subnet(cidr="::/64", **SIX)
        self.assertIn("begins with '::'", self.found(network(), odd)[S1])
        self.assertEqual({}, self.found(network(), odd, newer=False))
        plain = subnet(cidr="fd00::/64", **SIX)
        self.assertEqual({}, self.found(network(), plain, subnet(id="s2")))

    def test_an_mtu_that_is_too_small_for_what_is_in_the_network(self):
        six = subnet(cidr="fd00::/64", **SIX)
        for mtu, created, refused_ in (
            (1279, six, "--mtu 1280 n1"),
            (1280, six, ""),
            (67, subnet(), "--mtu 68 n1"),
            (68, subnet(), ""),
            (1279, subnet(), ""),
        ):
            found = self.found(network(mtu=mtu), created)
            self.assertIn(refused_, found.get(S1, "nothing") if refused_ else "")
            self.assertEqual(bool(refused_), bool(found), (mtu, created))


class TestOverlap(testtools.TestCase):
    def found(self, cidr, *there, **more):
        cloud = FakeCloud().on(
            "GET", "/subnets", [{"network_id": "N1", **s} for s in there]
        )
        plan = outlook(
            cloud, subnet(cidr=cidr, **more), there={N1: "N1"}, resources=(network(),)
        )
        return blocked(refused(plan)), cloud

    def test_with_what_the_network_has_there(self):
        other = {"id": "X", "name": "wide", "cidr": "10.0.0.0/16"}
        found, cloud = self.found("10.0.3.0/24", other)
        self.assertIn("10.0.3.0/24 overlaps 10.0.0.0/16, the subnet wide", found[S1])
        self.assertEqual(1, len(cloud.calls))

    def test_beside_it_and_of_the_other_version(self):
        beside = {"id": "X", "name": "", "cidr": "10.1.0.0/24"}
        six = {"id": "Y", "name": "", "cidr": "::/0"}
        self.assertEqual({}, self.found("10.0.0.0/24", beside, six)[0])

    def test_a_network_yet_to_be_made_has_none(self):
        cloud = FakeCloud()
        self.assertEqual([], [*refused(outlook(cloud, network(), subnet()))])
        self.assertEqual([], cloud.calls)


class TestPools(testtools.TestCase):
    def body(self, **more):
        ctx = records.context(("network", "n1"), destination=FakeCloud())
        return Subnet().body(ctx, subnet(**more))

    def test_of_a_single_ipv6_address_are_left_to_neutron(self):
        """It refuses to be told the very pool that it would take (seen on both)."""
        pools = [{"start": "fd07:2::", "end": "fd07:2::"}]
        single = {"ip_version": 6, "cidr": "fd07:2::/128", "gateway_ip": "fd07:2::"}
        self.assertNotIn(
            "allocation_pools", self.body(allocation_pools=pools, **single)
        )
        pools = [{"start": "10.7.1.4", "end": "10.7.1.4"}]
        four = self.body(cidr="10.7.1.4/32", gateway_ip=None, allocation_pools=pools)
        self.assertEqual(pools, four["allocation_pools"])
