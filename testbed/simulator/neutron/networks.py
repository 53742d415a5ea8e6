# SPDX-License-Identifier: Apache-2.0
"""Networks."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import ApiError, bad, conflict, forbidden
from testbed.simulator.neutron.base import (
    EVERYBODY,
    EXTERNAL,
    SHARED,
    NeutronBase,
    Shown,
)
from testbed.simulator.neutron.filters import STANDARD
from testbed.simulator.router import route
from testbed.simulator.service import Call, truth
from testbed.simulator.tables import Record
from testbed.simulator.words import words

PROVIDER = (
    "provider:network_type",
    "provider:physical_network",
    "provider:segmentation_id",
)
_SETTABLE = words(
    """name admin_state_up shared description mtu port_security_enabled router:external
    is_default availability_zone_hints qos_policy_id tags"""
)
_FILTERS = STANDARD | _SETTABLE | {*PROVIDER, "ipv4_address_scope", "subnets"}
_BY_POLICY = {"shared": SHARED, "router:external": EXTERNAL}
_TUNNEL_MTU, _FLAT_MTU = 1450, 1500
_TAGGED = ("vxlan", "vlan", "gre", "geneve")


class Networks(NeutronBase):
    """``/v2.0/networks``."""

    def make_network(self, owner: str, asked: Record) -> Record:
        """A new network.

        :raises ApiError: 400, 409
        """
        self.default_group(owner)
        self.must_fit("network", owner)
        record = self.fresh(
            owner,
            **{
                "name": asked.get("name", ""),
                "admin_state_up": asked.get("admin_state_up", True),
                "status": "ACTIVE",
                "subnets": [],
                "availability_zone_hints": asked.get("availability_zone_hints") or [],
                "availability_zones": [],
                "ipv4_address_scope": None,
                "ipv6_address_scope": None,
                "router:external": bool(asked.get("router:external", False)),
                "description": asked.get("description") or "",
                "port_security_enabled": asked.get("port_security_enabled", True),
                "qos_policy_id": asked.get("qos_policy_id"),
                "l2_adjacency": True,
            },
            **self._segment(asked),
        )
        most = _TUNNEL_MTU if _tunnel(record) else _FLAT_MTU
        record["mtu"] = asked.get("mtu") or most
        if record["mtu"] > most:
            raise bad(
                "Invalid input for operation: Requested MTU is too big, maximum is "
                f"{most}.",
                "InvalidInput",
            )
        if record["router:external"]:
            record["is_default"] = bool(asked.get("is_default", False))
        self.state.networks.add(record)
        for name, action in _BY_POLICY.items():
            self._set_reach(record, action, bool(asked.get(name, False)))
        return record

    def _set_reach(self, record: Record, action: str, everybody: bool) -> None:
        """Let everybody use it in that way, or nobody but its owner."""
        there = [p for p in self.policies_of(record["id"]) if p["action"] == action]
        if everybody and EVERYBODY not in self.targets(record["id"], action):
            owner = record["project_id"]
            self.add_policy(owner, "network", record["id"], action, EVERYBODY)
        for each in there if not everybody else ():
            if action == EXTERNAL or each["target_tenant"] == EVERYBODY:
                self.state.rbac_policies.remove(each["id"])

    def _shown(self, call: Call) -> Shown:
        """What a network looks like to the sender."""

        def shown(record: Record) -> Record:
            shared = self.reaches(record["id"], call.project_id, SHARED)
            return {**record, "shared": shared}

        return shown

    def _segment(self, asked: Record) -> Record:
        kind = asked.get("provider:network_type") or "vxlan"
        physical = asked.get("provider:physical_network")
        number = asked.get("provider:segmentation_id")
        if kind not in ("vxlan", "vlan", "flat", "local"):
            raise bad(
                "Invalid input for operation: provider:network_type "
                f"{kind} not supported.",
                "InvalidInput",
            )
        if kind == "flat" and not physical:
            raise bad(
                "Invalid input for operation: physical_network required for flat "
                "provider network.",
                "InvalidInput",
            )
        if number is None and kind in _TAGGED:
            number = self.state.random.randint(1, 4094 if kind == "vlan" else 99_999)
        for each in self.state.networks if physical else ():
            taken = [each[name] for name in PROVIDER]
            if taken == [kind, physical, number]:
                raise conflict(
                    f"Unable to create the flat network. Physical network {physical} "
                    "is in use.",
                    "FlatNetworkInUse",
                )
        return dict(zip(PROVIDER, (kind, physical, number), strict=True))

    @route("POST /v2.0/networks")
    def create_network(self, call: Call) -> Any:
        asked = call.body("network")
        self.known(asked, {*_SETTABLE, *PROVIDER}, named=True)
        mine_to_say = {*PROVIDER, "router:external", "shared"} & asked.keys()
        if not call.admin and any(asked[name] for name in mine_to_say):
            raise forbidden("rule:create_network is disallowed by policy")
        record = self.make_network(self.owner(call, asked), asked)
        # later only external ones say whether they are the default
        shown = {"is_default": False, **self._shown(call)(record)}
        return 201, {"network": self.seen(call, shown)}

    @route("GET /v2.0/networks")
    def list_networks(self, call: Call) -> Any:
        shown = self._shown(call)
        return self.listed(call, "networks", _FILTERS, shown, shared=True)

    @route("GET /v2.0/networks/{id}")
    def show_network(self, call: Call, key: str) -> Any:
        record = self.one(call, "networks", key, shared=True)
        return {"network": self.seen(call, self._shown(call)(record))}

    @route("PUT /v2.0/networks/{id}")
    def update_network(self, call: Call, key: str) -> Any:
        asked = call.body("network")
        self.known(asked, {*_SETTABLE, *PROVIDER}, named=True)
        record = self.one(call, "networks", key)
        for name, action in _BY_POLICY.items():
            if name in asked:
                asked[name] = truth(asked[name])
                self._set_reach(record, action, asked[name])
        asked.pop("shared", None)
        changed = self.touch("networks", key, **asked)
        return {"network": self.seen(call, self._shown(call)(changed))}

    @route("DELETE /v2.0/networks/{id}")
    def delete_network(self, call: Call, key: str) -> None:
        record = self.one(call, "networks", key)
        if self.state.ports.by("network_id", key):
            raise _in_use(key)
        for subnet in list(record["subnets"]):
            self.drop_subnet(subnet)
        self.state.networks.remove(key)
        self.forget_policies(key)


def _tunnel(record: Record) -> bool:
    return record["provider:network_type"] in ("vxlan", "gre", "geneve")


def _in_use(key: str) -> ApiError:
    return conflict(
        f"Unable to complete operation on network {key}. There are one or more ports "
        "still in use on the network.",
        "NetworkInUse",
    )
