# SPDX-License-Identifier: Apache-2.0
"""Makes the seed's networks, routers, groups, ports and floating IPs."""

from testbed.openstack.seed.plan_network import PUBLIC, PUBLIC_SUBNET

RULE_FIELDS = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
)


def public(admin):
    """The provider network that an operator gives each cloud. Returns its id."""
    network_id = _ensure(admin, "network", {"name": PUBLIC["name"]}, PUBLIC)
    _ensure(admin, "subnet", {"network_id": network_id}, PUBLIC_SUBNET)
    return network_id


class Networking:
    """The networking of one project; ids by name."""

    def __init__(self, admin, project, project_id, public_id):
        self.admin = admin
        self.project = project
        self.project_id = project_id
        self.public_id = public_id
        self.groups = {}
        self.networks = {}
        self.subnets = {}
        self.ports = {}

    def apply(self):
        """All of it, in the order in which one needs the other."""
        self._groups()
        self._networks()
        if self.project.router:
            self._router(self.project.router)
        for port in self.project.ports:
            self._port(port)
        for address in self.project.floating_ips:
            self._floating_ip(address)

    def _own(self, kind, name, **fields):
        mine = {"name": name, "project_id": self.project_id}
        return _ensure(self.admin, kind, mine, fields)

    # -- groups before rules, as rules name groups both ways
    def _groups(self):
        for group in self.project.groups:
            self.groups[group.name] = self._own(
                "security_group", group.name, description=group.description
            )
        for group in self.project.groups:
            self._rules(group)

    def _rules(self, group):
        group_id = self.groups[group.name]
        answer = self.admin.get("network", f"/security-groups/{group_id}")
        there = answer["security_group"]["security_group_rules"]
        wanted = [self._rule(rule, group_id) for rule in group.rules]
        keys = [_key(rule) for rule in wanted]
        if not group.open_egress:
            for rule in there:
                if rule["direction"] == "egress" and _key(rule) not in keys:
                    self.admin.delete("network", f"/security-group-rules/{rule['id']}")
        known = {_key(rule) for rule in there}
        new = [rule for rule in wanted if _key(rule) not in known]
        if new:
            body = {"security_group_rules": new}
            self.admin.post("network", "/security-group-rules", body)

    def _rule(self, rule, group_id):
        remote = rule.remote_group and self.groups[rule.remote_group]
        fields = {
            "security_group_id": group_id,
            "project_id": self.project_id,
            "remote_group_id": remote,
            "direction": rule.direction,
            "ethertype": rule.ethertype,
            "protocol": rule.protocol,
            "port_range_min": rule.port_range_min,
            "port_range_max": rule.port_range_max,
            "remote_ip_prefix": rule.remote_ip_prefix,
            "description": rule.description,
        }
        return {k: v for k, v in fields.items() if v is not None}

    def _networks(self):
        for network in self.project.networks:
            network_id = self._own(
                "network", network.name, description=network.description
            )
            self.networks[network.name] = network_id
            if network.tags:
                path = f"/networks/{network_id}/tags"
                self.admin.put("network", path, {"tags": list(network.tags)})
            for subnet in network.subnets:
                self.subnets[subnet.name] = self._own(
                    "subnet", subnet.name, network_id=network_id, **subnet.fields
                )

    def _router(self, router):
        public_subnet = next(
            self.admin.listing(
                "network", "/subnets", "subnets", network_id=self.public_id
            )
        )
        address = {"subnet_id": public_subnet["id"], "ip_address": router.address}
        router_id = self._own(
            "router",
            router.name,
            external_gateway_info={
                "network_id": self.public_id,
                "external_fixed_ips": [address],
            },
        )
        ports = self.admin.listing("network", "/ports", "ports", device_id=router_id)
        connected = {ip["subnet_id"] for port in ports for ip in port["fixed_ips"]}
        for name in router.subnets:
            if self.subnets[name] not in connected:
                path = f"/routers/{router_id}/add_router_interface"
                self.admin.put("network", path, {"subnet_id": self.subnets[name]})
        routes = [{"destination": d, "nexthop": n} for d, n in router.routes]
        body = {"router": {"routes": routes}}
        self.admin.put("network", f"/routers/{router_id}", body)

    def _port(self, port):
        fields = {
            "network_id": self.networks[port.network],
            "mac_address": port.mac,
            "fixed_ips": [
                {"subnet_id": self.subnets[port.subnet], "ip_address": port.address}
            ],
            "description": f"Made before its server, for {port.address}",
        }
        if port.groups is None:
            fields["port_security_enabled"] = False
        else:
            fields["security_groups"] = [self.groups[name] for name in port.groups]
            fields["allowed_address_pairs"] = [{"ip_address": p} for p in port.pairs]
        self.ports[port.name] = self._own("port", port.name, **fields)

    def _floating_ip(self, address):
        fields = {
            "floating_network_id": self.public_id,
            "description": address.description,
        }
        if address.port:
            fields["port_id"] = self.ports[address.port]
        mine = {
            "floating_ip_address": address.address,
            "project_id": self.project_id,
        }
        _ensure(self.admin, "floatingip", mine, fields)


def _ensure(admin, kind, key, fields):
    """The id of the one thing with this key, made if there is none."""
    path = "/" + kind.replace("_", "-") + "s"
    found = list(admin.listing("network", path, f"{kind}s", fields="id", **key))
    if found:
        return found[0]["id"]
    return admin.post("network", path, {kind: {**key, **fields}})[kind]["id"]


def _key(rule):
    # the API says "0.0.0.0/0" and None for the same
    anywhere = ("0.0.0.0/0", "::/0")
    values = [rule.get(name) for name in RULE_FIELDS]
    return tuple(
        None if v in anywhere else None if v is None else str(v) for v in values
    )
