# SPDX-License-Identifier: Apache-2.0
"""The contract of Neutron: routers, floating IPs, security groups."""

from __future__ import annotations

from tests.contract.base import Contract
from tests.contract.shapes import fields

GATEWAY = "external_gateway_info"


class Routing(Contract):
    """How traffic gets through."""

    def router(self, by=None, **more):
        router = self.make(
            "network", "/routers", "router", by, name=self.prefix, **more
        )
        self.later(self._bare, router["id"])
        return router

    def _bare(self, router):
        path = f"/routers/{router}"
        self.admin.put("network", path, {"router": {"routes": []}})
        found = self.admin.get("network", f"/ports?device_id={router}").json()["ports"]
        for port in found:
            if port["device_owner"] == "network:router_interface":
                body = {"port_id": port["id"]}
                self.admin.put("network", f"{path}/remove_router_interface", body)

    def attach(self, router, **what):
        path = f"/routers/{router['id']}/add_router_interface"
        return self.admin.put("network", path, what)

    def detach(self, router, **what):
        path = f"/routers/{router['id']}/remove_router_interface"
        return self.admin.put("network", path, what)

    def world(self):
        """A network that reaches the external one: (subnet, router, port)."""
        external, _ = self.external()
        network = self.network()
        subnet = self.subnet(network)
        router = self.router(**{GATEWAY: {"network_id": external}})
        self.expect(200, self.attach(router, subnet_id=subnet["id"]))
        port = self.make("network", "/ports", "port", network_id=network["id"])
        return subnet, router, port

    # -- tags ----------------------------------------------------------------
    def test_tags_of_everything(self):
        """Set by a request of their own, and part of each record from then on."""
        subnet, router, port = self.world()
        external, _ = self.external()
        fip = self.make(
            "network", "/floatingips", "floatingip", floating_network_id=external
        )
        group = self.make("network", "/security-groups", "security_group", name="x")
        for collection, key, thing in (
            ("subnets", "subnet", subnet),
            ("routers", "router", router),
            ("ports", "port", port),
            ("floatingips", "floatingip", fip),
            ("security-groups", "security_group", group),
        ):
            path = f"/{collection}/{thing['id']}"
            body = {"tags": ["old", "blue"]}
            self.expect(200, self.admin.put("network", f"{path}/tags", body))
            shown = self.admin.get("network", path).json()[key]
            self.assertEqual(["blue", "old"], sorted(shown["tags"]), collection)
            query = f"/{collection}?tags=blue&id={thing['id']}"
            listed = self.admin.get("network", query).json()
            self.assertEqual(1, len(listed[collection.replace("-", "_")]), collection)

    # -- routers -------------------------------------------------------------
    def test_shapes(self):
        _, router, _ = self.world()
        self.assertEqual(fields("router", newer=self.newer), set(router))
        external, _ = self.external()
        fip = self.make(
            "network", "/floatingips", "floatingip", floating_network_id=external
        )
        self.assertEqual(fields("floatingip", newer=self.newer), set(fip))
        group = self.make("network", "/security-groups", "security_group", name="x")
        self.assertEqual(fields("security_group", newer=self.newer), set(group))
        inside = set(group["security_group_rules"][0])
        rule = fields("security_group_rule", newer=self.newer)
        self.assertEqual(rule | {"standard_attr_id", "tags"}, inside)
        key = group["security_group_rules"][0]["id"]
        alone = self.admin.get("network", f"/security-group-rules/{key}").json()
        self.assertEqual(rule, set(alone["security_group_rule"]))

    def test_gateways(self):
        external, subnet = self.external()
        ip = {"subnet_id": subnet, "ip_address": "203.0.113.77"}
        asked = {
            "network_id": external,
            "external_fixed_ips": [ip],
            "enable_snat": False,
        }
        router = self.router(**{GATEWAY: asked})
        self.assertEqual(asked, router[GATEWAY])
        ports = self.admin.get("network", f"/ports?device_id={router['id']}").json()
        (port,) = ports["ports"]
        self.assertEqual(
            ("network:router_gateway", "", [ip]),
            (port["device_owner"], port["project_id"], port["fixed_ips"]),
        )
        body = {"router": {"name": self.prefix, GATEWAY: asked}}
        taken = self.admin.post("network", "/routers", body)
        self.refused(409, taken, "IpAddressAlreadyAllocated")
        closed = {"network_id": self.network()["id"]}
        body = {"router": {"name": self.prefix, GATEWAY: closed}}
        self.refused(400, self.admin.post("network", "/routers", body), "BadRequest")

    def test_interfaces(self):
        network, router = self.network(), self.router()
        subnet = self.subnet(network)
        said = self.expect(200, self.attach(router, subnet_id=subnet["id"]))
        wanted = {"id", "port_id", "network_id", "subnet_id", "subnet_ids"}
        owner = "project_id" if self.newer else "tenant_id"
        self.assertEqual(wanted | {owner}, set(said))
        self.assertEqual(subnet["id"], said["subnet_id"])
        port = self.admin.get("network", f"/ports/{said['port_id']}").json()["port"]
        self.assertEqual(
            ("network:router_interface", router["id"], "10.90.0.1", False, []),
            (
                port["device_owner"],
                port["device_id"],
                port["fixed_ips"][0]["ip_address"],
                port["port_security_enabled"],
                port["security_groups"],
            ),
        )
        self.refused(400, self.attach(router, subnet_id=subnet["id"]), "BadRequest")
        gone = self.admin.delete("network", f"/routers/{router['id']}")
        self.refused(409, gone, "RouterInUse")
        gone = self.admin.delete("network", f"/ports/{port['id']}")
        self.refused(409, gone, "ServicePortInUse")
        self.expect(200, self.detach(router, subnet_id=subnet["id"]))
        self.refused(404, self.detach(router, subnet_id=subnet["id"]))

    def test_interfaces_of_ports(self):
        network, router = self.network(), self.router()
        subnet = self.subnet(network)
        ip = {"subnet_id": subnet["id"], "ip_address": "10.90.0.9"}
        port = self.make(
            "network", "/ports", "port", network_id=network["id"], fixed_ips=[ip]
        )
        said = self.expect(200, self.attach(router, port_id=port["id"]))
        self.assertEqual(port["id"], said["port_id"])
        other = self.router()
        self.refused(409, self.attach(other, port_id=port["id"]), "PortInUse")
        self.expect(200, self.detach(router, port_id=port["id"]))
        gone = self.admin.get("network", f"/ports/{port['id']}")
        self.refused(404, gone, "PortNotFound")
        self.refused(404, self.detach(router, port_id=port["id"]))

    def test_interfaces_that_cannot_be(self):
        network, router = self.network(), self.router()
        bare = self.subnet(network, gateway_ip=None)
        self.refused(400, self.attach(router, subnet_id=bare["id"]), "BadRequest")
        self.refused(400, self.attach(router), "BadRequest")
        one = self.subnet(self.network(), cidr="10.97.0.0/24")
        two = self.subnet(self.network(), cidr="10.97.0.0/24")
        self.expect(200, self.attach(router, subnet_id=one["id"]))
        self.refused(400, self.attach(router, subnet_id=two["id"]), "BadRequest")

    def test_ipv6_subnets_share_a_port(self):
        network, router = self.network(), self.router()
        modes = dict.fromkeys(("ipv6_ra_mode", "ipv6_address_mode"), "slaac")
        ports = set()
        for cidr in ("fd90::/64", "fd91::/64"):
            six = self.subnet(network, ip_version=6, cidr=cidr, **modes)
            said = self.expect(200, self.attach(router, subnet_id=six["id"]))
            ports.add(said["port_id"])
        self.assertEqual(1, len(ports))

    def test_routes(self):
        """A next hop must be within reach, and its interface stays then."""
        network, router = self.network(), self.router()
        subnet = self.subnet(network)
        self.expect(200, self.attach(router, subnet_id=subnet["id"]))
        route = {"destination": "172.31.0.0/20", "nexthop": "10.90.0.254"}
        path = f"/routers/{router['id']}"
        body = {"router": {"routes": [route]}}
        for _ in range(2):  # the second time changes nothing
            said = self.admin.put("network", f"{path}/add_extraroutes", body)
            self.assertEqual([route], self.expect(200, said)["router"]["routes"])
        far = {"destination": "172.30.0.0/20", "nexthop": "10.12.0.254"}
        said = self.admin.put(
            "network", f"{path}/add_extraroutes", {"router": {"routes": [far]}}
        )
        self.refused(400, said, "InvalidRoutes")
        said = self.detach(router, subnet_id=subnet["id"])
        self.refused(409, said, "RouterInterfaceInUseByRoute")
        said = self.admin.put("network", f"{path}/remove_extraroutes", body)
        self.assertEqual([], self.expect(200, said)["router"]["routes"])
        said = self.admin.put("network", path, {"router": {"routes": [far]}})
        self.refused(400, said, "InvalidRoutes")

    # -- floating IPs --------------------------------------------------------
    def test_floating_ips(self):
        subnet, router, port = self.world()
        external, _ = self.external()
        fip = self.make(
            "network",
            "/floatingips",
            "floatingip",
            floating_network_id=external,
            port_id=port["id"],
            floating_ip_address="203.0.113.99",
        )
        self.assertEqual(
            (
                port["id"],
                router["id"],
                port["fixed_ips"][0]["ip_address"],
                "203.0.113.99",
            ),
            tuple(
                fip[name]
                for name in (
                    *("port_id", "router_id", "fixed_ip_address"),
                    "floating_ip_address",
                )
            ),
        )
        self.assertEqual(
            {"name", "network_id", "mac_address", "admin_state_up", "status"}
            | {"device_id", "device_owner"},
            set(fip["port_details"]),
        )
        body = {"floating_network_id": external, "floating_ip_address": "203.0.113.99"}
        taken = self.admin.post("network", "/floatingips", {"floatingip": body})
        self.refused(409, taken, "IpAddressAlreadyAllocated")
        body = {"floating_network_id": external, "port_id": port["id"]}
        twice = self.admin.post("network", "/floatingips", {"floatingip": body})
        self.refused(409, twice, "FloatingIPPortAlreadyAssociated")
        said = self.detach(router, subnet_id=subnet["id"])
        self.refused(409, said, "RouterInterfaceInUseByFloatingIP")
        path = f"/floatingips/{fip['id']}"
        loose = self.admin.put("network", path, {"floatingip": {"port_id": None}})
        said = self.expect(200, loose)["floatingip"]
        self.assertEqual((None, None), (said["port_id"], said["router_id"]))

    def test_floating_ips_that_cannot_be(self):
        external, _ = self.external()
        network = self.network()
        self.subnet(network)
        port = self.make("network", "/ports", "port", network_id=network["id"])
        body = {"floating_network_id": external, "port_id": port["id"]}
        far = self.admin.post("network", "/floatingips", {"floatingip": body})
        self.refused(404, far, "ExternalGatewayForFloatingIPNotFound")
        body = {"floating_network_id": network["id"]}
        closed = self.admin.post("network", "/floatingips", {"floatingip": body})
        self.refused(400, closed, "BadRequest")
        found = self.admin.get("network", "/floatingips?floating_ip_address=1.2.3.4")
        self.assertEqual([], found.json()["floatingips"])

    def test_a_floating_ip_has_a_port_of_nobody(self):
        external, _ = self.external()
        fip = self.make(
            "network", "/floatingips", "floatingip", floating_network_id=external
        )
        (port,) = self.admin.get("network", f"/ports?device_id={fip['id']}").json()[
            "ports"
        ]
        self.assertEqual(
            ("network:floatingip", "N/A", "", fip["floating_ip_address"]),
            (
                port["device_owner"],
                port["status"],
                port["project_id"],
                port["fixed_ips"][0]["ip_address"],
            ),
        )

    # -- security groups -----------------------------------------------------
    def test_the_default_group_appears(self):
        project = self.project()["id"]
        path = f"/security-groups?project_id={project}"
        (group,) = self.admin.get("network", path).json()["security_groups"]
        self.assertEqual(
            ("default", "Default security group"), (group["name"], group["description"])
        )
        rules = sorted(
            (r["direction"], r["ethertype"], r["remote_group_id"] == group["id"])
            for r in group["security_group_rules"]
        )
        self.assertEqual(
            [
                ("egress", "IPv4", False),
                ("egress", "IPv6", False),
                ("ingress", "IPv4", True),
                ("ingress", "IPv6", True),
            ],
            rules,
        )
        body = {"security_group": {"name": "default", "project_id": project}}
        again = self.admin.post("network", "/security-groups", body)
        self.refused(409, again, "SecurityGroupDefaultAlreadyExists")

    def test_new_groups_let_everything_out(self):
        group = self.make("network", "/security-groups", "security_group", name="g")
        rules = [
            (r["direction"], r["ethertype"], r["protocol"])
            for r in group["security_group_rules"]
        ]
        wanted = [("egress", "IPv4", None), ("egress", "IPv6", None)]
        self.assertEqual(wanted, sorted(rules))
        self.assertTrue(group["stateful"])

    def rule(self, group, **what):
        body = {"security_group_id": group["id"], "direction": "ingress", **what}
        return self.admin.post(
            "network", "/security-group-rules", {"security_group_rule": body}
        )

    def test_a_rule_is_made_once(self):
        group = self.make("network", "/security-groups", "security_group", name="g")
        what = {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
        made = self.expect(201, self.rule(group, **what))["security_group_rule"]
        self.assertEqual(("IPv4", "tcp", 80), (made["ethertype"], made["protocol"], 80))
        self.refused(409, self.rule(group, **what), "SecurityGroupRuleExists")
        anywhere = self.rule(group, remote_ip_prefix="0.0.0.0/0", **what)
        self.refused(409, anywhere, "SecurityGroupRuleExists")
        number = self.rule(group, **{**what, "protocol": "6"})
        self.refused(409, number, "SecurityGroupRuleExists")

    def test_rules_that_cannot_be(self):
        group = self.make("network", "/security-groups", "security_group", name="g")
        for kind, what in (
            ("SecurityGroupProtocolRequiredWithPorts", {"port_range_min": 80}),
            ("SecurityGroupInvalidPortRange", {"protocol": "tcp", "port_range_min": 8}),
            ("SecurityGroupRuleInvalidProtocol", {"protocol": "shoe"}),
            (
                "SecurityGroupRuleParameterConflict",
                {"ethertype": "IPv4", "remote_ip_prefix": "fd00::/64"},
            ),
            (
                "SecurityGroupMultipleRemoteEntites",
                {"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": group["id"]},
            ),
        ):
            with self.subTest(kind):
                self.refused(400, self.rule(group, **what), kind)
        unknown = self.rule({"id": "00000000-0000-4000-8000-000000000000"})
        self.refused(404, unknown, "SecurityGroupNotFound")

    def test_many_rules_at_once(self):
        """All of them or none."""
        group = self.make("network", "/security-groups", "security_group", name="g")
        rules = [
            {
                "security_group_id": group["id"],
                "direction": "ingress",
                "protocol": "tcp",
                "port_range_min": port,
                "port_range_max": port,
            }
            for port in (1, 2, 1)
        ]
        path = "/security-group-rules"
        answer = self.admin.post("network", path, {"security_group_rules": rules})
        self.assertIn(answer.status_code, (400, 409))
        there = f"{path}?security_group_id={group['id']}"
        found = self.admin.get("network", there).json()["security_group_rules"]
        self.assertEqual(2, len(found))
        answer = self.admin.post("network", path, {"security_group_rules": rules[:2]})
        self.assertEqual(2, len(self.expect(201, answer)["security_group_rules"]))

    def test_protocols_of_ipv6(self):
        group = self.make("network", "/security-groups", "security_group", name="g")
        what = {"ethertype": "IPv6", "protocol": "icmp"}
        made = self.expect(201, self.rule(group, **what))["security_group_rule"]
        self.assertEqual("ipv6-icmp", made["protocol"])

    def test_groups_in_use(self):
        group = self.make("network", "/security-groups", "security_group", name="g")
        network = self.network()
        self.subnet(network)
        more = {"network_id": network["id"], "security_groups": [group["id"]]}
        self.make("network", "/ports", "port", **more)
        gone = self.admin.delete("network", f"/security-groups/{group['id']}")
        self.refused(409, gone, "SecurityGroupInUse")
        body = {"port": {"network_id": network["id"], "security_groups": ["none"]}}
        self.assertIn(
            self.admin.post("network", "/ports", body).status_code, (400, 404)
        )
