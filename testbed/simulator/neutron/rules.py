# SPDX-License-Identifier: Apache-2.0
"""Security group rules, and when two of them are one."""

from __future__ import annotations

import ipaddress
from typing import Any

from testbed.simulator.errors import bad, conflict, missing
from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.neutron.filters import STANDARD
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

_FIELDS = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
    "remote_address_group_id",
)
_SETTABLE = frozenset((*_FIELDS, "security_group_id", "description"))
_FILTERS = (STANDARD | _SETTABLE) - {"name", "status", "admin_state_up", "shared"}
_IN_GROUP_ONLY = ("standard_attr_id", "tags")
_NUMBERS = {
    **{"icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33},
    **{"ipv6-encap": 41, "ipv6-route": 43, "ipv6-frag": 44, "rsvp": 46, "gre": 47},
    **{"esp": 50, "ah": 51, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59},
    **{"ipv6-opts": 60, "ospf": 89, "vrrp": 112, "pgm": 113, "sctp": 132},
    **{"udplite": 136},
}
_WITH_PORTS = {6, 17, 33, 132, 136, 1, 58}
_ANYWHERE = ("0.0.0.0/0", "::/0")


class Rules(NeutronBase):
    """``/v2.0/security-group-rules``."""

    def add_rule(
        self, group: Record, direction: str, ethertype: str, **more: Any
    ) -> Record:
        """A rule of *group*, unchecked."""
        prefix = more.get("remote_ip_prefix")
        record: Record = self.fresh(
            more.get("project_id", group["project_id"]),
            security_group_id=group["id"],
            **{
                "ethertype": ethertype,
                "direction": direction,
                "protocol": more.get("protocol"),
                "port_range_min": more.get("port_range_min"),
                "port_range_max": more.get("port_range_max"),
                "remote_ip_prefix": prefix,
                "remote_address_group_id": more.get("remote_address_group_id"),
                "normalized_cidr": _normalized(prefix),
                "remote_group_id": more.get("remote_group_id"),
                "standard_attr_id": self.state.number(),
                "description": more.get("description"),
            },
        )
        if self.cloud.release.belongs_to_default:
            record["belongs_to_default_sg"] = group["name"] == "default"
        return self.state.security_group_rules.add(record)

    def make_rule(self, owner: str, asked: Record) -> Record:
        """A new rule.

        :raises ApiError: 400, 404, 409
        """
        wanted = self._checked(asked)
        group = self.state.security_groups.rows[asked["security_group_id"]]
        rules = self.state.security_group_rules
        for rule in rules.by("security_group_id", group["id"]):
            if self._key(rule) == self._key(wanted):
                raise conflict(
                    f"Security group rule already exists. Rule id is {rule['id']}.",
                    "SecurityGroupRuleExists",
                )
        self.must_fit("security_group_rule", owner)
        description = asked.get("description")
        record = self.add_rule(
            group, **wanted, project_id=owner, description=description or ""
        )
        self.touch("security_groups", group["id"])
        return record

    def _checked(self, asked: Record) -> Record:
        wanted = {name: asked.get(name) for name in _FIELDS}
        wanted["ethertype"] = wanted["ethertype"] or "IPv4"
        if wanted["direction"] not in ("ingress", "egress"):
            raise bad(f"Invalid input for direction: {wanted['direction']}")
        if wanted["ethertype"] not in ("IPv4", "IPv6"):
            raise bad(
                f"Security group rule for ethertype '{wanted['ethertype']}' not "
                "supported. Allowed values are ['IPv4', 'IPv6'].",
                "SecurityGroupRuleInvalidEtherType",
            )
        if wanted["protocol"] is not None:
            wanted["protocol"] = str(wanted["protocol"]).lower()
            if wanted["protocol"] in ("any", "0"):
                wanted["protocol"] = None
        if wanted["ethertype"] == "IPv6" and wanted["protocol"] in ("icmp", "icmpv6"):
            wanted["protocol"] = "ipv6-icmp"
        self._check_ports(wanted)
        for name in ("port_range_min", "port_range_max"):
            if wanted[name] is not None:
                wanted[name] = int(wanted[name])
        self._check_remote(wanted)
        return wanted

    def _check_ports(self, wanted: Record) -> None:
        low, high = wanted["port_range_min"], wanted["port_range_max"]
        number = _number(wanted["protocol"])
        if isinstance(number, str):
            raise bad(
                f"Security group rule protocol {number} not supported.",
                "SecurityGroupRuleInvalidProtocol",
            )
        if low is None and high is None:
            return
        if number is None:
            raise bad(
                "Must also specify protocol if port range is given.",
                "SecurityGroupProtocolRequiredWithPorts",
            )
        icmp = number in (1, 58)
        if not icmp and (low is None or high is None or int(low) > int(high)):
            raise bad(
                "For TCP/UDP protocols, port_range_min must be <= port_range_max",
                "SecurityGroupInvalidPortRange",
            )
        if icmp and low is None:
            raise bad(
                "ICMP code (port-range-max) is provided but ICMP type "
                "(port-range-min) is missing.",
                "SecurityGroupMissingIcmpType",
            )

    def _check_remote(self, wanted: Record) -> None:
        prefix, group = wanted["remote_ip_prefix"], wanted["remote_group_id"]
        if prefix and group:
            raise bad(
                "Only remote_ip_prefix or remote_group_id may be provided.",
                "SecurityGroupMultipleRemoteEntites",
            )
        if group and group not in self.state.security_groups:
            raise missing(
                f"Security group {group} does not exist.", "SecurityGroupNotFound"
            )
        if not prefix:
            return
        try:
            version = ipaddress.ip_network(prefix, strict=False).version
        except ValueError:
            raise bad(
                f"Invalid CIDR {prefix} given as IP prefix.", "InvalidCIDR"
            ) from None
        if f"IPv{version}" != wanted["ethertype"]:
            raise bad(
                f"Conflicting value ethertype {wanted['ethertype']} for CIDR {prefix}",
                "SecurityGroupRuleParameterConflict",
            )
        if "/" not in prefix:
            wanted["remote_ip_prefix"] = f"{prefix}/{32 if version == 4 else 128}"

    def _key(self, rule: Record) -> tuple[Any, ...]:
        values = {name: rule.get(name) for name in _FIELDS}
        values["protocol"] = _number(values["protocol"])
        if values["remote_ip_prefix"] in _ANYWHERE:
            values["remote_ip_prefix"] = None
        return tuple(values.values())

    # -- handlers ------------------------------------------------------------
    @route("POST /v2.0/security-group-rules")
    def create_rules(self, call: Call) -> Any:
        if "security_group_rules" in call.body():
            asked = call.body("security_group_rules")
            many = True
        else:
            asked, many = [call.body("security_group_rule")], False
        made: list[Record] = []
        try:
            for each in asked:
                self.known(each, _SETTABLE)
                self.one(call, "security_groups", each.get("security_group_id", ""))
                made.append(self.make_rule(self.owner(call, each), each))
        except BaseException:
            for rule in made:  # all or none
                self.state.security_group_rules.remove(rule["id"])
            raise
        shown = [_alone(rule) for rule in made]
        if many:
            return 201, {"security_group_rules": shown}
        return 201, {"security_group_rule": shown[0]}

    @route("GET /v2.0/security-group-rules")
    def list_rules(self, call: Call) -> Any:
        project = call.request.first("project_id")
        if call.token["roles"] & {"admin", "member", "manager"}:
            self.default_group((call.admin and project) or call.project_id)
        return self.listed(call, "security_group_rules", _FILTERS, _alone)

    @route("GET /v2.0/security-group-rules/{id}")
    def show_rule(self, call: Call, key: str) -> Any:
        record = self.one(call, "security_group_rules", key)
        return {"security_group_rule": _alone(record)}

    @route("DELETE /v2.0/security-group-rules/{id}")
    def delete_rule(self, call: Call, key: str) -> None:
        rule = self.one(call, "security_group_rules", key)
        self.state.security_group_rules.remove(key)
        self.touch("security_groups", rule["security_group_id"])


def _alone(rule: Record) -> Record:
    return {k: v for k, v in rule.items() if k not in _IN_GROUP_ONLY}


def _number(protocol: str | None) -> int | str | None:
    if protocol is None:
        return None
    return int(protocol) if protocol.isdigit() else _NUMBERS.get(protocol, protocol)


def _normalized(prefix: str | None) -> str | None:
    return str(ipaddress.ip_network(prefix, strict=False)) if prefix else None
