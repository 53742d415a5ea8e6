# SPDX-License-Identifier: Apache-2.0
"""How many of a thing Neutron takes."""

from __future__ import annotations

import testtools

from pumphouse.resources.network.floating_ip import FloatingIP
from pumphouse.resources.network.limits import TAGS_LIMITED, counts, mtu, tags
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.port import Port
from pumphouse.resources.network.security_group_rule import SecurityGroupRule
from pumphouse.resources.network.subnet import Subnet
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records
from tests.unit.resources.network.outlooks import blocked, notes, outlook


class TestTags(testtools.TestCase):
    def found(self, kind, record, *extensions):
        plan = outlook(FakeCloud(extensions=extensions), kind.resource(record))
        return blocked(tags(kind, plan))

    def test_more_than_a_newer_one_takes(self):
        many = [f"t{n}" for n in range(51)]
        network = records.network(tags=many)
        (why,) = self.found(Network(), network, TAGS_LIMITED).values()
        self.assertIn("it has 51 tags and the destination takes 50", why)
        self.assertEqual({}, self.found(Network(), network))
        floating = records.floating_ip(tags=many)
        (why,) = self.found(FloatingIP(), floating, TAGS_LIMITED).values()
        self.assertIn("openstack floating ip unset --tag TAG f1", why)
        fewer = records.network(tags=many[:50])
        self.assertEqual({}, self.found(Network(), fewer, TAGS_LIMITED))

    def test_those_of_rules_are_not_carried(self):
        rule = records.rule(tags=[str(n) for n in range(99)])
        self.assertEqual({}, self.found(SecurityGroupRule(), rule, TAGS_LIMITED))


class TestCounts(testtools.TestCase):
    def found(self, kind, record):
        return notes([*counts(kind, outlook(FakeCloud(), kind.resource(record)))])

    def test_more_than_the_default(self):
        names = [f"10.0.0.{n}" for n in range(6)]
        (said,) = self.found(Subnet(), records.subnet(dns_nameservers=names))
        self.assertIn("6 name servers; Neutron takes 5 unless max_dns_nam", said)
        self.assertEqual(
            [], self.found(Subnet(), records.subnet(dns_nameservers=names[1:]))
        )
        pairs = [{"ip_address": f"10.0.0.{n}"} for n in range(11)]
        (said,) = self.found(Port(), records.port(allowed_address_pairs=pairs))
        self.assertIn("max_allowed_address_pair", said)


class TestMtu(testtools.TestCase):
    def found(self, mine, *there, **more):
        cloud = FakeCloud().on("GET", "/networks", [{"mtu": each} for each in there])
        network = Network().resource(records.network(mtu=mine, **more))
        return notes([*mtu(outlook(cloud, network))])

    def test_larger_than_any_there(self):
        (said,) = self.found(1450, 1400, 1442)
        self.assertIn("its MTU is 1450; no tenant network of the destination has", said)
        self.assertIn("more than 1442", said)

    def test_as_large_as_one_there_or_nothing_to_compare_with(self):
        self.assertEqual([], self.found(1450, 1450, 1400))
        self.assertEqual([], self.found(1450))
        flat = {"provider:physical_network": "physnet1"}
        self.assertEqual([], self.found(9000, 1400, **flat))
