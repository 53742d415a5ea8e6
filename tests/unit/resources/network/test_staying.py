# SPDX-License-Identifier: Apache-2.0
"""What is attached to a selection and stays is told, or blocks."""

from __future__ import annotations

import testtools

from pumphouse.models import Ref, Resource
from pumphouse.resources.network import staying, surroundings
from pumphouse.resources.network.floating_ip import FloatingIP
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.port import Port
from pumphouse.resources.network.route import Route
from pumphouse.resources.network.router import Router
from pumphouse.resources.network.router_interface import RouterInterface
from tests.unit.resources.network import records
from tests.unit.resources.network.plans import (
    blocked,
    cloud,
    notes,
    outlook,
    project,
)

VM = Resource(Ref("server", "v1"), "vm", {}, "p1")
N1 = Ref("network", "n1")


def port(key="t1", ip="10.0.0.5", owner="", whose="p9", **more):
    ips = [{"subnet_id": "s1", "ip_address": ip}] if ip else []
    return records.port(
        id=key, fixed_ips=ips, device_owner=owner, project_id=whose, **more
    )


class TestOnNetworks(testtools.TestCase):
    def found(self, *ports, known=(), network=None, **decided):
        source = cloud(p9="web").on("GET", "/ports", [*ports])
        net = Network().resource(records.network(**(network or {})))
        self.plan = outlook(net, VM, project("p1"), *known, source=source, **decided)
        return [*surroundings.findings(self.plan)]

    def test_others_ports(self):
        ports = [port(f"t{n}", f"10.0.0.{n}") for n in range(1, 6)]
        ((ref, note),) = notes(self.found(*ports))
        self.assertEqual(N1, ref)
        self.assertIn("10.0.0.1, 10.0.0.2, 10.0.0.3 and 2 more, of project web", note)

    def test_services_whose_things_are_not_migrated(self):
        for owner, word in (("Octavia", "load balancer"), ("manila:share", "share")):
            ((_, note),) = notes(self.found(port(owner=owner, whose="p1")))
            self.assertIn(f"10.0.0.5, of a {word}, stays", note)

    def test_others_routers(self):
        found = self.found(port(owner="network:router_interface", device_id="r9"))
        self.assertIn("of a router of project web", notes(found)[0][1])

    def test_what_the_destination_makes_by_itself(self):
        for owner in ("network:dhcp", "network:floatingip_agent_gateway"):
            self.assertEqual([], self.found(port(owner=owner, whose="")))

    def test_what_is_in_the_plan(self):
        known = [
            Port().resource(port()),
            RouterInterface().resource(records.interface(device_id="r9", id="i9")),
        ]
        there = port("i9", owner="network:router_interface", device_id="r9")
        found = self.found(port(), there, known=known)
        self.assertEqual([], [n for n in notes(found) if n[0] == N1])

    def test_what_comes_with_a_selection_of_its_own(self):
        self.assertEqual([], self.found(port(whose="p1")))

    def test_a_nic_that_would_not_come(self):
        nic = port(ip="", owner="compute:nova", device_id="v1")
        self.assertIn("project web", blocked(self.found(nic))[VM.ref])

    def test_only_on_networks_that_the_plan_makes(self):
        self.assertEqual([], self.found(port(), n1="adopt:N1"))
        external = {"router:external": True}
        self.assertEqual([], self.found(port(), network=external))
        self.assertEqual([], self.plan.source.made("GET", "/ports"))


class TestBehindFloatingIps(testtools.TestCase):
    def found(self, *known, **more):
        leading = FloatingIP().resource(records.floating_ip(**more))
        return [
            note
            for _, note in notes(
                [*staying.behind_floating_ips(outlook(leading, *known))]
            )
        ]

    def test_a_server_that_stays(self):
        nic = Port().resource(
            port(owner="compute:nova", device_id="v1", whose="p1"),
        )
        (note,) = self.found(nic)
        self.assertIn("a server that stays, v1", note)
        self.assertEqual([], self.found(nic, VM))

    def test_one_that_is_anothers(self):
        free = Port().resource(port(whose="p1"))
        pool = project("p7", "pool")
        (note,) = self.found(free, pool, project_id="p7")
        self.assertEqual("it is project pool's and comes along", note)
        self.assertEqual([], self.found(free))


class TestOnRouters(testtools.TestCase):
    ROUTE = {"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}

    def found(self, *known, **more):
        edge = Router().resource(records.router(routes=[self.ROUTE], **more))
        found = notes([*staying.on_routers(outlook(edge, *known))])
        self.assertLessEqual({ref for ref, _ in found}, {edge.ref})
        return [note for _, note in found]

    def test_a_route_to_nowhere(self):
        (note,) = self.found()
        self.assertIn("10.9.0.0/16 via 10.0.0.9 is not kept", note)
        route = Route().resource({"router_id": "r1", **self.ROUTE})
        self.assertEqual([], self.found(route))

    def test_one_that_is_anothers(self):
        route = Route().resource({"router_id": "r1", **self.ROUTE})
        interface = RouterInterface().resource(records.interface())
        net = Network().resource(records.network())
        known = route, interface, net, project("p7", "ops")
        self.assertEqual([], self.found(*known))
        (note,) = self.found(*known, project_id="p7")
        self.assertEqual("it is project ops's and comes along", note)
