# SPDX-License-Identifier: Apache-2.0
"""Ports."""

from __future__ import annotations

import re
from typing import Any

from testbed.simulator.errors import bad, conflict, forbidden
from testbed.simulator.neutron.addresses import Addresses
from testbed.simulator.neutron.filters import STANDARD
from testbed.simulator.neutron.values import must_be_unicast
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record
from testbed.simulator.words import words

_SETTABLE = words(
    """name network_id admin_state_up mac_address fixed_ips device_id device_owner
    security_groups description port_security_enabled allowed_address_pairs
    extra_dhcp_opts binding:vnic_type binding:profile binding:host_id qos_policy_id
    tags numa_affinity_policy device_profile"""
)
_FILTERS = STANDARD | _SETTABLE | {"ip_allocation", "binding:vif_type"}
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_PLACES = ("network:router_interface", "network:router_gateway", "network:floatingip")


class Ports(Addresses):
    """``/v2.0/ports``."""

    def make_port(self, owner: str, asked: Record) -> Record:
        """A new port.

        :raises ApiError: 400, 409
        """
        network = self.state.networks.rows[asked["network_id"]]
        default = self.default_group(owner) if owner else ""
        if owner:  # ports of gateways and floating IPs are nobody's
            self.must_fit("port", owner)
        device = asked.get("device_owner") or ""
        routers = device.startswith("network:")
        secure = asked.get("port_security_enabled")
        if secure is None:
            secure = network["port_security_enabled"]
        secure = secure and not routers  # whatever is asked for: it may be set later
        groups = asked.get("security_groups")
        if groups is None:
            groups = [default] if secure and default and not routers else []
        self._must_know(groups, secure, asked)
        mac = self._mac(asked.get("mac_address"), network["id"])
        record = self.fresh(
            owner,
            **{
                "name": asked.get("name") or "",
                "network_id": network["id"],
                "mac_address": mac,
                "admin_state_up": asked.get("admin_state_up", True),
                "status": "N/A" if device == "network:floatingip" else "DOWN",
                "device_id": asked.get("device_id") or "",
                "device_owner": device,
                "fixed_ips": self.allocated(
                    network, asked.get("fixed_ips"), mac, of_router=routers
                ),
                "allowed_address_pairs": self._pairs(asked, mac),
                "extra_dhcp_opts": [
                    {"ip_version": 4, **each}
                    for each in asked.get("extra_dhcp_opts") or ()
                ],
                "security_groups": list(groups),
                "description": asked.get("description") or "",
                "binding:vnic_type": asked.get("binding:vnic_type") or "normal",
                "binding:profile": asked.get("binding:profile") or {},
                "binding:host_id": asked.get("binding:host_id") or "",
                "binding:vif_type": "unbound",
                "binding:vif_details": {},
                "port_security_enabled": secure,
                "qos_policy_id": None,
                "qos_network_policy_id": None,
                "ip_allocation": "immediate",
                "resource_request": None,
            },
        )
        return self.add_port(record)

    def bind_port(self, key: str, server_id: str, zone: str, host: str) -> None:
        """A server on that host has it now; nothing: it is free again."""
        bound: Record = {
            "port_filter": True,
            "bridge_name": "br-int",
            "ovs_hybrid_plug": False,
            "connectivity": "l2",
            "bound_drivers": {"0": "testbed"},
        }
        values: Record = {
            "device_id": server_id,
            "device_owner": f"compute:{zone}" if server_id else "",
            "binding:host_id": host,
            "binding:vif_type": "ovs" if host else "unbound",
            "binding:vif_details": bound if host else {},
            "status": "ACTIVE" if host else "DOWN",
        }
        if key in self.state.ports:
            self.touch("ports", key, **values)

    def drop_port(self, key: str) -> None:
        """Away with it; floating IPs that led to it lead nowhere."""
        self.remove_port(key)
        for each in list(self.state.floatingips.by("port_id", key)):
            self.associate(each["id"], None, None)

    def _must_know(self, groups: list[str], secure: bool, asked: Record) -> None:
        if groups and not secure:
            raise bad(
                "Port security must be enabled and port must have an IP address in "
                "order to use security groups.",
                "PortSecurityAndIPRequiredForSecurityGroups",
            )
        if asked.get("allowed_address_pairs") and not secure:
            raise conflict(
                "Port Security must be enabled in order to have allowed address pairs "
                "on a port.",
                "AddressPairAndPortSecurityRequired",
            )
        for each in groups:
            if each not in self.state.security_groups:
                from testbed.simulator.errors import missing

                raise missing(
                    f"Security group {each} does not exist.", "SecurityGroupNotFound"
                )

    def _pairs(self, asked: Record, mac: str) -> list[Record]:
        pairs = asked.get("allowed_address_pairs") or ()
        if self.cloud.release.newer:
            must_be_unicast(pairs)
        return [
            {
                "ip_address": pair["ip_address"],
                "mac_address": pair.get("mac_address") or mac,
            }
            for pair in pairs
        ]

    def _mac(self, asked: str | None, network_id: str) -> str:
        while not asked:  # tried again, as Neutron does, if it happens to be taken
            tail = self.state.random.randbytes(3)
            mac = "fa:16:3e:" + ":".join(f"{byte:02x}" for byte in tail)
            there = self.state.ports.by("mac_address", mac)
            if all(port["network_id"] != network_id for port in there):
                return mac
        if not _MAC.fullmatch(asked):
            raise bad(
                "Invalid input for mac_address. Reason: "
                f"'{asked}' is not a valid MAC address."
            )
        mac = asked.lower()
        for port in self.state.ports.by("mac_address", mac):
            if port["network_id"] == network_id:
                raise conflict(
                    f"Unable to complete operation for network {network_id}. The mac "
                    f"address {mac} is in use.",
                    "MacAddressInUse",
                )
        return mac

    # -- handlers ------------------------------------------------------------
    @route("POST /v2.0/ports")
    def create_port(self, call: Call) -> Any:
        asked = call.body("port")
        self.known(asked, _SETTABLE, named=True)
        if not asked.get("network_id"):
            raise bad("Failed to parse request. Required attribute 'network_id'")
        network = self.one(call, "networks", asked["network_id"], shared=True)
        _must_be_allowed(call, network, asked)
        record = self.make_port(self.owner(call, asked), asked)
        record["tags"] = list(asked.get("tags") or ())
        return 201, {"port": self.seen(call, record)}

    @route("GET /v2.0/ports")
    def list_ports(self, call: Call) -> Any:
        return self.listed(call, "ports", _FILTERS, lambda r: r)

    @route("GET /v2.0/ports/{id}")
    def show_port(self, call: Call, key: str) -> Any:
        return {"port": self.seen(call, self.one(call, "ports", key))}

    @route("PUT /v2.0/ports/{id}")
    def update_port(self, call: Call, key: str) -> Any:
        asked = dict(call.body("port"))
        self.known(asked, _SETTABLE - {"network_id"}, named=True)
        record = self.one(call, "ports", key)
        if "mac_address" in asked and record["device_owner"] in _PLACES:
            raise conflict(
                "Operation mac address update is not supported for device_owner "
                f"{record['device_owner']} on port {key}.",
                "UnsupportedPortDeviceOwner",
            )
        network = self.state.networks.rows[record["network_id"]]
        _must_be_allowed(call, network, asked)
        if "fixed_ips" in asked:
            mac, wanted = record["mac_address"], asked.pop("fixed_ips")
            self.readdress(key, self.allocated(network, wanted, mac, port_id=key))
        if asked.get("security_groups"):
            secure = asked.get("port_security_enabled", record["port_security_enabled"])
            self._must_know(asked["security_groups"], secure, {})
        if "allowed_address_pairs" in asked:
            asked["allowed_address_pairs"] = self._pairs(asked, record["mac_address"])
        return {"port": self.seen(call, self.touch("ports", key, **asked))}

    @route("DELETE /v2.0/ports/{id}")
    def delete_port(self, call: Call, key: str) -> None:
        record = self.one(call, "ports", key)
        if record["device_owner"] in _PLACES and record["device_id"]:
            raise conflict(
                f"Port {key} cannot be deleted directly via the port API: has device "
                f"owner {record['device_owner']}.",
                "ServicePortInUse",
            )
        self.drop_port(key)


def _must_be_allowed(call: Call, network: Record, asked: Record) -> None:
    """:raises ApiError: 403, on others' networks such a port would be trusted"""
    trusted = str(asked.get("device_owner") or "").startswith("network:")
    if trusted and not call.sees(network["project_id"]):
        raise forbidden("rule:create_port:device_owner is disallowed by policy")
