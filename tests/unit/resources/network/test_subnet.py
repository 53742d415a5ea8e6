# SPDX-License-Identifier: Apache-2.0
"""Subnets: nothing about their addresses changes."""

from __future__ import annotations

import testtools

from pumphouse.conf.migration import Options
from pumphouse.models import Ref, Resource
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.router_interface import RouterInterface
from pumphouse.resources.network.subnet import Subnet
from tests.unit.resources.fakes import FakeCloud, coming, found
from tests.unit.resources.network import records

KIND = Subnet()
INTERFACE = RouterInterface()
BOUND = {**records.PROJECT, Ref("network", "n1"): "N1"}


def subnet(**more):
    return KIND.resource(records.subnet(**more))


def there(**more):
    return KIND.resource(
        records.subnet(**{"id": "S", "network_id": "N1", "project_id": "P1", **more})
    )


class TestSubnet(testtools.TestCase):
    def fields(self, destination, **more):
        found = KIND.compare(subnet(**more), destination, BOUND.get, Options())
        return [d.field for d in found]

    def test_no_gateway_is_said_aloud(self):
        """Left out, Neutron would make the first address the gateway."""
        ctx = records.context(("network", "n1"), destination=FakeCloud())
        body = KIND.body(ctx, subnet(gateway_ip=None, enable_dhcp=False))
        self.assertIsNone(body["gateway_ip"])
        self.assertIs(False, body["enable_dhcp"])
        self.assertNotIn("ipv6_ra_mode", body)
        self.assertEqual("N1", body["network_id"])

    def test_order_matters_for_name_servers_only(self):
        pools = [{"start": "10.0.0.9", "end": "10.0.0.9"}]
        more = [{"start": "10.0.0.2", "end": "10.0.0.3"}]
        self.assertEqual(
            [],
            self.fields(
                there(allocation_pools=pools + more), allocation_pools=more + pools
            ),
        )
        other = there(dns_nameservers=["1.1.1.1", "9.9.9.9"])
        self.assertEqual(["dns_nameservers"], self.fields(other))

    def test_a_gateway_where_there_was_none_differs(self):
        self.assertEqual(["gateway_ip"], self.fields(there(), gateway_ip=None))

    def test_the_same_range_in_the_same_network_is_the_same_subnet(self):
        self.assertEqual(
            KIND.key(there(), lambda ref: ref.id), KIND.key(subnet(), BOUND.get)
        )
        self.assertIsNone(KIND.key(subnet(network_id="new"), BOUND.get))

    def test_candidates_are_those_of_its_network(self):
        cloud = FakeCloud().on("GET", "/subnets", [records.subnet(network_id="N1")])
        self.assertEqual(1, len([*KIND.candidates(cloud, [subnet()], BOUND.get)]))
        self.assertEqual(["N1"], cloud.calls[0].params["network_id"])

    # -- what comes along with it --------------------------------------------
    def interfaces(self, *policies, gateway="10.0.0.1"):
        """Its owner's, one of others' at that address, and one of others' more."""
        others = {"device_id": "r2", "project_id": "other"}
        more = [{"subnet_id": "s1", "ip_address": "10.0.0.77"}]
        at = [{"subnet_id": "s1", "ip_address": gateway}]
        ports = [
            records.interface(fixed_ips=at if gateway == "10.0.0.1" else more),
            records.interface(**others, id="i2", fixed_ips=at),
            records.interface(**others, id="i3", fixed_ips=more),
        ]
        cloud = FakeCloud().on("GET", "/ports", ports)
        cloud.on("GET", "/rbac-policies", [*policies])
        return cloud, [r.ref.id for r in coming(INTERFACE, cloud, "subnet", subnet())]

    def test_brings_every_router_on_it(self):
        cloud, found = self.interfaces()
        self.assertEqual(["r1/i1", "r2/i2", "r2/i3"], sorted(found))
        self.assertEqual(["subnet_id=s1"], cloud.calls[0].params["fixed_ips"])

    def test_of_a_shared_one_only_its_owners_and_its_gateway(self):
        """Others' routers on it are none of this selection's business."""
        for target in ("*", "p9"):
            policy = records.policy("n1", target=target)
            self.assertEqual(["r1/i1", "r2/i2"], self.interfaces(policy)[1])
            self.assertEqual(["r1/i1"], self.interfaces(policy, gateway="10.0.0.9")[1])

    def test_an_external_networks_policy_shares_nothing(self):
        policy = records.policy("n1", target="*", action="access_as_external")
        self.assertEqual(3, len(self.interfaces(policy)[1]))

    def test_routers_reach_an_external_network_otherwise(self):
        """By their gateways: a project's plan asks for no interfaces there."""
        external = {"router:external": True, "id": "nx", "subnets": ["s1"]}
        network = Network().resource(records.network(**external))
        cloud = FakeCloud().on("GET", "/subnets", [records.subnet(network_id="nx")])
        (external,) = coming(KIND, cloud, "network", network)
        self.assertEqual([], coming(INTERFACE, cloud, "subnet", external))
        self.assertEqual([], cloud.made("GET", "/ports"))

    def test_no_policies_are_read_without_others_routers(self):
        cloud = FakeCloud().on("GET", "/ports", [records.interface()])
        (interface,) = coming(INTERFACE, cloud, "subnet", subnet())
        self.assertTrue(interface.record["gateway"])

    def test_all_of_a_network_whoever_made_them(self):
        network = Network().resource(records.network(subnets=["s1", "s2"]))
        cloud = FakeCloud().on("GET", "/subnets", [records.subnet(id="s2")])
        so_far = found(network, subnet())
        more = coming(KIND, cloud, "network", network, so_far=so_far)
        self.assertEqual([Ref("subnet", "s2")], [r.ref for r in more])
        self.assertEqual(["s2"], cloud.calls[0].params["id"])
        so_far = found(network, subnet(), subnet(id="s2"))
        self.assertEqual([], coming(KIND, cloud, "network", network, so_far=so_far))
        self.assertEqual(1, len(cloud.calls))

    def test_notes_what_it_no_longer_belongs_to(self):
        notes = KIND.fitness(subnet(subnetpool_id="x", segment_id="y"), Options()).notes
        self.assertEqual(2, len(notes))


class TestAlong(testtools.TestCase):
    def test_with_a_project_all_that_it_owns(self):
        """Those in others' networks too, which the networks do not bring."""
        cloud = FakeCloud().on("GET", "/subnets", [records.subnet(network_id="other")])
        project = Resource(Ref("project", "p1"), "shop", {})
        (part,) = (part for part in KIND.parts() if part.of == "project")
        (mine,) = KIND.brought(cloud, part, [project], found(project))
        self.assertEqual(Ref("subnet", "s1"), mine.ref)
        self.assertEqual(["p1"], cloud.calls[0].params["project_id"])
