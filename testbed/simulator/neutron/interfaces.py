# SPDX-License-Identifier: Apache-2.0
"""Router interfaces: a router's ports on its project's networks."""

from __future__ import annotations

import ipaddress
from typing import Any

from testbed.simulator.errors import bad, conflict, missing
from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

OWNER = "network:router_interface"


class Interfaces(NeutronBase):
    """``add_router_interface`` and ``remove_router_interface``."""

    def attach_subnet(self, router: Record, subnet: Record) -> Record:
        """The port by which *router* is on *subnet* from now on.

        :raises ApiError: 400
        """
        if not subnet["gateway_ip"]:
            raise bad(
                "Bad router request: Subnet for router interface must have a gateway "
                "IP.",
                "BadRequest",
            )
        self._must_not_overlap(router, subnet)
        address = {"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}
        if subnet["ip_version"] == 6:
            shared = self._ipv6_port(router, subnet["network_id"])
            if shared is not None:
                ips = [*shared["fixed_ips"], address]
                return self.readdress(shared["id"], ips)
        return self.make_port(
            router["project_id"],
            {
                "network_id": subnet["network_id"],
                "device_id": router["id"],
                "device_owner": OWNER,
                "fixed_ips": [address],
            },
        )

    def _ipv6_port(self, router: Record, network_id: str) -> Record | None:
        for port in self.state.ports.by("device_id", router["id"]):
            here = port["network_id"] == network_id and port["device_owner"] == OWNER
            if here and all(":" in ip["ip_address"] for ip in port["fixed_ips"]):
                return port
        return None

    def _must_not_overlap(self, router: Record, subnet: Record) -> None:
        cidr = ipaddress.ip_network(subnet["cidr"])
        for port in self.state.ports.by("device_id", router["id"]):
            for ip in port["fixed_ips"]:
                other = self.state.subnets.rows[ip["subnet_id"]]
                if other["id"] == subnet["id"]:
                    raise bad(
                        "Bad router request: Router already has a port on subnet "
                        f"{subnet['id']}.",
                        "BadRequest",
                    )
                there = ipaddress.ip_network(other["cidr"])
                if there.version == cidr.version and there.overlaps(cidr):
                    raise bad(
                        f"Bad router request: Cidr {cidr} of subnet {subnet['id']} "
                        f"overlaps with cidr {there} of subnet {other['id']}.",
                        "BadRequest",
                    )

    @route("PUT /v2.0/routers/{id}/add_router_interface")
    def add_interface(self, call: Call, key: str) -> Any:
        router = self.one(call, "routers", key)
        asked = call.body()
        if ("subnet_id" in asked) == ("port_id" in asked):
            raise bad(
                "Bad router request: Either subnet_id or port_id must be specified.",
                "BadRequest",
            )
        if "subnet_id" in asked:
            subnet = self.one(call, "subnets", asked["subnet_id"])
            port = self.attach_subnet(router, subnet)
            return self._said(router, port, subnet["id"])
        port = self.one(call, "ports", asked["port_id"])
        if port["device_id"]:
            raise conflict(
                f"Unable to complete operation on port {port['id']} for network "
                f"{port['network_id']}. Port already has an attached device "
                f"{port['device_id']}.",
                "PortInUse",
            )
        if not port["fixed_ips"]:
            raise bad(
                "Bad router request: Router port must have at least one fixed IP.",
                "BadRequest",
            )
        for ip in port["fixed_ips"]:
            self._must_not_overlap(router, self.state.subnets.rows[ip["subnet_id"]])
        self.touch("ports", port["id"], device_id=key, device_owner=OWNER)
        return self._said(router, port, port["fixed_ips"][0]["subnet_id"])

    @route("PUT /v2.0/routers/{id}/remove_router_interface")
    def remove_interface(self, call: Call, key: str) -> Any:
        router, asked = self.one(call, "routers", key), call.body()
        for port in list(self.state.ports.by("device_id", key)):
            subnets = [ip["subnet_id"] for ip in port["fixed_ips"]]
            named = asked.get("port_id", port["id"]) == port["id"]
            on = asked.get("subnet_id", subnets[0] if subnets else None) in subnets
            if port["device_owner"] != OWNER or not named or not on:
                continue
            subnet = asked.get("subnet_id") or subnets[0]
            self._must_not_be_needed(router, subnet)
            said = self._said(router, port, subnet)
            if "port_id" in asked or len(subnets) == 1:
                self.drop_port(port["id"])
            else:
                left = [ip for ip in port["fixed_ips"] if ip["subnet_id"] != subnet]
                self.readdress(port["id"], left)
            return said
        if "port_id" in asked:
            raise missing(
                f"Router {key} does not have an interface with id {asked['port_id']}",
                "RouterInterfaceNotFound",
            )
        raise missing(
            f"Router {key} has no interface on subnet {asked.get('subnet_id')}",
            "RouterInterfaceNotFoundForSubnet",
        )

    def _must_not_be_needed(self, router: Record, subnet_id: str) -> None:
        cidr = ipaddress.ip_network(self.state.subnets.rows[subnet_id]["cidr"])
        if any(ipaddress.ip_address(r["nexthop"]) in cidr for r in router["routes"]):
            raise conflict(
                f"Router interface for subnet {subnet_id} on router {router['id']} "
                "cannot be deleted, as it is required by one or more routes.",
                "RouterInterfaceInUseByRoute",
            )
        for each in self.state.floatingips.by("project_id", router["project_id"]):
            address = each["fixed_ip_address"]
            if each["router_id"] != router["id"] or not address:
                continue
            if ipaddress.ip_address(address) in cidr:
                raise conflict(
                    f"Router interface for subnet {subnet_id} on router "
                    f"{router['id']} cannot be deleted, as it is required by one or "
                    "more floating IPs.",
                    "RouterInterfaceInUseByFloatingIP",
                )

    def _said(self, router: Record, port: Record, subnet_id: str) -> Record:
        return {
            "id": router["id"],
            "project_id" if self.cloud.release.newer else "tenant_id": router[
                "project_id"
            ],
            "port_id": port["id"],
            "network_id": port["network_id"],
            "subnet_id": subnet_id,
            "subnet_ids": [ip["subnet_id"] for ip in port["fixed_ips"]]
            if subnet_id in [ip["subnet_id"] for ip in port["fixed_ips"]][:1]
            else [subnet_id],
        }
