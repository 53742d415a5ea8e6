# SPDX-License-Identifier: Apache-2.0
"""Subnets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from testbed.simulator.errors import bad, conflict
from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.neutron.filters import STANDARD
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record
from testbed.simulator.words import words

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_UPDATABLE = words(
    """name description gateway_ip allocation_pools enable_dhcp dns_nameservers
    host_routes service_types segment_id"""
)
_SETTABLE = _UPDATABLE | words(
    """network_id cidr ip_version ipv6_address_mode ipv6_ra_mode subnetpool_id tags"""
)
_FILTERS = (STANDARD | _SETTABLE | {"router:external"}) - {"status"}
_OWN = ("network:router_interface", "network:router_gateway", "network:floatingip")


class Subnets(NeutronBase):
    """``/v2.0/subnets``."""

    def make_subnet(self, owner: str, asked: Record) -> Record:
        """A new subnet.

        :raises ApiError: 400, 409
        """
        self.must_fit("subnet", owner)
        network = self.state.networks.rows[asked["network_id"]]
        cidr = self._range(asked, network)
        slaac = asked.get("ipv6_address_mode") in ("slaac", "dhcpv6-stateless")
        gateway = asked.get("gateway_ip", _first(cidr, slaac))
        record = self.fresh(
            owner,
            name=asked.get("name") or "",
            network_id=network["id"],
            ip_version=cidr.version,
            subnetpool_id=None,
            enable_dhcp=asked.get("enable_dhcp", True),
            ipv6_ra_mode=asked.get("ipv6_ra_mode"),
            ipv6_address_mode=asked.get("ipv6_address_mode"),
            gateway_ip=gateway,
            cidr=str(cidr),
            allocation_pools=asked.get("allocation_pools") or _pools(cidr, gateway),
            host_routes=asked.get("host_routes") or [],
            dns_nameservers=asked.get("dns_nameservers") or [],
            service_types=asked.get("service_types") or [],
            segment_id=asked.get("segment_id"),
        )
        record["description"] = asked.get("description") or ""
        if self.cloud.release.external_subnets:
            record["router:external"] = network["router:external"]
        network["subnets"].append(record["id"])
        return self.state.subnets.add(record)

    def drop_subnet(self, subnet_id: str) -> None:
        """Away with it, whatever uses it."""
        record = self.state.subnets.remove(subnet_id)
        if record is not None:
            self.state.networks.rows[record["network_id"]]["subnets"].remove(subnet_id)

    def _range(self, asked: Record, network: Record) -> Network:
        try:
            cidr = ipaddress.ip_network(str(asked.get("cidr")), strict=False)
        except ValueError:
            raise bad(
                f"Invalid input for cidr. Reason: '{asked.get('cidr')}' is not a valid "
                "IP subnet."
            ) from None
        if int(asked.get("ip_version") or cidr.version) != cidr.version:
            raise bad(
                "Invalid input for operation: Cannot create IPv6 subnet with IPv4 cidr",
                "InvalidInput",
            )
        if self.cloud.release.newer and cidr.version == 6 and not int(cidr[0]):
            raise bad(
                "Invalid input for operation: IPv6 subnet '::' is not supported.",
                "InvalidInput",
            )
        self._must_fit_in(asked.get("allocation_pools") or (), cidr)
        for other in network["subnets"]:
            there = ipaddress.ip_network(self.state.subnets.rows[other]["cidr"])
            if there.version == cidr.version and there.overlaps(cidr):
                raise bad(
                    f"Invalid input for operation: Requested subnet with cidr: {cidr} "
                    f"for network: {network['id']} overlaps with another subnet.",
                    "InvalidInput",
                )
        return cidr

    def _must_fit_in(self, pools: Iterable[Record], cidr: Network) -> None:
        """The ends of an IPv4 range, and the beginning of an IPv6 one, are no guest's.

        Neither release takes a pool with them, not even the one of a single address.
        """
        for pool in pools:
            low, high = (ipaddress.ip_address(pool[end]) for end in ("start", "end"))
            first = low == cidr[0] and (cidr.version == 6 or cidr.prefixlen < 31)
            last = high == cidr[-1] and cidr.version == 4 and cidr.prefixlen < 31
            if first or last or low not in cidr or high not in cidr:
                raise bad(
                    f"The allocation pool {low}-{high} spans beyond the subnet cidr "
                    f"{cidr}.",
                    "OutOfBoundsAllocationPool",
                )

    @route("POST /v2.0/subnets")
    def create_subnet(self, call: Call) -> Any:
        asked = call.body("subnet")
        self.known(asked, _SETTABLE, named=True)
        if not asked.get("network_id"):
            raise bad("Failed to parse request. Required attribute 'network_id'")
        self.one(call, "networks", asked["network_id"])
        return 201, {"subnet": self.make_subnet(self.owner(call, asked), asked)}

    @route("GET /v2.0/subnets")
    def list_subnets(self, call: Call) -> Any:
        return self.listed(call, "subnets", _FILTERS, lambda r: r)

    @route("GET /v2.0/subnets/{id}")
    def show_subnet(self, call: Call, key: str) -> Any:
        return {"subnet": self.one(call, "subnets", key)}

    @route("PUT /v2.0/subnets/{id}")
    def update_subnet(self, call: Call, key: str) -> Any:
        asked = call.body("subnet")
        self.known(asked, _UPDATABLE, named=True)
        self.one(call, "subnets", key)
        return {"subnet": self.touch("subnets", key, **asked)}

    @route("DELETE /v2.0/subnets/{id}")
    def delete_subnet(self, call: Call, key: str) -> None:
        record = self.one(call, "subnets", key)
        for port in self.state.ports.by("network_id", record["network_id"]):
            if any(ip["subnet_id"] == key for ip in port["fixed_ips"]):
                raise conflict(
                    f"Unable to complete operation on subnet {key}: One or more ports "
                    "have an IP allocation from this subnet.",
                    "SubnetInUse",
                )
        self.drop_subnet(key)


def _first(cidr: Network, slaac: bool) -> str:
    # The address of all routers of an IPv6 range, the first one of an IPv4 range
    return str(cidr[0] if cidr.version == 6 else cidr[0] + 1)


def _pools(cidr: Network, gateway: str | None) -> list[Record]:
    """All of the range but its ends and the gateway."""
    if cidr.num_addresses == 1:  # whatever its gateway is
        return [{"start": str(cidr[0]), "end": str(cidr[0])}]
    low, high = cidr[1], cidr[-1] if cidr.version == 6 else cidr[-2]
    if cidr.prefixlen == 31 and cidr.version == 4:
        low, high = cidr[0], cidr[1]
    if gateway is None or not low <= ipaddress.ip_address(gateway) <= high:  # type: ignore[operator]
        return [{"start": str(low), "end": str(high)}]
    middle = ipaddress.ip_address(gateway)
    pools = ((low, middle - 1), (middle + 1, high))
    return [
        {"start": str(start), "end": str(end)} for start, end in pools if start <= end
    ]
