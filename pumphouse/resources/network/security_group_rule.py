# SPDX-License-Identifier: Apache-2.0
"""Security group rules, and when two of them are the same rule."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from pumphouse.conf.migration import Options
from pumphouse.models import Record, Ref, Resource
from pumphouse.resources.base import Fitness, Named
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Translate, copied, dropped, reference
from pumphouse.resources.listing import ID
from pumphouse.resources.network.neutron import STANDARD, NeutronType
from pumphouse.resources.relations import Part

# The names that Neutron takes for IP protocol numbers
PROTOCOLS = {
    **{"ip": 0, "hopopt": 0, "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8},
    **{"udp": 17, "dccp": 33, "ipv6-encap": 41, "ipv6-route": 43, "ipv6-frag": 44},
    **{"rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "ipv6-icmp": 58},
    **{"ipv6-nonxt": 59, "ipv6-opts": 60, "ospf": 89, "vrrp": 112, "pgm": 113},
    **{"sctp": 132, "udplite": 136},
}
ANYWHERE = ("0.0.0.0/0", "::/0")


def protocol_number(protocol: Any) -> int | str:
    """The number of a protocol given by name or number; unknown names stay."""
    text = str(protocol).lower()
    return int(text) if text.isdigit() else PROTOCOLS.get(text, text)


def prefix(value: str) -> str | None:
    """None for a prefix that is no restriction: the ethertype says the rest."""
    return None if value in ANYWHERE else value


def rule_key(record: Record, remote: Hashable) -> tuple[Hashable, ...]:
    """What makes two rules of one group the same to Neutron.

    :param remote: stands for the remote group, None for none
    """
    protocol = record.get("protocol")
    number = None if protocol is None else protocol_number(protocol)
    if number == PROTOCOLS["icmp"] and record["ethertype"] == "IPv6":
        number = PROTOCOLS["ipv6-icmp"]
    return (
        record["direction"],
        record["ethertype"],
        number,
        record.get("port_range_min"),
        record.get("port_range_max"),
        prefix(record.get("remote_ip_prefix") or ANYWHERE[0]),
        record.get("remote_address_group_id"),
        remote,
    )


def _words(record: Record) -> Iterator[str]:
    """What a rule lets through."""
    yield from (record["direction"], record["ethertype"])
    if record.get("protocol") is not None:
        yield str(record["protocol"])
    ports = dict.fromkeys((record.get("port_range_min"), record.get("port_range_max")))
    yield "-".join(str(port) for port in ports if port is not None)


def _peer(record: Record) -> str:
    """With whom, by prefix or id; empty for everybody."""
    return str(record.get("remote_ip_prefix") or record.get("remote_group_id") or "")


class SecurityGroupRule(NeutronType):
    """A rule of a security group.

    Its owner is its group's: a rule's own ``project_id`` only says who typed it.
    """

    name = "security-group-rule"
    path = "/security-group-rules"
    singular = "security_group_rule"
    plural = "security_group_rules"
    counted = "security_group_rule"
    called = ""
    filters = {ID: "id", "security_group_id": "security_group_id"}
    within = "security_group_id"
    nested = "security_group_rules"
    along = (Part("security_group_id", "security-group"),)
    set_later = ()
    natural_key = (
        *("security_group_id", "direction", "ethertype", "protocol"),
        *("port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id"),
    )
    fields = (
        *(f for f in STANDARD if f.path not in ("project_id", "tags")),
        reference("security_group_id", "security-group", "the group it is in"),
        copied("direction"),
        copied("ethertype"),
        copied("protocol", normal=protocol_number),
        copied("port_range_min"),
        copied("port_range_max"),
        copied("remote_ip_prefix", default=ANYWHERE[0], normal=prefix),
        reference("remote_group_id", "security-group", "the group it lets in"),
        dropped("remote_address_group_id", "address groups are not migrated yet"),
        dropped("project_id", "its group's owner is its owner"),
        dropped("tags", "within its group the API shows them, but sets none"),
        dropped("normalized_cidr", "follows from remote_ip_prefix"),
        dropped("belongs_to_default_sg", "follows from its group"),
    )

    def resource(self, record: Record) -> Resource:
        found = super().resource(record)
        name = " ".join(filter(None, [*_words(record), _peer(record)]))
        return Resource(found.ref, name, found.record, found.project_id)

    def title(self, resource: Resource, named: Named) -> str:
        """``ingress IPv4 tcp 22 from 10.0.0.0/8 of web``."""
        record, remote = resource.record, resource.record.get("remote_group_id")
        words = [*filter(None, _words(record))]
        peer = named(Ref("security-group", remote)) if remote else _peer(record)
        if peer:
            words += ["from" if record["direction"] == "ingress" else "to", peer]
        group = named(Ref("security-group", record["security_group_id"]))
        return " ".join([*words, "of", group])

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        if resource.record.get("remote_address_group_id"):
            return Fitness(
                "it refers to an address group, and those are not migrated yet: "
                "map the rule, or put prefixes in the place of the address group"
            )
        return Fitness()

    # -- match ------------------------------------------------------------
    def key(self, resource: Resource, translate: Translate) -> Hashable | None:
        record = resource.record
        group = translate(Ref("security-group", record["security_group_id"]))
        remote = record.get("remote_group_id")
        there = translate(Ref("security-group", remote)) if remote else None
        if group is None or (remote and there is None):
            return None
        return (group, *rule_key(record, there))

    # -- steps ------------------------------------------------------------
    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        body = super().body(ctx, resource)
        owner = ctx.translate(Ref("project", resource.project_id))
        return {**body, "project_id": owner} if owner else body

    def recognise(self, ctx: Context, resource: Resource) -> str | None:
        found = super().recognise(ctx, resource)
        return found or self._twin(ctx, resource)

    def _twin(self, ctx: Context, resource: Resource) -> str | None:
        """The rule that stands for another of the group which says the same.

        Old releases took 0.0.0.0/0 and no prefix, or tcp and 6, for two rules.
        """
        wanted = self.key(resource, ctx.translate)
        for there in self.candidates(ctx.destination, [resource], ctx.translate):
            same = wanted is not None and self.key(there, lambda r: r.id) == wanted
            if same and there.ref.id in ctx.taken(self.name):
                return there.ref.id
        return None
