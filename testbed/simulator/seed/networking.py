# SPDX-License-Identifier: Apache-2.0
"""The seed's networks, routers, groups, ports and floating IPs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from testbed.openstack.seed.model import Port, Project, Router, SecurityGroup
from testbed.openstack.seed.plan_network import PUBLIC, PUBLIC_SUBNET
from testbed.simulator.neutron.routers import GATEWAY
from testbed.simulator.tables import Record

if TYPE_CHECKING:
    from testbed.simulator.cloud import SimulatedCloud


def public(cloud: SimulatedCloud) -> str:
    """The id of the network that an operator gives each cloud; made if need be."""
    for network in cloud.state.networks:
        if network["name"] == PUBLIC["name"]:
            return str(network["id"])
    neutron = cloud.services["network"]
    (admin,) = cloud.state.projects.by("name", "admin")
    network = neutron.make_network(admin["id"], PUBLIC)
    neutron.make_subnet(admin["id"], {**PUBLIC_SUBNET, "network_id": network["id"]})
    return str(network["id"])


class Networking:
    """The networking of one project; ids by name."""

    def __init__(self, cloud: SimulatedCloud, project_id: str, public_id: str) -> None:
        self._cloud = cloud
        self._neutron = cloud.services["network"]
        self._project = project_id
        self._public = public_id
        self.groups: dict[str, str] = {}
        self.networks: dict[str, str] = {}
        self.subnets: dict[str, str] = {}
        self.ports: dict[str, str] = {}

    def apply(self, project: Project) -> None:
        """Make all of it, in the order in which one needs the other."""
        for group in project.groups:
            self.groups[group.name] = self._group(group)
        for group in project.groups:
            self._rules(group)
        for network in project.networks:
            asked: Record = {"name": network.name, "description": network.description}
            made = self._neutron.make_network(self._project, asked)
            made["tags"] = sorted(network.tags)
            self.networks[network.name] = made["id"]
            for subnet in network.subnets:
                asked = {**subnet.fields, "name": subnet.name, "network_id": made["id"]}
                there = self._neutron.make_subnet(self._project, asked)
                self.subnets[subnet.name] = there["id"]
        if project.router:
            self._router(project.router)
        for port in project.ports:
            self._port(port)
        for address in project.floating_ips:
            self._neutron.make_floating_ip(
                self._project,
                {
                    "floating_network_id": self._public,
                    "floating_ip_address": address.address,
                    "description": address.description,
                    "port_id": self.ports[address.port] if address.port else None,
                },
            )

    def _group(self, group: SecurityGroup) -> str:
        if group.name == "default":
            return str(self._neutron.default_group(self._project))
        asked = {"name": group.name, "description": group.description}
        return str(self._neutron.make_group(self._project, asked)["id"])

    def _rules(self, group: SecurityGroup) -> None:
        key, rules = self.groups[group.name], self._cloud.state.security_group_rules
        if not group.open_egress:
            for rule in list(rules.by("security_group_id", key)):
                rules.remove(rule["id"])
        for rule in group.rules:
            asked: dict[str, Any] = asdict(rule)
            remote = asked.pop("remote_group")
            asked["remote_group_id"] = self.groups[remote] if remote else None
            asked["security_group_id"] = key
            self._neutron.make_rule(self._project, asked)

    def _router(self, router: Router) -> None:
        public_network = self._cloud.state.networks.rows[self._public]
        address = {
            "subnet_id": public_network["subnets"][0],
            "ip_address": router.address,
        }
        gateway = {"network_id": self._public, "external_fixed_ips": [address]}
        asked = {"name": router.name, GATEWAY: gateway}
        made = self._neutron.make_router(self._project, asked)
        for name in router.subnets:
            subnet = self._cloud.state.subnets.rows[self.subnets[name]]
            self._neutron.attach_subnet(made, subnet)
        made["routes"] = [{"destination": d, "nexthop": n} for d, n in router.routes]

    def _port(self, port: Port) -> None:
        ip = {"subnet_id": self.subnets[port.subnet], "ip_address": port.address}
        asked: Record = {
            "name": port.name,
            "network_id": self.networks[port.network],
            "mac_address": port.mac,
            "fixed_ips": [ip],
            "description": f"Made before its server, for {port.address}",
        }
        if port.groups is None:
            asked["port_security_enabled"] = False
        else:
            asked["security_groups"] = [self.groups[name] for name in port.groups]
            asked["allowed_address_pairs"] = [{"ip_address": p} for p in port.pairs]
        made = self._neutron.make_port(self._project, asked)
        self.ports[port.name] = made["id"]
