# SPDX-License-Identifier: Apache-2.0
"""The contract of Neutron: what one release takes and the other refuses."""

from __future__ import annotations

from tests.contract.base import Contract

NOBODY = "00000000-0000-0000-0000-000000000000"
OWNER = "network:router_interface"


class Refusals(Contract):
    """Names, pairs, tags, ranges; and what a port of a router may be."""

    @property
    def strict(self) -> int:
        """What the older release takes, and the newer refuses."""
        return 400 if self.newer else 201

    def post(self, key, **body):
        path = f"/{key}s"
        answer = self.admin.post("network", path, {key: body})
        if answer.status_code == 201:
            made = answer.json()[key]
            self.later(self.admin.delete, "network", f"{path}/{made['id']}")
        return answer

    def put(self, path, key, **body):
        return self.admin.put("network", path, {key: body})

    def port(self, network, **more):
        return self.make("network", "/ports", "port", network_id=network["id"], **more)

    # -- names ---------------------------------------------------------------
    def test_names(self):
        for name in (f"{self.prefix} ", f" {self.prefix}", f"{self.prefix}\tx", "\n"):
            self.expect(self.strict, self.post("network", name=name))
        for name in (f"{self.prefix} x", f"{self.prefix}\n", f"{self.prefix}é"):
            self.expect(201, self.post("network", name=name))

    def test_names_of_nobody(self):
        """A name is looked at before what it is for: so it can be asked about."""
        kinds = {"network": {}, "subnet": {}, "port": {}, "router": {}}
        for key in kinds:
            path = f"/{key}s/{NOBODY}"
            odd = 400 if self.newer else 404
            self.refused(odd, self.put(path, key, name="x "))
            self.refused(404, self.put(path, key, name="x"))

    def test_names_of_groups_and_descriptions(self):
        path = "/security-groups"
        self.make("network", path, "security_group", name=f"{self.prefix} ")
        self.network(description="two\nlines ")

    # -- pairs, tags, ranges -------------------------------------------------
    def test_multicast_pairs(self):
        network = self.network()
        extensions = self.admin.get("network", "/extensions").json()["extensions"]
        announced = "aap-reject-multicast" in {each["alias"] for each in extensions}
        self.assertEqual(self.newer, announced)
        for pair in (
            {"ip_address": "224.0.0.18"},
            {"ip_address": "192.0.0.0/2"},
            {"ip_address": "::/0"},
            {"ip_address": "10.90.0.9", "mac_address": "01:00:5e:00:00:12"},
        ):
            body = {"network_id": network["id"], "allowed_address_pairs": [pair]}
            self.expect(self.strict, self.post("port", **body))
        everything = [{"ip_address": "0.0.0.0/0"}]
        self.port(network, allowed_address_pairs=everything)

    def test_many_tags(self):
        network = self.network()
        path = f"/networks/{network['id']}/tags"
        tags = [f"t{n}" for n in range(51)]
        answer = self.admin.put("network", path, {"tags": tags})
        self.expect(400 if self.newer else 200, answer)
        self.expect(200, self.admin.put("network", path, {"tags": tags[:50]}))

    def test_ranges(self):
        network = self.network()
        nothing = {"cidr": "::/64", "ip_version": 6, "network_id": network["id"]}
        self.expect(self.strict, self.post("subnet", **nothing))
        single = {"cidr": "fd92::1/128", "ip_version": 6, "enable_dhcp": False}
        made = self.subnet(network, **single)
        pools = [{"start": "fd92::1", "end": "fd92::1"}]
        self.assertEqual(pools, made["allocation_pools"])
        said = {**single, "cidr": "fd92::2/128", "network_id": network["id"]}
        pools = [{"start": "fd92::2", "end": "fd92::2"}]
        self.refused(
            400,
            self.post("subnet", **said, allocation_pools=pools),
            "OutOfBoundsAllocationPool",
        )
        pair = {"cidr": "10.92.0.0/31", "enable_dhcp": False, "gateway_ip": None}
        made = self.subnet(network, **pair)
        pools = [{"start": "10.92.0.0", "end": "10.92.0.1"}]
        self.assertEqual(pools, made["allocation_pools"])

    # -- ports of routers ----------------------------------------------------
    def test_an_operators_own_port(self):
        network, group = self.network(), self._group()
        subnet = self.subnet(network)
        ips = [{"subnet_id": subnet["id"], "ip_address": "10.90.0.7"}]
        options = [{"opt_name": "mtu", "opt_value": "1400", "ip_version": 4}]
        asked = {"fixed_ips": ips, "device_owner": OWNER, "extra_dhcp_opts": options}
        port = self.port(network, **asked, port_security_enabled=True)
        self.assertFalse(port["port_security_enabled"])
        self.assertEqual(options, port["extra_dhcp_opts"])
        security = {
            "port_security_enabled": True,
            "security_groups": [group["id"]],
            "allowed_address_pairs": [
                {"ip_address": "10.90.0.9", "mac_address": port["mac_address"]}
            ],
        }
        path = f"/ports/{port['id']}"
        self.expect(200, self.put(path, "port", **security))
        router = self.make("network", "/routers", "router", name=self.prefix)
        there = f"/routers/{router['id']}"
        body = {"port_id": port["id"]}
        self.expect(
            200, self.admin.put("network", f"{there}/add_router_interface", body)
        )
        now = self.admin.get("network", path).json()["port"]
        self.assertEqual(security, {k: now[k] for k in security})
        self.assertEqual(port["mac_address"], now["mac_address"])
        self.refused(
            409,
            self.put(path, "port", mac_address="fa:16:3e:aa:bb:99"),
            "UnsupportedPortDeviceOwner",
        )
        self.expect(
            200, self.admin.put("network", f"{there}/remove_router_interface", body)
        )

    def test_a_port_that_may_have_any_address_keeps_its_own(self):
        network = self.network()
        subnet = self.subnet(network)
        ips = [{"subnet_id": subnet["id"], "ip_address": "10.90.0.7"}]
        port = self.port(network, fixed_ips=ips, device_owner="network:dhcp")
        path = f"/ports/{port['id']}"
        any_ = [{"subnet_id": subnet["id"]}]
        now = self.expect(200, self.put(path, "port", fixed_ips=any_))["port"]
        self.assertEqual(ips, now["fixed_ips"])
        ips = [{"subnet_id": subnet["id"], "ip_address": "10.90.0.8"}]
        now = self.expect(200, self.put(path, "port", fixed_ips=ips))["port"]
        self.assertEqual(ips, now["fixed_ips"])

    def _group(self):
        path = "/security-groups"
        return self.make("network", path, "security_group", name=self.prefix)
