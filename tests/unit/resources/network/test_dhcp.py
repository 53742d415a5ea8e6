# SPDX-License-Identifier: Apache-2.0
"""Ports of DHCP make way."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Origin, Ref
from pumphouse.resources.network.dhcp import make_way
from pumphouse.resources.network.port import Port
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records

N1 = Ref("network", "n1")


def port(its, network, *ips, owner="network:dhcp"):
    found = [{"subnet_id": subnet, "ip_address": address} for subnet, address in ips]
    return records.port(
        id=its, network_id=network, device_owner=owner, fixed_ips=found, device_id="d"
    )


class TestMakeWay(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.source, self.cloud = FakeCloud(), FakeCloud()
        known = (("subnet", "s1"), ("security-group", "g1"))
        self.ctx = records.context(*known, source=self.source, destination=self.cloud)
        self.ctx.bind(N1, "N1", Origin.CREATED)
        self.holder = port("D", "N1", ("S1", "10.0.0.5"), ("S6", "fd00::2"))
        self.cloud.on("GET", "/ports", lambda call: [self.holder])
        self.cloud.on("GET", "/subnets/S1", records.subnet(id="S1"))
        self.cloud.on("PUT", "/ports/D", {})
        self.source.on("GET", "/ports", [])

    def moved(self):
        (call,) = self.cloud.made("PUT")
        return [ip["ip_address"] for ip in call.body["port"]["fixed_ips"]]

    def test_to_the_address_that_it_has_on_the_source(self):
        self.source.on("GET", "/ports", [port("d", "n1", ("s1", "10.0.0.2"))])
        self.assertTrue(make_way(self.ctx, N1, ["10.0.0.5"]))
        self.assertEqual(["10.0.0.2", "fd00::2"], self.moved())

    def test_to_the_last_one_that_nobody_has_on_either_side(self):
        guest = port("w", "n1", ("s1", "10.0.0.254"), owner="compute:nova")
        self.source.on("GET", "/ports", [guest])
        self.assertTrue(make_way(self.ctx, N1, ["10.0.0.5"]))
        self.assertEqual(["10.0.0.253", "fd00::2"], self.moved())

    def test_nobody_else_does(self):
        self.holder = port("D", "N1", ("S1", "10.0.0.5"), owner="compute:nova")
        self.assertFalse(make_way(self.ctx, N1, ["10.0.0.5"]))
        self.assertEqual([], self.cloud.made("PUT"))

    def test_nor_does_it_in_a_network_that_was_there(self):
        self.ctx.bind(N1, "N1", Origin.ADOPTED)
        self.assertFalse(make_way(self.ctx, N1, ["10.0.0.5"]))
        self.assertEqual([], self.cloud.calls)

    def test_a_port_asks_for_it_once_it_is_refused(self):
        made = {**records.port(), "id": "T"}
        self.cloud.on("POST", "/ports", records.refused(), made)
        self.assertEqual(
            {"id": "T"}, Port().ensure(self.ctx, Port().resource(records.port()))
        )
        self.assertEqual(["10.0.0.254", "fd00::2"], self.moved())

    def test_a_port_that_an_earlier_attempt_may_have_made_is_looked_up(self):
        again = records.refused()
        again.retried = True
        self.cloud.on("POST", "/ports", again)
        source = Port().resource(records.port())
        self.assertRaises(exceptions.Conflict, Port().create, self.ctx, source)
        self.assertEqual([], self.cloud.made("PUT"))

    def test_a_port_that_is_refused_again_fails(self):
        self.cloud.on("POST", "/ports", records.refused())
        source = Port().resource(records.port(mac_address="fa:16:3e:00:00:09"))
        error = self.assertRaises(exceptions.Conflict, Port().ensure, self.ctx, source)
        self.assertEqual(409, error.status)
        self.assertEqual(2, len(self.cloud.made("POST")))
