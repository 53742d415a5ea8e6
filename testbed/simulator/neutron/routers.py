# SPDX-License-Identifier: Apache-2.0
"""Routers, with their gateway and their static routes."""

from __future__ import annotations

import ipaddress
from typing import Any

from testbed.simulator.errors import bad, conflict
from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.neutron.filters import STANDARD
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

GATEWAY = "external_gateway_info"
OWNER = "network:router_gateway"
_SETTABLE = frozenset(
    f"""name description admin_state_up {GATEWAY} distributed ha routes flavor_id
    availability_zone_hints tags""".split()
)
_FILTERS = STANDARD | _SETTABLE


class Routers(NeutronBase):
    """``/v2.0/routers``."""

    def make_router(self, owner: str, asked: Record) -> Record:
        """A new router.

        :raises ApiError: 400, 404, 409
        """
        self.must_fit("router", owner)
        record = self.fresh(
            owner,
            **{
                "name": asked.get("name") or "",
                "admin_state_up": asked.get("admin_state_up", True),
                "status": "ACTIVE",
                GATEWAY: None,
                "description": asked.get("description") or "",
                "availability_zones": [],
                "distributed": bool(asked.get("distributed", False)),
                "ha": bool(asked.get("ha", False)),
                "availability_zone_hints": asked.get("availability_zone_hints") or [],
                "routes": [],
                "flavor_id": asked.get("flavor_id"),
            },
        )
        self.state.routers.add(record)
        if asked.get(GATEWAY):
            try:
                self._set_gateway(record, asked[GATEWAY])
            except BaseException:
                self.state.routers.remove(record["id"])
                raise
        return record

    def _set_gateway(self, router: Record, wanted: Record) -> None:
        network = self.state.networks.get(wanted.get("network_id"))
        if network is None or not network["router:external"]:
            raise bad(
                f"Bad router request: Network {wanted.get('network_id')} is not an "
                "external network.",
                "BadRequest",
            )
        old = router[GATEWAY]
        asked = wanted.get("external_fixed_ips")
        if old is None or old["network_id"] != network["id"] or asked:
            port = {
                "network_id": network["id"],
                "device_id": router["id"],
                "device_owner": OWNER,
                "fixed_ips": asked or None,
            }
            new = self.make_port("", port)
            for each in list(self.state.ports.by("device_id", router["id"])):
                if each["device_owner"] == OWNER and each["id"] != new["id"]:
                    self.remove_port(each["id"])
            ips = [dict(ip) for ip in new["fixed_ips"]]
        else:
            ips = old["external_fixed_ips"]
        router[GATEWAY] = {
            "network_id": network["id"],
            "external_fixed_ips": ips,
            "enable_snat": wanted.get("enable_snat", True),
        }

    def _clear_gateway(self, router: Record) -> None:
        for each in list(self.state.ports.by("device_id", router["id"])):
            if each["device_owner"] == OWNER:
                self.remove_port(each["id"])
        router[GATEWAY] = None

    def must_reach(self, router: Record, routes: list[Record]) -> None:
        """:raises ApiError: 400, a next hop is on none of its networks"""
        ranges = [
            ipaddress.ip_network(self.state.subnets.rows[ip["subnet_id"]]["cidr"])
            for port in self.state.ports.by("device_id", router["id"])
            for ip in port["fixed_ips"]
        ]
        for each in routes:
            hop = ipaddress.ip_address(each["nexthop"])
            if not any(hop in one for one in ranges):
                raise bad(
                    f"Invalid format for routes: {routes}, the nexthop is not "
                    "connected with router",
                    "InvalidRoutes",
                )

    # -- handlers ------------------------------------------------------------
    @route("POST /v2.0/routers")
    def create_router(self, call: Call) -> Any:
        asked = call.body("router")
        self.known(asked, _SETTABLE - {"routes"}, named=True)
        record = self.make_router(self.owner(call, asked), asked)
        return 201, {"router": record}

    @route("GET /v2.0/routers")
    def list_routers(self, call: Call) -> Any:
        return self.listed(call, "routers", _FILTERS, lambda r: r)

    @route("GET /v2.0/routers/{id}")
    def show_router(self, call: Call, key: str) -> Any:
        return {"router": self.one(call, "routers", key)}

    @route("PUT /v2.0/routers/{id}")
    def update_router(self, call: Call, key: str) -> Any:
        asked = dict(call.body("router"))
        self.known(asked, _SETTABLE, named=True)
        record = self.one(call, "routers", key)
        if asked.get("routes"):
            self.must_reach(record, asked["routes"])
        if GATEWAY in asked:
            wanted = asked.pop(GATEWAY)
            if wanted:
                self._set_gateway(record, wanted)
            else:
                self._clear_gateway(record)
        return {"router": self.touch("routers", key, **asked)}

    @route("DELETE /v2.0/routers/{id}")
    def delete_router(self, call: Call, key: str) -> None:
        record = self.one(call, "routers", key)
        owners = {p["device_owner"] for p in self.state.ports.by("device_id", key)}
        if owners - {OWNER}:
            raise conflict(f"Router {key} still has ports", "RouterInUse")
        self._clear_gateway(record)
        self.state.routers.remove(key)

    @route("PUT /v2.0/routers/{id}/add_extraroutes")
    def add_routes(self, call: Call, key: str) -> Any:
        record = self.one(call, "routers", key)
        asked = call.body("router", "routes")
        routes = [*record["routes"], *(r for r in asked if r not in record["routes"])]
        self.must_reach(record, asked)
        return {"router": self.touch("routers", key, routes=routes)}

    @route("PUT /v2.0/routers/{id}/remove_extraroutes")
    def remove_routes(self, call: Call, key: str) -> Any:
        record = self.one(call, "routers", key)
        asked = call.body("router", "routes")
        routes = [r for r in record["routes"] if r not in asked]
        return {"router": self.touch("routers", key, routes=routes)}
