# SPDX-License-Identifier: Apache-2.0
"""Routers: their gateway, with or without its very address."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Ref
from pumphouse.resources.network.router import Router
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records

KIND = Router()
OUT = (("network", "nx"), ("subnet", "sx"))
ANSWER = {"id": "R", "tags": [], "external_gateway_info": records.gateway()}


def router(**more):
    return KIND.resource(
        records.router(external_gateway_info=records.gateway(), **more)
    )


class TestBody(testtools.TestCase):
    def body(self, *bound, options=None, known=(), **more):
        ctx = records.context(
            *bound, destination=FakeCloud(extensions=known), options=options
        )
        return KIND.body(ctx, router(**more))

    def test_gateway_with_its_address(self):
        self.assertEqual(
            {
                "network_id": "NX",
                "enable_snat": False,
                "external_fixed_ips": [
                    {"subnet_id": "SX", "ip_address": "203.0.113.5"}
                ],
            },
            self.body(*OUT)["external_gateway_info"],
        )

    def test_gateway_without_its_address(self):
        options = Options(keep_floating_ip_addresses=False)
        asked = self.body(*OUT, options=options)["external_gateway_info"]
        self.assertEqual([{"subnet_id": "SX"}], asked["external_fixed_ips"])

    def test_gateway_in_a_network_that_the_operator_mapped(self):
        """Its subnets are others, so no address is asked for."""
        asked = self.body(OUT[0])["external_gateway_info"]
        self.assertEqual({"network_id": "NX", "enable_snat": False}, asked)

    def test_routes_are_not_sent(self):
        """Neutron takes none before the interfaces are there."""
        self.assertNotIn("routes", self.body(*OUT, routes=[{"destination": "x"}]))

    def test_kinds_only_where_the_destination_tells_them_apart(self):
        self.assertNotIn("ha", self.body(*OUT, ha=True))
        self.assertTrue(self.body(*OUT, ha=True, known=("l3-ha",))["ha"])


class TestCompare(testtools.TestCase):
    bound = {**records.PROJECT, Ref("network", "nx"): "NX"}

    def fields(self, there, **more):
        there = KIND.resource({**there, "project_id": "P1"})
        found = KIND.compare(router(**more), there, self.bound.get, Options())
        return [d.field for d in found]

    def gateway(self, **more):
        info = records.gateway(network_id="NX", external_fixed_ips=[], **more)
        return records.router(external_gateway_info=info)

    def test_the_address_may_be_another_source_nat_may_not(self):
        self.assertEqual([], self.fields(self.gateway()))
        self.assertEqual(
            ["external_gateway_info"], self.fields(self.gateway(enable_snat=True))
        )

    def test_a_cloud_with_one_kind_of_routers(self):
        there = self.gateway()
        del there["ha"], there["distributed"]
        self.assertEqual([], self.fields(there, ha=True, distributed=True))
        self.assertEqual(["ha"], self.fields(self.gateway(), ha=True))


class TestCreate(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.cloud = FakeCloud()
        self.ctx = records.context(*OUT, destination=self.cloud)

    def test_an_address_that_is_taken_is_given_up_and_noted(self):
        other = records.gateway(external_fixed_ips=[{"ip_address": "203.0.113.77"}])
        self.cloud.on(
            "POST",
            "/routers",
            records.refused(),
            {**ANSWER, "external_gateway_info": other},
        )
        KIND.ensure(self.ctx, router())
        asked = self.cloud.calls[1].body["router"]["external_gateway_info"]
        self.assertEqual([{"subnet_id": "SX"}], asked["external_fixed_ips"])
        ((_, name, details),) = self.ctx.notes
        self.assertEqual("router.gateway_address", name)
        self.assertEqual(["203.0.113.77"], details["destination"])
        self.assertEqual({router().ref: ["gateway_addresses"]}, self.ctx.lost)
        # It is kept only if it is free: the plan says so.
        fitness = KIND.fitness(router(), self.ctx.options)
        self.assertIn("gateway_addresses", fitness.announced)

    def test_an_address_of_a_subnet_that_is_not_there_is_noted_as_well(self):
        other = records.gateway(external_fixed_ips=[{"ip_address": "203.0.113.77"}])
        answer = {**ANSWER, "external_gateway_info": other}
        self.cloud.on("POST", "/routers", answer)
        KIND.ensure(self.ctx, router())
        self.assertEqual({router().ref: ["gateway_addresses"]}, self.ctx.lost)

    def test_what_the_destination_does_not_know_is_not_kept(self):
        """And it is told, but for what means nothing anyway."""
        self.cloud.on("POST", "/routers", ANSWER)
        KIND.ensure(self.ctx, router(enable_ndp_proxy=True, ha=False))
        body = self.cloud.calls[0].body["router"]
        self.assertNotIn("enable_ndp_proxy", body)
        self.assertEqual({router().ref: ["enable_ndp_proxy"]}, self.ctx.lost)

    def test_a_refusal_for_another_reason_stays_one(self):
        refused = records.refused(what="not enough agents")
        self.cloud.on("POST", "/routers", refused).on("GET", "/routers", [])
        error = self.assertRaises(exceptions.Conflict, KIND.ensure, self.ctx, router())
        self.assertIs(refused, error)

    def test_kept_address_needs_no_note(self):
        self.cloud.on("POST", "/routers", ANSWER)
        KIND.ensure(self.ctx, router())
        self.assertEqual([], self.ctx.notes)


class TestNeeds(testtools.TestCase):
    def test_needs_its_gateways_subnet_only_if_that_comes_anyway(self):
        needs = {need.ref: need for need in KIND.needs(router())}
        self.assertTrue(needs[Ref("network", "nx")].brings)
        self.assertFalse(needs[Ref("subnet", "sx")].brings)

    def test_notes(self):
        more = {"ha": True, "flavor_id": "x", "conntrack_helpers": [{}]}
        self.assertEqual(4, len(KIND.fitness(router(**more), Options()).notes))
