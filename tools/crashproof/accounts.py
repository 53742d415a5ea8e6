# SPDX-License-Identifier: Apache-2.0
"""What must hold whenever Pumphouse stops, however: it knows of all that it made.

Whatever is on the destination is either bound, or announced by an open intent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tools.crashproof.world import World

_TABLES = {  # of the simulator: the types that are made of them
    "projects": "project",
    "users": "user",
    "roles": "role",
    "flavors": "flavor",
    "keypairs": "keypair",
    "servers": "server",
    "networks": "network",
    "subnets": "subnet",
    "routers": "router",
    "ports": "port",
    "floatingips": "floating-ip",
    "images": "image",
    "credentials": "credential",
    "security_groups": "security-group",
    "security_group_rules": "security-group-rule",
}
_INTERFACE = "router-interface"  # a port, called ROUTER/PORT
_MADE = {_INTERFACE: "port"}
_NEUTRONS = ("network:dhcp", "network:floatingip", "network:router_gateway")
_OWN_KIND = ("credential", "keypair")  # temporary things, announced as what they are


def unaccounted(world: World) -> str:
    """What is on the destination, but neither bound nor announced; in words."""
    bound = {(k, i) for k, i in world.rows("select type, destination_id from bindings")}
    bound |= {("port", i.split("/")[1]) for kind, i in bound if kind == _INTERFACE}
    announced: Counter[str] = Counter()
    for kind, of in world.rows("select kind, type from intents where outcome = ''"):
        announced[kind if kind in _OWN_KIND else _MADE.get(of, of)] += 1
    more: Counter[str] = Counter()
    for table, records in world.dump()["destination"].items():
        for key, record in records.items() if table in _TABLES else ():
            kind = _TABLES[table]
            known = (kind, key) in bound or key in world.fresh.get(table, {})
            if not known and not _made_by_neutron(kind, record, bound):
                more[kind] += 1
    left = more - announced
    return f"neither bound nor announced: {dict(left)}" if left else ""


def _made_by_neutron(
    kind: str, record: Mapping[str, Any], bound: set[tuple[str, str]]
) -> bool:
    """Whether it came by itself, or along with what is accounted for."""
    rule = _BY_ITSELF.get(kind)
    return rule is not None and rule(record, bound)


Rule = Callable[[Mapping[str, Any], set[tuple[str, str]]], bool]
_BY_ITSELF: Mapping[str, Rule] = {
    "port": lambda record, _: record["device_owner"] in _NEUTRONS,
    # Each project gets one as soon as somebody looks.
    "security-group": lambda record, _: record["name"] == "default",
    # A group that is under way may have any.
    "security-group-rule": lambda record, bound: (
        ("security-group", record["security_group_id"]) not in bound
    ),
}
