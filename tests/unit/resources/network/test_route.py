# SPDX-License-Identifier: Apache-2.0
"""Static routes: each added and removed without touching the others."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Ref
from pumphouse.resources.listing import ID, where
from pumphouse.resources.network.route import ATOMIC, Route, split
from pumphouse.resources.network.router import Router
from pumphouse.resources.network.router_interface import RouterInterface
from pumphouse.resources.network.subnet import Subnet
from tests.unit.resources.fakes import FakeCloud, coming, found
from tests.unit.resources.network import records

KIND = Route()
WAY = {"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}
OTHER = {"destination": "10.8.0.0/16", "nexthop": "10.0.0.8"}
ROUTE = KIND.resource({"router_id": "r1", "interface_id": "r1/i1", **WAY})


class TestRoute(testtools.TestCase):
    def context(self, *known):
        self.cloud = FakeCloud(extensions=known)
        return records.context(("router", "r1"), destination=self.cloud)

    def test_id_spells_router_destination_and_next_hop(self):
        self.assertEqual("r1/10.9.0.0/16/10.0.0.9", ROUTE.ref.id)
        self.assertEqual(("r1", *WAY.values()), split(ROUTE.ref.id))
        self.assertEqual(("r1", "fd00::/64", "fd01::9"), split("r1/fd00::/64/fd01::9"))

    def test_needs_its_router_and_the_way_to_its_next_hop(self):
        self.assertEqual(
            {Ref("router", "r1"), Ref("router-interface", "r1/i1")},
            {need.ref for need in KIND.needs(ROUTE)},
        )

    def test_is_added_atomically(self):
        ctx = self.context(ATOMIC)
        self.cloud.on("PUT", "/routers/R1/add_extraroutes", {})
        self.assertEqual({"id": "R1/10.9.0.0/16/10.0.0.9"}, KIND.ensure(ctx, ROUTE))
        self.assertEqual({"router": {"routes": [WAY]}}, self.cloud.calls[0].body)

    def test_without_that_ability_the_others_stay(self):
        ctx = self.context()
        self.cloud.on("GET", "/routers/R1", {"routes": [OTHER]})
        self.cloud.on("PUT", "/routers/R1", {})
        KIND.ensure(ctx, ROUTE)
        (put,) = self.cloud.made("PUT")
        self.assertEqual([OTHER, WAY], put.body["router"]["routes"])

    def test_removed_twice(self):
        ctx = self.context()
        before, after = {"routes": [OTHER, WAY]}, {"routes": [OTHER]}
        self.cloud.on("GET", "/routers/R1", before, after)
        self.cloud.on("PUT", "/routers/R1", {})
        for _ in range(2):
            KIND.delete(ctx, "R1/10.9.0.0/16/10.0.0.9")
        (put,) = self.cloud.made("PUT")
        self.assertEqual([OTHER], put.body["router"]["routes"])

    def test_a_router_that_is_gone_took_it_along(self):
        ctx = self.context(ATOMIC)
        gone = exceptions.ResourceMissing("gone")
        self.cloud.on("PUT", "/routers/R1/remove_extraroutes", gone)
        KIND.delete(ctx, "R1/10.9.0.0/16/10.0.0.9")

    def test_match_and_compare(self):
        ctx = self.context()
        self.cloud.on("GET", "/routers", [records.router(id="R1", routes=[WAY, OTHER])])
        wanted = KIND.key(ROUTE, ctx.translate)
        (there,) = (
            each
            for each in KIND.candidates(self.cloud, [ROUTE], ctx.translate)
            if KIND.key(each, lambda ref: ref.id) == wanted
        )
        self.assertEqual((), KIND.compare(ROUTE, there, ctx.translate, Options()))
        (found,) = KIND.list(self.cloud, where(ID, [there.ref.id]))
        self.assertEqual(there.ref, found.ref)


class TestDiscovery(testtools.TestCase):
    ROUTES = [
        {"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"},
        {"destination": "10.8.0.0/16", "nexthop": "203.0.113.8"},
        {"destination": "10.7.0.0/16", "nexthop": "10.66.0.8"},
    ]
    RANGES = [
        {"id": "s1", "cidr": "10.0.0.0/24"},
        {"id": "sx", "cidr": "203.0.113.0/24"},
    ]
    EDGE = records.router(routes=ROUTES, external_gateway_info=records.gateway())

    def found(self, *resources):
        self.cloud = FakeCloud().on("GET", "/subnets", self.RANGES)
        self.cloud.on("GET", "/routers", [self.EDGE])
        self.so_far = found(*resources)
        ways = {}
        for of in ("router-interface", "router"):
            parents = [each for each in resources if each.ref.type == of]
            for each in parents and coming(
                KIND, self.cloud, of, *parents, so_far=self.so_far
            ):
                ways[each.record["nexthop"]] = each.record.get("interface_id")
        return ways

    def test_no_request_without_routes(self):
        plain = Router().resource(records.router())
        interface = RouterInterface().resource(records.interface())
        self.assertEqual({}, self.found(plain, interface))
        self.assertEqual([], self.cloud.calls)

    def test_routes_know_the_interface_they_need(self):
        router = Router().resource(self.EDGE)
        interface = RouterInterface().resource(records.interface())
        ways = {"10.0.0.9": "r1/i1", "203.0.113.8": None}
        self.assertEqual(ways, self.found(router, interface))

    def test_the_range_of_a_subnet_that_was_found_is_known(self):
        subnet = Subnet().resource(records.subnet(cidr="10.0.0.0/24"))
        interface = RouterInterface().resource(records.interface())
        router = Router().resource(records.router(routes=self.ROUTES))
        self.assertEqual({"10.0.0.9": "r1/i1"}, self.found(router, interface, subnet))
        self.assertEqual([], self.cloud.calls)

    def test_those_by_a_routers_gateway_come_with_the_router(self):
        """The others come with the interfaces that come along."""
        found = self.found(Router().resource(self.EDGE))
        self.assertEqual({"203.0.113.8": None}, found)

    def test_those_by_an_interface_come_with_the_interface(self):
        found = self.found(RouterInterface().resource(records.interface()))
        self.assertEqual({"10.0.0.9": "r1/i1"}, found)
        self.assertEqual(["r1"], self.cloud.made("GET", "/routers")[0].params["id"])
