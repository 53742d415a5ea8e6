# SPDX-License-Identifier: Apache-2.0
"""Router interfaces: one request where Neutron makes the same port by itself."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Origin, Ref
from pumphouse.resources.listing import ID, PROJECT, where
from pumphouse.resources.network.interfaces import attachable_by_subnet
from pumphouse.resources.network.router_interface import RouterInterface
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records

KIND = RouterInterface()
REF = Ref("router-interface", "r1/i1")
BOUND = (("router", "r1"), ("network", "n1"), ("subnet", "s1"))
ADD = "/routers/R1/add_router_interface"
MAC = "fa:16:3e:00:00:01"
ANY_MAC = Options(keep_mac_addresses=False)
OWN = {
    "name": "fw",
    "port_security_enabled": True,
    "security_groups": ["g1"],
    "allowed_address_pairs": [{"ip_address": "10.0.0.9", "mac_address": MAC}],
    "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1400", "ip_version": 4}],
}
"""What makes it an operator's own port."""


def interface(**more):
    return KIND.resource(records.interface(**more))


class TestDiscovery(testtools.TestCase):
    def test_knows_which_are_gateways(self):
        port = records.interface()
        del port["gateway"]
        for gateway in ("10.0.0.1", "10.0.0.254"):
            cloud = FakeCloud().on("GET", "/ports", [port])
            cloud.on("GET", "/subnets", [{"id": "s1", "gateway_ip": gateway}])
            (found,) = KIND.list(cloud, where(PROJECT, ["p1"]))
            self.assertEqual(REF, found.ref)
            self.assertEqual(gateway == "10.0.0.1", found.record["gateway"])

    def test_fetch_is_two_lists_however_many(self):
        cloud = FakeCloud().on("GET", "/ports", [records.interface()])
        cloud.on("GET", "/subnets", [{"id": "s1", "gateway_ip": "10.0.0.1"}])
        self.assertEqual([REF], [r.ref for r in KIND.list(cloud, where(ID, ["r1/i1"]))])
        self.assertEqual(2, len(cloud.calls))
        self.assertEqual([], [*KIND.list(cloud, where(ID, ["another/i1"]))])

    def test_attachable_by_subnet(self):
        six = [
            {"subnet_id": "s1", "ip_address": "fd00::1"},
            {"subnet_id": "s2", "ip_address": "fd01::1"},
        ]
        mixed = [six[0], {"subnet_id": "s3", "ip_address": "10.0.0.1"}]
        for expected, more in (
            (True, {}),
            (True, {"fixed_ips": six}),
            (False, {"fixed_ips": mixed}),
            (False, {"fixed_ips": []}),
            (False, {"gateway": False}),
            (False, {"name": "mine"}),
            (False, {"admin_state_up": False}),
            (False, {"port_security_enabled": True}),
            (False, {"security_groups": ["g1"]}),
            (False, {"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "9"}]}),
            (False, {"binding:vnic_type": "direct"}),
            (False, {"mac_address": MAC}),
        ):
            record = records.interface(**{"mac_address": None, **more})
            self.assertIs(expected, attachable_by_subnet(record), more)


class TestSteps(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.cloud = FakeCloud()
        self.ctx = records.context(*BOUND, destination=self.cloud)

    def there(self, **more):
        ips = [{"subnet_id": "S1", "ip_address": "10.0.0.1"}]
        return records.interface(
            id="I",
            **{
                "device_id": "R1",
                "network_id": "N1",
                "project_id": "P1",
                "fixed_ips": ips,
                **more,
            },
        )

    def test_by_subnet_where_the_mac_need_not_be_kept(self):
        self.ctx.options = ANY_MAC
        self.cloud.on("PUT", ADD, {"port_id": "I"})
        self.assertEqual({"id": "R1/I"}, KIND.ensure(self.ctx, interface()))
        self.assertEqual([{"subnet_id": "S1"}], [c.body for c in self.cloud.calls])

    def test_by_port_keeps_address_and_name(self):
        self.cloud.on("POST", "/ports", {"id": "I"}).on("PUT", ADD, {"port_id": "I"})
        KIND.ensure(self.ctx, interface(gateway=False, name="mine"))
        body = self.cloud.calls[0].body["port"]
        self.assertEqual(
            [{"subnet_id": "S1", "ip_address": "10.0.0.1"}], body["fixed_ips"]
        )
        self.assertEqual("mine", body["name"])
        self.assertEqual(MAC, body["mac_address"])
        self.assertNotIn("device_id", body)

    def test_a_routers_own_port_keeps_its_mac(self):
        self.cloud.on("POST", "/ports", {"id": "I"}).on("PUT", ADD, {"port_id": "I"})
        KIND.ensure(self.ctx, interface())
        (made,), (added,) = self.cloud.made("POST"), self.cloud.made("PUT")
        self.assertEqual(MAC, made.body["port"]["mac_address"])
        self.assertNotIn("port_security_enabled", made.body["port"])
        self.assertEqual({"port_id": "I"}, added.body)

    def own(self):
        """The destination where an operator's own port comes about."""
        self.cloud._extensions = frozenset(KIND.extensions.values())
        bound = (*BOUND, ("security-group", "g1"))
        self.ctx = records.context(*bound, destination=self.cloud)
        self.cloud.on("POST", "/ports", {"id": "I"}).on("PUT", ADD, {"port_id": "I"})
        self.cloud.on("PUT", "/ports/I", {})

    def test_an_operators_own_port_keeps_its_security(self):
        """In one request, as its owner made it."""
        self.own()
        ips = [{"subnet_id": "S1", "ip_address": "10.0.0.1"}]
        there = {"id": "I", "fixed_ips": ips, "port_security_enabled": True}
        self.cloud.on("POST", "/ports", there)
        KIND.ensure(self.ctx, interface(**OWN))
        made, added = self.cloud.calls
        body = made.body["port"]
        self.assertEqual(("", ["G1"]), (body["device_owner"], body["security_groups"]))
        self.assertIs(True, body["port_security_enabled"])
        self.assertEqual(ADD, added.path)

    def test_an_automatic_address_that_it_has_not_is_not_given(self):
        self.own()
        more = [
            {"subnet_id": "S1", "ip_address": "10.0.0.1"},
            {"subnet_id": "S6", "ip_address": "fd00::5"},
        ]
        extra = {"id": "X", "fixed_ips": more, "port_security_enabled": True}
        self.cloud.on("POST", "/ports", extra, {"id": "I"})
        self.cloud.on("DELETE", "/ports/X", True)
        KIND.ensure(self.ctx, interface(**OWN))
        _, _, made, secured, added = self.cloud.calls
        self.assertEqual(OWN["extra_dhcp_opts"], made.body["port"]["extra_dhcp_opts"])
        for path in ("security_groups", "port_security_enabled"):
            # Neutron takes none of it from whoever says what the port is for.
            self.assertNotIn(path, made.body["port"])
        self.assertEqual(
            {
                "port_security_enabled": True,
                "security_groups": ["G1"],
                "allowed_address_pairs": OWN["allowed_address_pairs"],
            },
            secured.body["port"],
        )
        self.assertEqual(ADD, added.path)

    def test_what_is_compared(self):
        there = KIND.resource(
            {**self.there(**OWN, mac_address="fa:16:3e:00:00:77"), "name": "fw"}
        )
        ctx = records.context(*BOUND, ("security-group", "g1"))
        same = KIND.compare(interface(**OWN), there, ctx.translate, ctx.options)
        self.assertEqual(["security_groups"], [each.field for each in same])
        bare = KIND.resource(self.there())
        found = KIND.compare(interface(**OWN), bare, ctx.translate, ctx.options)
        self.assertEqual({*OWN}, {each.field for each in found})

    def test_a_refused_port_is_removed(self):
        self.cloud.on("POST", "/ports", {"id": "I"}).on(
            "PUT", ADD, records.refused(400)
        )
        self.cloud.on("DELETE", "/ports/I", True)
        self.assertRaises(
            exceptions.UnexpectedAnswer,
            KIND.ensure,
            self.ctx,
            interface(gateway=False),
        )
        self.assertEqual(1, len(self.cloud.made("DELETE")))

    def test_a_lost_answer_is_not_asked_twice(self):
        """Neutron calls a second time an error, so it is looked up."""
        self.ctx.options = ANY_MAC
        self.cloud.on("PUT", ADD, records.lost())
        self.cloud.on("GET", "/ports", [self.there()])
        self.cloud.on("GET", "/ports/I", self.there())
        self.assertEqual({"id": "R1/I"}, KIND.ensure(self.ctx, interface()))
        self.assertFalse(self.cloud.made("PUT")[0].more["repeatable"])

    def test_a_port_left_unattached_by_an_earlier_try_is_used(self):
        ips = [{"subnet_id": "S1", "ip_address": "10.0.0.1"}]
        left = self.there(device_id="", fixed_ips=ips)
        self.cloud.on("POST", "/ports", records.refused())
        self.cloud.on("GET", "/ports", [left]).on("PUT", ADD, {"port_id": "I"})
        KIND.ensure(self.ctx, interface(gateway=False))
        self.assertEqual([{"port_id": "I"}], [c.body for c in self.cloud.made("PUT")])

    def test_a_dhcp_port_makes_way(self):
        self.ctx.bind(Ref("network", "n1"), "N1", Origin.CREATED)
        server = records.port(
            id="D",
            network_id="N1",
            device_id="dhcp-1",
            device_owner="network:dhcp",
            fixed_ips=[{"subnet_id": "S1", "ip_address": "10.0.0.1"}],
        )
        self.ctx.source.on("GET", "/ports", [])
        self.cloud.on("POST", "/ports", records.refused(), {"id": "I"})
        self.cloud.on("GET", "/ports", [server])
        self.cloud.on("GET", "/subnets/S1", records.subnet())
        self.cloud.on("PUT", "/ports/D", {}).on("PUT", ADD, {"port_id": "I"})
        KIND.ensure(self.ctx, interface())
        (moved, _) = self.cloud.made("PUT")
        self.assertEqual(
            [{"subnet_id": "S1", "ip_address": "10.0.0.254"}],
            moved.body["port"]["fixed_ips"],
        )

    def test_undo_finds_a_port_that_was_never_attached(self):
        ips = [{"subnet_id": "S1", "ip_address": "10.0.0.1"}]
        left = self.there(device_id="", fixed_ips=ips)
        other = {**self.there(fixed_ips=ips), "id": "J"}
        self.ctx.temporary("create", REF)
        self.cloud.on("GET", "/ports", lambda call: self._by_router(call, left, other))
        path = "/routers/R1/remove_router_interface"
        self.cloud.on("PUT", path, exceptions.ResourceMissing("no such interface"))
        self.cloud.on("DELETE", "/ports/I", True)
        self.assertEqual(
            {"removed": "R1/I"}, KIND.undo(self.ctx, interface(name=left["name"]))
        )
        self.assertEqual(1, len(self.cloud.made("DELETE")))

    @staticmethod
    def _by_router(call, left, other):
        return [] if "device_id" in call.params else [left, other]

    def test_a_port_that_somebody_uses_is_not_what_was_left_behind(self):
        ips = [{"subnet_id": "S1", "ip_address": "10.0.0.1"}]
        self.cloud.on("POST", "/ports", records.refused())
        self.cloud.on("GET", "/ports", [self.there(device_id="R9", fixed_ips=ips)])
        self.assertRaises(
            exceptions.Conflict, KIND.create, self.ctx, interface(gateway=False)
        )
        self.assertEqual([], self.cloud.made("PUT"))

    def test_delete_twice(self):
        path = "/routers/R1/remove_router_interface"
        gone = exceptions.ResourceMissing("gone")
        self.cloud.on("PUT", path, {}, gone)
        self.cloud.on("DELETE", "/ports/I", gone)
        KIND.delete(self.ctx, "R1/I")
        KIND.delete(self.ctx, "R1/I")
        self.assertEqual({"port_id": "I"}, self.cloud.calls[0].body)

    def test_key_is_router_and_addresses(self):
        there = KIND.resource(self.there())
        self.assertEqual(
            KIND.key(there, lambda ref: ref.id),
            KIND.key(interface(), self.ctx.translate),
        )
        self.assertIsNone(KIND.key(interface(), {}.get))
