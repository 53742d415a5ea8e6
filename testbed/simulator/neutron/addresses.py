# SPDX-License-Identifier: Apache-2.0
"""Which addresses a port gets."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Any

from testbed.simulator.errors import bad, conflict
from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.tables import Record

_AUTOMATIC = ("slaac", "dhcpv6-stateless")


class Addresses(NeutronBase):
    """Gives addresses of subnets out; each once."""

    def allocated(
        self,
        network: Record,
        asked: Any,
        mac: str,
        *,
        of_router: bool = False,
        port_id: str = "",
    ) -> list[Record]:
        """The addresses for a port on *network*.

        :param asked: what was asked for; None for whatever is free
        :raises ApiError: 400, 409
        """
        subnets = [self.state.subnets.rows[each] for each in network["subnets"]]
        wanted = self._choices(subnets) if asked is None else asked
        found: list[Record] = []
        for each in wanted:
            subnet = self._subnet(each, subnets, network)
            address = each.get("ip_address") or self._own(subnet, port_id)
            if address is None and automatic(subnet):
                if of_router:
                    address = self._next(subnet, network, port_id, found)
                else:
                    address = eui64(subnet["cidr"], mac)
            elif address is None:
                address = self._next(subnet, network, port_id, found)
            else:
                self._must_be_free(address, subnet, network, mac, of_router, port_id)
            entry = {
                "subnet_id": subnet["id"],
                "ip_address": str(ipaddress.ip_address(address)),
            }
            if entry not in found:
                found.append(entry)
        if asked and not of_router:
            found += self._automatic(subnets, found, mac)
        return found

    def _own(self, subnet: Record, port_id: str) -> str | None:
        """The address that a port has there already: it keeps one if any will do."""
        port = self.state.ports.get(port_id)
        for ip in port["fixed_ips"] if port else ():
            if ip["subnet_id"] == subnet["id"]:
                return str(ip["ip_address"])
        return None

    def _choices(self, subnets: list[Record]) -> list[Record]:
        """One IPv4 subnet, one managed IPv6 subnet, all automatic ones."""
        chosen: list[Record] = []
        versions = set()
        for subnet in subnets:
            if automatic(subnet):
                chosen.append({"subnet_id": subnet["id"]})
            elif subnet["ip_version"] not in versions and subnet["allocation_pools"]:
                versions.add(subnet["ip_version"])
                chosen.append({"subnet_id": subnet["id"]})
        return chosen

    def _automatic(
        self, subnets: list[Record], found: list[Record], mac: str
    ) -> list[Record]:
        there = {ip["subnet_id"] for ip in found}
        return [
            {"subnet_id": s["id"], "ip_address": eui64(s["cidr"], mac)}
            for s in subnets
            if automatic(s) and s["id"] not in there
        ]

    def _subnet(self, asked: Record, subnets: list[Record], network: Record) -> Record:
        wanted, address = asked.get("subnet_id"), asked.get("ip_address")
        for subnet in subnets:
            if wanted is not None and subnet["id"] == wanted:
                if address and not _inside(address, subnet):
                    raise bad(
                        f"IP address {address} is not a valid IP for the specified "
                        "subnet.",
                        "InvalidIpForSubnet",
                    )
                return subnet
            if wanted is None and address and _inside(address, subnet):
                return subnet
        if wanted is not None:
            raise bad(
                "Invalid input for operation: Failed to create port on network "
                f"{network['id']}, because fixed_ips included invalid subnet {wanted}.",
                "InvalidInput",
            )
        raise bad(
            f"IP address {address} is not a valid IP for any of the subnets on the "
            f"specified network.",
            "InvalidIpForNetwork",
        )

    def _must_be_free(
        self,
        address: str,
        subnet: Record,
        network: Record,
        mac: str,
        of_router: bool,
        port_id: str,
    ) -> None:
        chosen = automatic(subnet) and not of_router
        if chosen and str(ipaddress.ip_address(address)) != eui64(subnet["cidr"], mac):
            raise bad(
                f"Invalid input for operation: IPv6 address {address} can not be "
                f"directly assigned to a port on subnet {subnet['id']} as the subnet "
                "is configured for automatic addresses.",
                "InvalidInput",
            )
        if self.held.get((subnet["id"], address), port_id) != port_id:
            raise conflict(
                f"IP address {address} already allocated in subnet {subnet['id']}.",
                "IpAddressAlreadyAllocated",
            )

    def _next(
        self, subnet: Record, network: Record, port_id: str, found: Collection[Record]
    ) -> str:
        """The first free address of the pools after the one given out last."""
        mine = {(ip["subnet_id"], ip["ip_address"]) for ip in found}
        last = self.state.values.setdefault("last address", {})
        for again in (False, True):
            for pool in subnet["allocation_pools"]:
                low = int(ipaddress.ip_address(pool["start"]))
                high = int(ipaddress.ip_address(pool["end"]))
                start = low if again else max(low, last.get(subnet["id"], 0) + 1)
                kind = type(ipaddress.ip_address(pool["start"]))
                for number in range(start, high + 1):
                    address = str(kind(number))
                    there = subnet["id"], address
                    if there not in self.held and there not in mine:
                        last[subnet["id"]] = number
                        return address
        raise conflict(
            f"No more IP addresses available on network {network['id']}.",
            "IpAddressGenerationFailure",
        )


def automatic(subnet: Record) -> bool:
    """Whether addresses there follow from MACs."""
    return subnet["ipv6_address_mode"] in _AUTOMATIC


def eui64(cidr: str, mac: str) -> str:
    """The IPv6 address that a MAC makes in a range (RFC 4291, appendix A)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    suffix = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    prefix = ipaddress.IPv6Network(cidr).network_address.packed[:8]
    return str(ipaddress.IPv6Address(prefix + suffix))


def _inside(address: str, subnet: Record) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(subnet["cidr"])
    except ValueError:
        raise bad(f"'{address}' is not a valid IP address") from None
