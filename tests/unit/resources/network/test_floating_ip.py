# SPDX-License-Identifier: Apache-2.0
"""Floating IPs come after the way to their port."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Ref
from pumphouse.resources.listing import ID, PROJECT, where
from pumphouse.resources.network.floating_ip import FloatingIP
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records

KIND = FloatingIP()
BOUND = (("network", "nx"), ("port", "t1"), ("router", "r1"))
BALANCER = {"port_details": {"network_id": "n1", "device_owner": "Octavia"}}
LOOSE = {
    "port_id": None,
    "fixed_ip_address": None,
    "router_id": None,
    "port_details": None,
}


def floating(**more):
    return KIND.resource(records.floating_ip(**more))


class TestDiscovery(testtools.TestCase):
    def test_needs_the_interface_between_router_and_port(self):
        """Neutron refuses the association before that is there."""
        ports = [
            records.interface(),
            records.interface(id="i2", network_id="n2"),
        ]
        cloud = FakeCloud().on("GET", "/floatingips", [records.floating_ip()])
        cloud.on("GET", "/ports", ports)
        (found,) = KIND.list(cloud, where(PROJECT, ["p1"]))
        needs = {need.ref for need in KIND.needs(found)}
        self.assertIn(Ref("router-interface", "r1/i1"), needs)
        self.assertNotIn(Ref("router-interface", "r1/i2"), needs)
        self.assertTrue({Ref(k, i) for k, i in BOUND} < needs)
        self.assertEqual(2, len(cloud.calls))

    def test_an_unassociated_one_needs_the_subnets_of_its_network(self):
        cloud = FakeCloud().on("GET", "/floatingips", [records.floating_ip(**LOOSE)])
        cloud.on("GET", "/networks", [{"id": "nx", "subnets": ["sx"]}])
        (found,) = KIND.list(cloud, where(ID, ["f1"]))
        (need,) = (n for n in KIND.needs(found) if n.ref.type == "subnet")
        self.assertEqual(Ref("subnet", "sx"), need.ref)
        self.assertFalse(need.brings)

    def test_candidates_take_one_request(self):
        cloud = FakeCloud().on("GET", "/floatingips", [records.floating_ip()])
        found = KIND.candidates(cloud, [floating()], lambda ref: "p1")
        self.assertEqual(1, len([*found]))
        self.assertEqual(1, len(cloud.calls))


class TestBody(testtools.TestCase):
    def body(self, options=None, **more):
        options = Options(**(options or {}))
        ctx = records.context(*BOUND, destination=FakeCloud(), options=options)
        return KIND.body(ctx, floating(**more))

    def test_associated_at_once_with_its_address(self):
        body = self.body()
        self.assertEqual("T1", body["port_id"])
        self.assertEqual("10.0.0.5", body["fixed_ip_address"])
        self.assertEqual("203.0.113.9", body["floating_ip_address"])
        self.assertNotIn("router_id", body)

    def test_other_addresses(self):
        body = self.body({"keep_floating_ip_addresses": False, "keep_fixed_ips": False})
        self.assertNotIn("floating_ip_address", body)
        self.assertNotIn("fixed_ip_address", body)

    def test_comes_unassociated_from_what_is_not_migrated(self):
        self.assertNotIn("port_id", self.body(**BALANCER))
        needs = {need.ref.type for need in KIND.needs(floating(**BALANCER))}
        self.assertEqual({"project", "network"}, needs)
        (note,) = KIND.fitness(floating(**BALANCER), Options()).notes
        self.assertIn("Octavia", note)

    def test_leads_to_a_users_own_virtual_address(self):
        details = {"network_id": "n1", "device_owner": "network:vip"}
        self.assertEqual("T1", self.body(port_details=details)["port_id"])


class TestCompare(testtools.TestCase):
    def fields(self, **more):
        ctx = records.context(*BOUND)
        there = KIND.resource(
            records.floating_ip(
                **{
                    "id": "F",
                    "floating_network_id": "NX",
                    "port_id": "T1",
                    "router_id": "R1",
                    "project_id": "P1",
                    **more,
                }
            )
        )
        found = KIND.compare(floating(), there, ctx.translate, Options())
        return [d.field for d in found]

    def test_status_is_the_clouds_own(self):
        self.assertEqual([], self.fields(status="DOWN"))

    def test_association_is_not(self):
        self.assertEqual(["port_id"], self.fields(port_id=None))
        self.assertEqual(["fixed_ip_address"], self.fields(fixed_ip_address="10.0.0.6"))


class TestEnsure(testtools.TestCase):
    def test_an_address_that_is_taken(self):
        cloud = FakeCloud().on("POST", "/floatingips", records.refused())
        cloud.on("GET", "/floatingips", [])
        ctx = records.context(*BOUND, destination=cloud)
        error = self.assertRaises(exceptions.Conflict, KIND.ensure, ctx, floating())
        self.assertIn("Make 203.0.113.9 available", error.hint)
