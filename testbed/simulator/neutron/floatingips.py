# SPDX-License-Identifier: Apache-2.0
"""Floating IPs."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import bad, conflict, missing
from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.neutron.filters import STANDARD
from testbed.simulator.neutron.routers import GATEWAY
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record
from testbed.simulator.words import words

OWNER = "network:floatingip"
_SETTABLE = words(
    """floating_network_id floating_ip_address subnet_id port_id fixed_ip_address
    description qos_policy_id tags dns_name dns_domain"""
)
_FILTERS = (STANDARD | _SETTABLE | {"router_id"}) - {"name", "subnet_id"}
_PORT = (
    "name",
    "network_id",
    "mac_address",
    "admin_state_up",
    "status",
    "device_id",
    "device_owner",
)


class FloatingIps(NeutronBase):
    """``/v2.0/floatingips``."""

    def make_floating_ip(self, owner: str, asked: Record) -> Record:
        """A new floating IP, associated at once if a port is asked for.

        :raises ApiError: 400, 404, 409
        """
        self.must_fit("floatingip", owner)
        network = self.state.networks.get(asked.get("floating_network_id"))
        if network is None:
            raise missing(
                f"Network {asked.get('floating_network_id')} could not be found.",
                "NetworkNotFound",
            )
        if not network["router:external"]:
            raise bad(
                f"Bad floatingip request: Network {network['id']} is not a valid "
                "external network.",
                "BadRequest",
            )
        wanted = {
            "subnet_id": asked.get("subnet_id"),
            "ip_address": asked.get("floating_ip_address"),
        }
        wanted = {name: value for name, value in wanted.items() if value}
        way = self._way(asked, network["id"]) if asked.get("port_id") else {}
        record = self.fresh(
            owner,
            floating_network_id=network["id"],
            router_id=None,
            port_id=None,
            fixed_ip_address=None,
            status="DOWN",
            qos_policy_id=asked.get("qos_policy_id"),
            port_details=None,
            port_forwardings=[],
        )
        port = self.make_port(
            "",
            {
                "network_id": network["id"],
                "device_id": record["id"],
                "device_owner": OWNER,
                "fixed_ips": [wanted] if wanted else self._first_ipv4(network),
            },
        )
        record["floating_ip_address"] = port["fixed_ips"][0]["ip_address"]
        record["description"] = asked.get("description") or ""
        record.update(way)
        return self.state.floatingips.add(record)

    def _first_ipv4(self, network: Record) -> list[Record]:
        for each in network["subnets"]:
            if self.state.subnets.rows[each]["ip_version"] == 4:
                return [{"subnet_id": each}]
        raise conflict(
            f"No more IP addresses available on network {network['id']}.",
            "IpAddressGenerationFailure",
        )

    def associate(self, key: str, port_id: str | None, address: str | None) -> Record:
        """Have it lead to that port, or nowhere.

        :raises ApiError: 400, 404, 409
        """
        record = self.state.floatingips.rows[key]
        way = {"port_id": None, "fixed_ip_address": None, "router_id": None}
        if port_id:
            asked = {"port_id": port_id, "fixed_ip_address": address}
            way = self._way(asked, record["floating_network_id"], key)
        return self.touch("floatingips", key, **way)

    def _way(self, asked: Record, network_id: str, key: str = "") -> Record:
        port = self.state.ports.get(asked["port_id"])
        if port is None:
            raise missing(
                f"Port {asked['port_id']} could not be found.", "PortNotFound"
            )
        ips = [ip for ip in port["fixed_ips"] if ":" not in ip["ip_address"]]
        wanted = asked.get("fixed_ip_address")
        ips = [ip for ip in ips if not wanted or ip["ip_address"] == wanted]
        if not ips:
            raise bad(
                f"Bad floatingip request: Port {port['id']} does not have fixed ip "
                f"{wanted}.",
                "BadRequest",
            )
        if len(ips) > 1:
            raise bad(
                f"Bad floatingip request: Port {port['id']} has multiple fixed IPv4 "
                "addresses.",
                "BadRequest",
            )
        for other in self.state.floatingips.by("port_id", port["id"]):
            same = other["fixed_ip_address"] == ips[0]["ip_address"]
            if other["id"] != key and same:
                raise conflict(
                    f"Cannot associate floating IP with port {port['id']} using fixed "
                    f"IP {ips[0]['ip_address']}, as that fixed IP already has a "
                    "floating IP.",
                    "FloatingIPPortAlreadyAssociated",
                )
        return {
            "port_id": port["id"],
            "fixed_ip_address": ips[0]["ip_address"],
            "router_id": self._router(ips[0]["subnet_id"], network_id, port["id"]),
        }

    def _router(self, subnet_id: str, network_id: str, port_id: str) -> str:
        subnet = self.state.subnets.rows[subnet_id]
        for port in self.state.ports.by("network_id", subnet["network_id"]):
            if port["device_owner"] != "network:router_interface":
                continue
            if any(ip["subnet_id"] == subnet_id for ip in port["fixed_ips"]):
                router = self.state.routers.rows[port["device_id"]]
                gateway = router[GATEWAY]
                if gateway and gateway["network_id"] == network_id:
                    return str(router["id"])
        raise missing(
            f"External network {network_id} is not reachable from subnet {subnet_id}. "
            f"Therefore, cannot associate Port {port_id} with a Floating IP.",
            "ExternalGatewayForFloatingIPNotFound",
        )

    def floating_ip_shown(self, record: Record) -> Record:
        """With what it tells of its port."""
        port = self.state.ports.get(record["port_id"])
        details = {name: port[name] for name in _PORT} if port else None
        return {**record, "port_details": details}

    # -- handlers ------------------------------------------------------------
    @route("POST /v2.0/floatingips")
    def create_floating_ip(self, call: Call) -> Any:
        asked = call.body("floatingip")
        self.known(asked, _SETTABLE)
        record = self.make_floating_ip(self.owner(call, asked), asked)
        return 201, {"floatingip": self.floating_ip_shown(record)}

    @route("GET /v2.0/floatingips")
    def list_floating_ips(self, call: Call) -> Any:
        return self.listed(call, "floatingips", _FILTERS, self.floating_ip_shown)

    @route("GET /v2.0/floatingips/{id}")
    def show_floating_ip(self, call: Call, key: str) -> Any:
        record = self.one(call, "floatingips", key)
        return {"floatingip": self.floating_ip_shown(record)}

    @route("PUT /v2.0/floatingips/{id}")
    def update_floating_ip(self, call: Call, key: str) -> Any:
        record = self.one(call, "floatingips", key)
        asked = call.body("floatingip")
        self.known(asked, _SETTABLE)
        if "port_id" in asked:
            self.associate(key, asked["port_id"], asked.get("fixed_ip_address"))
        if "description" in asked:
            self.touch("floatingips", key, description=asked["description"])
        return {"floatingip": self.floating_ip_shown(record)}

    @route("DELETE /v2.0/floatingips/{id}")
    def delete_floating_ip(self, call: Call, key: str) -> None:
        self.one(call, "floatingips", key)
        for port in list(self.state.ports.by("device_id", key)):
            self.remove_port(port["id"])
        self.state.floatingips.remove(key)
