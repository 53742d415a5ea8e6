# SPDX-License-Identifier: Apache-2.0
"""A small project with one of each: what the scenarios migrate.

``web`` runs, ``db`` is shut off, ``old`` runs and belongs to a user who is disabled;
each has a port with a device tag, addresses, a group and a key.  Where a scenario asks
for them, ``quiet`` is paused, ``asleep`` suspended and ``held`` locked.
"""

from __future__ import annotations

import base64
from typing import Any

import requests

PROJECT = "acme"
SERVERS = ("web", "db", "old")
_ACTIONS = {"db": "os-stop", "quiet": "pause", "asleep": "suspend", "held": "lock"}
IMAGE_SIZE = 3 * 65536 + 17
_PASSWORD = "a-Password-4-tests"  # noqa: S105
_ANSWERED = 60.0  # seconds in which the cloud has to


class Api:
    """A cloud as one user in one project.

    :param url: the simulated cloud's
    """

    def __init__(self, url: str, user: str, password: str, project: str) -> None:
        self._url = url
        self._session = requests.Session()
        domain = {"id": "default"}
        who = {"name": user, "domain": domain, "password": password}
        scope = {"project": {"name": project, "domain": domain}}
        identity = {"methods": ["password"], "password": {"user": who}}
        auth = {"auth": {"identity": identity, "scope": scope}}
        answer = self._session.post(
            f"{url}/identity/v3/auth/tokens", json=auth, timeout=_ANSWERED
        )
        answer.raise_for_status()
        token = answer.headers["X-Subject-Token"]
        self._session.headers["X-Auth-Token"] = token
        self._session.headers["OpenStack-API-Version"] = "compute 2.90"

    def send(self, method: str, path: str, **more: Any) -> Any:
        """The answer's document.

        :raises RuntimeError: the cloud refused
        """
        answer = self._session.request(
            method, f"{self._url}/{path}", timeout=_ANSWERED, **more
        )
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else {}

    def make(self, path: str, key: str, **body: Any) -> Any:
        """Make one; its record."""
        return self.send("POST", path, json={key: body})[key]

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()


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
    image = _image(owners["ada"])
    for name, owner in owners.items():
        data = base64.b64encode(f"key of {name:40}".encode()).decode()
        key = {"name": f"{name}-key", "public_key": f"ssh-ed25519 {data}"}
        owner.make("compute/v2.1/os-keypairs", "keypair", **key)
    for number, name in enumerate(servers):
        owner = "dora" if name.startswith("old") else "ada"
        _server(owners[owner], name, number, net, image, flavor, f"{owner}-key")
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
    # What takes Neutron requests of its own once a thing is made.
    for path in (f"networks/{network}", f"routers/{router}"):
        tags = {"tags": ["blue", "old"]}
        ada.send("PUT", f"network/v2.0/{path}/tags", json=tags)
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
    return {"network": network, "subnet": subnet, "group": group, "public": public}


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


def _server(
    owner: Api,
    name: str,
    number: int,
    net: dict[str, str],
    image: str,
    flavor: str,
    key: str,
) -> None:
    port = owner.make(
        "network/v2.0/ports",
        "port",
        name=f"{name}-port",
        network_id=net["network"],
        fixed_ips=[{"subnet_id": net["subnet"], "ip_address": f"10.1.0.{20 + number}"}],
        security_groups=[net["group"]],
    )["id"]
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
    if name == "web":
        owner.make(
            "network/v2.0/floatingips",
            "floatingip",
            floating_network_id=net["public"],
            port_id=port,
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
