# SPDX-License-Identifier: Apache-2.0
"""Security group rules, and when two are the same."""

from __future__ import annotations

import testtools

from pumphouse.conf.migration import Options
from pumphouse.models import Origin, Ref, Resource
from pumphouse.resources.network.security_group_rule import SecurityGroupRule
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records

KIND = SecurityGroupRule()
BOUND = (("security-group", "g1"), ("security-group", "g2"))


def rule(**more):
    return KIND.resource(records.rule(**more))


class TestRule(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.cloud = FakeCloud()
        self.ctx = records.context(*BOUND, destination=self.cloud)

    def key(self, **more):
        return KIND.key(rule(**more), self.ctx.translate)

    def test_same_to_neutron(self):
        """Its own check for duplicates: numbers and names, no prefix and any."""
        self.assertEqual(self.key(), self.key(protocol="6"))
        self.assertEqual(self.key(), self.key(remote_ip_prefix="0.0.0.0/0"))
        self.assertEqual(
            self.key(ethertype="IPv6", protocol="icmp"),
            self.key(ethertype="IPv6", protocol="ipv6-icmp"),
        )

    def test_not_the_same(self):
        for more in (
            {"protocol": "udp"},
            {"protocol": None},
            {"remote_ip_prefix": "10.0.0.0/8"},
            {"remote_group_id": "g2"},
            {"port_range_max": 23},
            {"direction": "egress"},
        ):
            self.assertNotEqual(self.key(), self.key(**more))

    def test_no_key_before_its_groups_are_there(self):
        self.assertIsNone(self.key(security_group_id="new"))
        self.assertIsNone(self.key(remote_group_id="new"))

    def test_belongs_to_its_groups_owner(self):
        """Whoever typed it: an admin's rule would be out of the tenant's sight."""
        found = rule(project_id="somebody")
        mine = Resource(found.ref, found.name, found.record, "p1")
        self.assertEqual("P1", KIND.body(self.ctx, mine)["project_id"])

    def test_references(self):
        needs = {need.ref for need in KIND.needs(rule(remote_group_id="g2"))}
        self.assertEqual({Ref(*each) for each in BOUND}, needs)
        body = KIND.body(self.ctx, rule(remote_group_id="g2"))
        self.assertEqual("G2", body["remote_group_id"])

    def test_one_that_exists_is_taken(self):
        there = records.rule(id="U", security_group_id="G1", protocol="6")
        self.cloud.on("POST", "/security-group-rules", records.refused())
        self.cloud.on("GET", "/security-group-rules", [there])
        self.assertEqual({"id": "U"}, KIND.ensure(self.ctx, rule()))
        self.assertEqual(Origin.ADOPTED, self.ctx.binding(rule().ref).origin)

    def test_two_that_newer_releases_hold_for_one(self):
        there = records.rule(id="U", security_group_id="G1")
        self.cloud.on("POST", "/security-group-rules", records.refused())
        self.cloud.on("GET", "/security-group-rules", [there])
        self.ctx.bind(rule(id="u0").ref, "U")
        twin = rule(remote_ip_prefix="0.0.0.0/0")
        self.assertEqual({"id": "U"}, KIND.ensure(self.ctx, twin))

    def test_address_groups_block(self):
        self.assertTrue(
            KIND.fitness(rule(remote_address_group_id="a"), Options()).blocked
        )
        self.assertEqual("", KIND.fitness(rule(), Options()).blocked)
