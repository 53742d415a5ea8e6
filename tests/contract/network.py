# SPDX-License-Identifier: Apache-2.0
"""The contract of Neutron: networks, subnets, ports."""

from __future__ import annotations

import ipaddress

from tests.contract.base import Contract
from tests.contract.shapes import fields

NONE = "00000000-0000-4000-8000-000000000000"
MAC = "fa:16:3e:aa:bb:01"


class Networks(Contract):
    """Networks, subnets, ports, their lists."""

    def port(self, network, by=None, **more):
        return self.make(
            "network", "/ports", "port", by, network_id=network["id"], **more
        )

    def refuse(self, status, kind, path, body, by=None):
        return self.refused(
            status, (by or self.admin).post("network", path, body), kind
        )

    # -- shapes and defaults -------------------------------------------------
    def test_shapes(self):
        network = self.network()
        subnet = self.subnet(network)
        port = self.port(network)
        for kind, made in (("subnet", subnet), ("port", port)):
            self.assertEqual(fields(kind, newer=self.newer), set(made))
            path = f"/{kind}s/{made['id']}"
            self.assertEqual(made, self.admin.get("network", path).json()[kind])
            (one,) = self.admin.get("network", f"/{kind}s?id={made['id']}").json()[
                f"{kind}s"
            ]
            self.assertEqual(made, one)
        wanted = fields("network", newer=self.newer)
        self.assertEqual(wanted | {"is_default"}, set(network))
        now = self.admin.get("network", f"/networks/{network['id']}").json()["network"]
        self.assertEqual([subnet["id"]], now["subnets"])
        external, _ = self.external()
        found = self.admin.get("network", f"/networks/{external}").json()["network"]
        self.assertEqual((wanted, {*found} - {"is_default"}), ({*now}, {*now}))
        self.assertIn("is_default", found)

    def test_defaults_of_networks(self):
        network = self.network()
        for name, value in (
            ("admin_state_up", True),
            ("status", "ACTIVE"),
            ("shared", False),
            ("mtu", 1450),
            ("router:external", False),
            ("port_security_enabled", True),
            ("provider:network_type", "vxlan"),
            ("provider:physical_network", None),
            ("description", ""),
            ("project_id", self.admin.project_id),
            ("tenant_id", self.admin.project_id),
        ):
            self.assertEqual(value, network[name], name)

    def test_defaults_of_subnets(self):
        network = self.network()
        four = self.subnet(network)
        self.assertEqual("10.90.0.1", four["gateway_ip"])
        pools = [{"start": "10.90.0.2", "end": "10.90.0.254"}]
        self.assertEqual(pools, four["allocation_pools"])
        self.assertTrue(four["enable_dhcp"])
        bare = self.subnet(network, cidr="10.91.0.0/24", gateway_ip=None)
        self.assertIsNone(bare["gateway_ip"])
        pools = [{"start": "10.91.0.1", "end": "10.91.0.254"}]
        self.assertEqual(pools, bare["allocation_pools"])
        middle = self.subnet(network, cidr="10.92.0.0/24", gateway_ip="10.92.0.9")
        pools = sorted(pool["start"] for pool in middle["allocation_pools"])
        self.assertEqual(["10.92.0.1", "10.92.0.10"], pools)
        for modes in (
            {},
            dict.fromkeys(("ipv6_ra_mode", "ipv6_address_mode"), "slaac"),
        ):
            cidr = "fd90::/64" if modes else "fd91::/64"
            six = self.subnet(network, ip_version=6, cidr=cidr, **modes)
            self.assertEqual(str(ipaddress.ip_network(cidr)[0]), six["gateway_ip"])
            (pool,) = six["allocation_pools"]
            self.assertEqual(str(ipaddress.ip_network(cidr)[1]), pool["start"])

    def test_defaults_of_ports(self):
        network = self.network()
        subnet = self.subnet(network)
        port = self.port(network)
        (ip,) = port["fixed_ips"]
        self.assertEqual(subnet["id"], ip["subnet_id"])
        self.assertRegex(port["mac_address"], "^fa:16:3e:")
        for name, value in (
            ("status", "DOWN"),
            ("device_id", ""),
            ("device_owner", ""),
            ("binding:vif_type", "unbound"),
            ("binding:vnic_type", "normal"),
            ("binding:host_id", ""),
            ("port_security_enabled", True),
            ("allowed_address_pairs", []),
        ):
            self.assertEqual(value, port[name], name)
        (group,) = port["security_groups"]
        path = f"/security-groups/{group}"
        found = self.admin.get("network", path).json()["security_group"]
        self.assertEqual("default", found["name"])
        open_ = self.port(network, port_security_enabled=False)
        self.assertEqual([], open_["security_groups"])

    # -- addresses -----------------------------------------------------------
    def test_an_address_is_given_once(self):
        network = self.network()
        subnet = self.subnet(network)
        ip = {"subnet_id": subnet["id"], "ip_address": "10.90.0.77"}
        port = self.port(network, fixed_ips=[ip], mac_address=MAC)
        self.assertEqual(([ip], MAC), (port["fixed_ips"], port["mac_address"]))
        again = {"port": {"network_id": network["id"], "fixed_ips": [ip]}}
        self.refuse(409, "IpAddressAlreadyAllocated", "/ports", again)
        again = {"port": {"network_id": network["id"], "mac_address": MAC}}
        self.refuse(409, "MacAddressInUse", "/ports", again)
        other = self.network()
        self.subnet(other, cidr="10.95.0.0/24")
        self.port(other, mac_address=MAC)  # unique within a network only

    def test_addresses_that_do_not_fit(self):
        network = self.network()
        subnet = self.subnet(network)
        asked = {"network_id": network["id"]}
        ip = {"subnet_id": subnet["id"], "ip_address": "10.99.0.7"}
        body = {"port": {**asked, "fixed_ips": [ip]}}
        self.refuse(400, "InvalidIpForSubnet", "/ports", body)
        body = {"port": {**asked, "fixed_ips": [{"ip_address": "10.99.0.7"}]}}
        self.refuse(400, "InvalidIpForNetwork", "/ports", body)
        other = self.subnet(self.network(), cidr="10.96.0.0/24")
        body = {"port": {**asked, "fixed_ips": [{"subnet_id": other["id"]}]}}
        self.refuse(400, "InvalidInput", "/ports", body)

    def test_addresses_outside_the_pools_may_be_asked_for(self):
        pools = [{"start": "10.90.0.20", "end": "10.90.0.29"}]
        network = self.network()
        subnet = self.subnet(network, allocation_pools=pools)
        ip = {"subnet_id": subnet["id"], "ip_address": "10.90.0.200"}
        self.assertEqual([ip], self.port(network, fixed_ips=[ip])["fixed_ips"])
        free = self.port(network)["fixed_ips"][0]["ip_address"]
        self.assertIn(free, {f"10.90.0.{n}" for n in range(20, 30)})

    def test_automatic_addresses(self):
        """They follow from the MAC, come by themselves, and cannot be chosen."""
        network = self.network()
        subnet = self.subnet(network)
        modes = dict.fromkeys(("ipv6_ra_mode", "ipv6_address_mode"), "slaac")
        six = self.subnet(network, ip_version=6, cidr="fd90::/64", **modes)
        ip = {"subnet_id": subnet["id"], "ip_address": "10.90.0.5"}
        port = self.port(network, fixed_ips=[ip], mac_address=MAC)
        found = {each["subnet_id"]: each["ip_address"] for each in port["fixed_ips"]}
        self.assertEqual(
            {subnet["id"]: "10.90.0.5", six["id"]: "fd90::f816:3eff:feaa:bb01"}, found
        )
        ip = {"subnet_id": six["id"], "ip_address": "fd90::77"}
        body = {"port": {"network_id": network["id"], "fixed_ips": [ip]}}
        self.refused(400, self.admin.post("network", "/ports", body))

    def test_updates_of_ports(self):
        network = self.network()
        self.subnet(network)
        port = self.port(network)
        path, change = f"/ports/{port['id']}", {"port": {"admin_state_up": False}}
        found = self.expect(200, self.admin.put("network", path, change))["port"]
        self.assertFalse(found["admin_state_up"])
        self.assertEqual(port["fixed_ips"], found["fixed_ips"])
        self.assertGreater(found["revision_number"], port["revision_number"])
        unknown = {"port": {"shoe": 43}}
        self.refused(400, self.admin.put("network", path, unknown))

    # -- refusals ------------------------------------------------------------
    def test_what_is_not_there(self):
        for path, kind in (
            ("/networks/none", "NetworkNotFound"),
            ("/subnets/none", "SubnetNotFound"),
            ("/ports/none", "PortNotFound"),
            ("/routers/none", "RouterNotFound"),
            ("/floatingips/none", "FloatingIPNotFound"),
            ("/security-groups/none", "SecurityGroupNotFound"),
            ("/security-group-rules/none", "SecurityGroupRuleNotFound"),
        ):
            self.refused(404, self.admin.get("network", path), kind)
            self.refused(404, self.admin.delete("network", path), kind)
        body = {"port": {"network_id": "00000000-0000-4000-8000-000000000000"}}
        self.refuse(404, "NetworkNotFound", "/ports", body)

    def test_nonsense(self):
        self.refuse(400, "", "/networks", {"network": {"shoe": 43}})
        network = {"name": self.prefix, "mtu": 9000}
        self.refuse(400, "InvalidInput", "/networks", {"network": network})
        subnet = {"network_id": self.network()["id"], "ip_version": 4, "cidr": "x/y"}
        self.refuse(400, "", "/subnets", {"subnet": subnet})

    def test_ranges_do_not_overlap(self):
        network = self.network()
        self.subnet(network)
        body = {"network_id": network["id"], "ip_version": 4, "cidr": "10.90.0.0/25"}
        self.refuse(400, "InvalidInput", "/subnets", {"subnet": body})

    def test_what_is_in_use(self):
        network = self.network()
        subnet = self.subnet(network)
        self.port(network)
        gone = self.admin.delete("network", f"/networks/{network['id']}")
        self.refused(409, gone, "NetworkInUse")
        gone = self.admin.delete("network", f"/subnets/{subnet['id']}")
        self.refused(409, gone, "SubnetInUse")

    def test_deleting_a_network_deletes_its_subnets(self):
        network = self.network()
        subnet = self.subnet(network)
        path = f"/networks/{network['id']}"
        self.expect(204, self.admin.delete("network", path))
        path = f"/subnets/{subnet['id']}"
        self.refused(404, self.admin.get("network", path), "SubnetNotFound")

    def test_a_flat_network_is_made_once(self):
        self.external()
        body = {
            "name": self.prefix,
            "provider:network_type": "flat",
            "provider:physical_network": "contract",
        }
        self.refuse(409, "FlatNetworkInUse", "/networks", {"network": body})

    # -- whose ---------------------------------------------------------------
    def test_members_have_their_own(self):
        member, other = self.member(), self.member()
        network = self.network(member)
        self.assertEqual(member.project_id, network["project_id"])
        path = f"/networks/{network['id']}"
        self.refused(404, other.get("network", path), "NetworkNotFound")
        listed = other.get("network", "/networks").json()["networks"]
        self.assertNotIn(network["id"], [each["id"] for each in listed])
        self.assertNotIn("provider:network_type", network)
        body = {"network": {"name": "x", "project_id": other.project_id}}
        self.refused(400, member.post("network", "/networks", body))
        body = {"network": {"name": "x", "router:external": True}}
        self.refused(403, member.post("network", "/networks", body))
        external, _ = self.external()
        self.expect(200, member.get("network", f"/networks/{external}"))

    def test_readers_read(self):
        """Older releases let them write as well."""
        reader = self.member(role="reader")
        self.expect(200, reader.get("network", "/networks"))
        body = {"network": {"name": self.prefix}}
        answer = reader.post("network", "/networks", body)
        for made in [answer.json()["network"]] if answer.ok else []:
            self.admin.delete("network", f"/networks/{made['id']}")
        self.assertEqual(403 if self.newer else 201, answer.status_code)

    def test_administrators_make_for_others(self):
        project = self.project()
        network = self.network(project_id=project["id"])
        self.assertEqual(project["id"], network["tenant_id"])

    # -- lists ---------------------------------------------------------------
    def test_several_values_mean_or_several_filters_mean_and(self):
        one, two = self.network(), self.network(admin_state_up=False)
        ids = f"id={one['id']}&id={two['id']}"
        found = self.admin.get("network", f"/networks?{ids}").json()["networks"]
        self.assertEqual({one["id"], two["id"]}, {each["id"] for each in found})
        query = f"/networks?{ids}&admin_state_up=false"
        found = self.admin.get("network", query).json()["networks"]
        self.assertEqual([two["id"]], [each["id"] for each in found])
        found = self.admin.get("network", f"/networks?{ids}&name=x").json()["networks"]
        self.assertEqual([], found)

    def test_filters_nobody_knows(self):
        for path in ("/networks?shoe=43", "/ports?shoe=43", "/security-groups?shoe=43"):
            self.refused(400, self.admin.get("network", path), "HTTPBadRequest")

    def test_filters_on_addresses(self):
        network = self.network()
        subnet = self.subnet(network)
        ip = {"subnet_id": subnet["id"], "ip_address": "10.90.0.66"}
        port = self.port(network, fixed_ips=[ip])
        other = self.port(network)
        mine = f"network_id={network['id']}"
        for query, wanted in (
            (f"{mine}&fixed_ips=ip_address=10.90.0.66", {port["id"]}),
            (f"fixed_ips=subnet_id={subnet['id']}", {port["id"], other["id"]}),
            (f"{mine}&fixed_ips=ip_address=10.90.0.67&{mine}", set()),
            (f"{mine}&device_id=", {port["id"], other["id"]}),
            (f"{mine}&device_owner=network:dhcp", set()),
            (f"{mine}&mac_address={port['mac_address']}", {port["id"]}),
        ):
            found = self.admin.get("network", f"/ports?{query}").json()["ports"]
            self.assertEqual(wanted, {each["id"] for each in found}, query)

    def test_only_some_fields(self):
        network = self.network()
        query = f"/networks?id={network['id']}&fields=id&fields=subnets"
        (found,) = self.admin.get("network", query).json()["networks"]
        self.assertEqual({"id": network["id"], "subnets": []}, found)

    def test_pages(self):
        made = {self.network()["id"] for _ in range(3)}
        query, seen = f"/networks?name={self.prefix}-net&limit=2", []
        first = self.admin.get("network", query).json()
        self.assertEqual(2, len(first["networks"]))
        following, rounds = query, 0
        while following and rounds < 5:
            page, rounds = self.admin.get("network", following).json(), rounds + 1
            seen += [each["id"] for each in page["networks"]]
            links = page.get("networks_links", ())
            (following,) = [x["href"] for x in links if x["rel"] == "next"] or [""]
        self.assertEqual((made, 3), (set(seen), len(seen)))

    def test_sorting_takes_a_direction(self):
        self.refused(400, self.admin.get("network", "/networks?sort_key=name"))
        query = "/networks?sort_key=name&sort_dir=desc"
        found = self.expect(200, self.admin.get("network", query))["networks"]
        names = [each["name"] for each in found]
        self.assertEqual(sorted(names, reverse=True), names)

    # -- tags, quotas, extensions --------------------------------------------
    def test_tags(self):
        network = self.network()
        path = f"/networks/{network['id']}/tags"
        found = self.admin.put("network", path, {"tags": ["b", "a"]})
        self.assertEqual(["a", "b"], sorted(self.expect(200, found)["tags"]))
        for query, count in (
            ("tags=a,b", 1),
            ("tags=a,c", 0),
            ("tags-any=a,c", 1),
            ("not-tags=a", 0),
        ):
            query = f"/networks?id={network['id']}&{query}"
            self.assertEqual(
                count, len(self.admin.get("network", query).json()["networks"])
            )
        self.expect(201, self.admin.put("network", f"{path}/c"))
        self.expect(204, self.admin.get("network", f"{path}/c"))
        self.expect(204, self.admin.delete("network", f"{path}/c"))
        self.refused(404, self.admin.delete("network", f"{path}/c"), "TagNotFound")
        if not self.newer:  # the newer release has an internal error there
            self.refused(404, self.admin.get("network", f"/networks/{NONE}/tags"))

    def test_quotas(self):
        """Defaults, then one of our own, then too much of it."""
        project = self.project()["id"]
        default = self.admin.get("network", "/quotas/new/default").json()["quota"]
        there = self.admin.get("network", f"/quotas/{project}").json()["quota"]
        self.assertEqual(default, there)
        self.assertEqual(
            (100, 100, 500, 10, 50, 10, 100),
            tuple(
                default[name]
                for name in (
                    *("network", "subnet", "port", "router", "floatingip"),
                    *("security_group", "security_group_rule"),
                )
            ),
        )
        self.assertEqual(self.newer, "router_route" in default)
        path = f"/quotas/{project}"
        self.later(self.admin.delete, "network", path)
        self.expect(200, self.admin.put("network", path, {"quota": {"network": 1}}))
        self.network(project_id=project)
        body = {"network": {"name": self.prefix, "project_id": project}}
        self.refuse(409, "OverQuota", "/networks", body)
        details = self.admin.get("network", f"{path}/details").json()["quota"]
        self.assertEqual({"limit": 1, "used": 1, "reserved": 0}, details["network"])

    def test_extensions(self):
        found = self.admin.get("network", "/extensions").json()["extensions"]
        aliases = {each["alias"] for each in found}
        self.assertIn("extraroute-atomic", aliases)
        self.assertEqual(self.newer, "subnet-external-network" in aliases)
        self.assertEqual(111 if self.newer else 99, len(aliases))

    def test_versions(self):
        answer = self.admin.get("network", self.admin.root("network"))
        (version,) = self.expect(200, answer)["versions"]
        self.assertEqual(("v2.0", "CURRENT"), (version["id"], version["status"]))
