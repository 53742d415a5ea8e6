# SPDX-License-Identifier: Apache-2.0
"""A small project with one of each: what the scenarios migrate.

``web`` runs, ``db`` is shut off, ``old`` runs and belongs to a user who is disabled;
each has a port with a device tag, addresses, a group and a key.  Where a scenario asks
for them, ``quiet`` is paused, ``asleep`` suspended and ``held`` locked.  ``guest`` is
on a network that a policy shares with the project alone, so no plan takes it along.
What others attach and share is there as well (``others``).
"""

from __future__ import annotations

import base64
import ipaddress

from tools.crashproof.api import Api
from tools.crashproof.others import Others

PROJECT = "acme"
SERVERS = ("web", "db", "old", "guest")
_ACTIONS = {"db": "os-stop", "quiet": "pause", "asleep": "suspend", "held": "lock"}
IMAGE_SIZE = 3 * 65536 + 17
_PASSWORD = "a-Password-4-tests"  # noqa: S105


def make(url: str, password: str, servers: tuple[str, ...] = SERVERS) -> None:
    """Make the tenant on the cloud at *url*."""
    admin = Api(url, "admin", password, "admin")
    project = admin.make(
        "identity/v3/projects", "project", name=PROJECT, domain_id="default"
    )["id"]
    roles = admin.send("GET", "identity/v3/roles")["roles"]
    member = next(role["id"] for role in roles if role["name"] == "member")
    users = {
        name: admin.make("identity/v3/users", "user", name=name, password=_PASSWORD)[
            "id"
        ]
        for name in ("ada", "dora")
    }
    for user in users.values():
        path = f"identity/v3/projects/{project}/users/{user}/roles/{member}"
        admin.send("PUT", path)
    flavor = admin.make(
        "compute/v2.1/flavors", "flavor", name="acme-small", ram=128, vcpus=1, disk=1
    )["id"]
    public = admin.make(
        "network/v2.0/networks", "network", name="public", **{"router:external": True}
    )["id"]
    admin.make(
        "network/v2.0/subnets",
        "subnet",
        name="public-v4",
        network_id=public,
        ip_version=4,
        cidr="203.0.113.0/24",
        enable_dhcp=False,
    )
    owners = {name: Api(url, name, _PASSWORD, PROJECT) for name in users}
    net = _network(owners["ada"], public)
    others = Others(admin, project, net)
    lans = {"guest": {**net, **others.apply()}}
    image = _image(owners["ada"])
    for name, owner in owners.items():
        data = base64.b64encode(f"key of {name:40}".encode()).decode()
        key = {"name": f"{name}-key", "public_key": f"ssh-ed25519 {data}"}
        owner.make("compute/v2.1/os-keypairs", "keypair", **key)
    for number, name in enumerate(servers):
        owner = "dora" if name.startswith("old") else "ada"
        lan = lans.get(name, net)
        port = _port(owners[owner], name, number, lan)
        _server(owners[owner], name, port, image, flavor, f"{owner}-key")
        if name.startswith("db"):
            others.leads_to(port)
        elif name == "web":
            owners[owner].make(
                "network/v2.0/floatingips",
                "floatingip",
                floating_network_id=public,
                port_id=port,
            )
    others.tag_all()
    _set_up(admin, owners, users, servers)
    for api in (admin, *owners.values()):
        api.close()


def _network(ada: Api, public: str) -> dict[str, str]:
    network = ada.make("network/v2.0/networks", "network", name="inside")["id"]
    subnet = ada.make(
        "network/v2.0/subnets",
        "subnet",
        name="inside-v4",
        network_id=network,
        ip_version=4,
        cidr="10.1.0.0/24",
    )["id"]
    gateway = {"network_id": public}
    router = ada.make(
        "network/v2.0/routers", "router", name="out", external_gateway_info=gateway
    )["id"]
    path = f"network/v2.0/routers/{router}/add_router_interface"
    ada.send("PUT", path, json={"subnet_id": subnet})
    made = ada.make("network/v2.0/security-groups", "security_group", name="web")
    group = made["id"]
    rule = next(r for r in made["security_group_rules"] if r["ethertype"] == "IPv6")
    ada.send("DELETE", f"network/v2.0/security-group-rules/{rule['id']}")
    for port in (22, 443):
        ada.make(
            "network/v2.0/security-group-rules",
            "security_group_rule",
            security_group_id=group,
            direction="ingress",
            protocol="tcp",
            port_range_min=port,
            port_range_max=port,
            ethertype="IPv4",
        )
    return {
        "network": network,
        "subnet": subnet,
        "group": group,
        "public": public,
        "first": "10.1.0.20",
    }


def _image(ada: Api) -> str:
    body = {"name": "acme-base", "disk_format": "raw", "container_format": "bare"}
    image: str = ada.send("POST", "image/v2/images", json=body)["id"]
    ada.send(
        "PUT",
        f"image/v2/images/{image}/file",
        data=bytes(number * 7 % 251 for number in range(IMAGE_SIZE)),
        headers={"Content-Type": "application/octet-stream"},
    )
    return image


def _port(owner: Api, name: str, number: int, lan: dict[str, str]) -> str:
    address = str(ipaddress.ip_address(lan["first"]) + number)
    made = owner.make(
        "network/v2.0/ports",
        "port",
        name=f"{name}-port",
        network_id=lan["network"],
        fixed_ips=[{"subnet_id": lan["subnet"], "ip_address": address}],
        security_groups=[lan["group"]],
    )
    return str(made["id"])


def _server(
    owner: Api, name: str, port: str, image: str, flavor: str, key: str
) -> None:
    owner.make(
        "compute/v2.1/servers",
        "server",
        name=name,
        imageRef=image,
        flavorRef=flavor,
        networks=[{"port": port, "tag": f"nic-of-{name}"}],
        key_name=key,
        metadata={"of": "acme"},
        tags=["kept"],
        user_data=base64.b64encode(b"#!/bin/sh\n").decode(),
    )


def _set_up(
    admin: Api, owners: dict[str, Api], users: dict[str, str], servers: tuple[str, ...]
) -> None:
    """What does not just run and who is disabled, once all are there."""
    found = owners["ada"].send("GET", "compute/v2.1/servers/detail")["servers"]
    for each in found:
        action = _ACTIONS.get(each["name"].rstrip("2"))
        if action:
            path = f"compute/v2.1/servers/{each['id']}/action"
            owners["ada"].send("POST", path, json={action: None})
    path = f"identity/v3/users/{users['dora']}"
    admin.send("PATCH", path, json={"user": {"enabled": False}})
