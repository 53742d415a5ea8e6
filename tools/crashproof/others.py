# SPDX-License-Identifier: Apache-2.0
"""What others have to do with the tenant: what they attach, and what they share.

Operators (``ops``) have the router that is a network's gateway, the port that another
router's interface was made from, a network and a group that policies share with the
tenant alone.  A ``pool`` owns addresses that lead to its servers.  The tenant shares a
network with a ``partner`` alone, and has ports of its own ``device_owner``.
"""

from __future__ import annotations

from typing import Any

from tools.crashproof.api import Api

TAGS = ["blue", "old"]
_TAGGED = ("networks", "subnets", "routers", "ports", "security-groups", "floatingips")
_NETWORK = "network/v2.0"


class Others:
    """Made on one cloud, around a tenant's network.

    :param admin: logged in as the cloud's administrator
    :param tenant: the id of its project
    :param net: ids of its ``network`` and ``subnet``, and of the ``public`` network
    """

    def __init__(self, admin: Api, tenant: str, net: dict[str, str]) -> None:
        self._admin = admin
        self._tenant = tenant
        self._net = net
        self._ids = {name: self._project(name) for name in ("ops", "pool", "partner")}

    def apply(self) -> dict[str, str]:
        """What does not need a server; the network ``shared`` for servers."""
        self._share("network", self._net["network"], self._ids["partner"])
        shared = self._lan("shared", "10.2.0.0/24", self._ids["ops"])
        self._share("network", shared["network"], self._tenant)
        group = self._new("security_group", name="common", project_id=self._ids["ops"])
        self._share("security_group", group["id"], self._tenant)
        for number, owner in enumerate(("network:vip", "k8s:metallb")):
            self._port(owner, self._net, f"10.1.0.{50 + number}", device_owner=owner)
        self._port("in-common", self._net, "10.1.0.52", security_groups=[group["id"]])
        self._port("on-shared", shared, "10.2.0.50")
        self._routers()
        return {**shared, "first": "10.2.0.20"}

    def leads_to(self, port: str) -> None:
        """An address of the pool's leads to that port."""
        self._new(
            "floatingip",
            floating_network_id=self._net["public"],
            port_id=port,
            project_id=self._ids["pool"],
        )

    def tag_all(self) -> None:
        """Everything of the tenant's has tags.

        That takes Neutron requests of its own once a thing is made.
        """
        for kind in _TAGGED:
            path = f"{_NETWORK}/{kind}"
            listed = self._admin.send("GET", f"{path}?project_id={self._tenant}")
            for each in listed[kind.replace("-", "_")]:
                self._admin.send(
                    "PUT", f"{path}/{each['id']}/tags", json={"tags": TAGS}
                )

    def _routers(self) -> None:
        """The operators' is a gateway; the tenant's has an interface of their port."""
        ops = self._ids["ops"]
        lan = self._lan("backbone", "10.3.0.0/24", self._tenant)
        gateway = {"network_id": self._net["public"]}
        edge = self._new(
            "router", name="edge", project_id=ops, external_gateway_info=gateway
        )
        self._attach(edge["id"], subnet_id=lan["subnet"])
        inner = self._new("router", name="inner", project_id=self._tenant)
        leg = self._port(
            "leg",
            lan,
            "10.3.0.77",
            project_id=ops,
            mac_address="fa:16:3e:77:77:77",
            description="Made before its router",
        )
        self._attach(inner["id"], port_id=leg["id"])

    def _attach(self, router: str, **what: str) -> None:
        path = f"{_NETWORK}/routers/{router}/add_router_interface"
        self._admin.send("PUT", path, json=what)

    def _project(self, name: str) -> str:
        body = {"name": name, "domain_id": "default"}
        made = self._admin.make("identity/v3/projects", "project", **body)
        return str(made["id"])

    def _new(self, kind: str, **fields: Any) -> Any:
        path = f"{_NETWORK}/{kind.replace('_', '-')}s"
        return self._admin.make(path, kind, **fields)

    def _lan(self, name: str, cidr: str, project: str) -> dict[str, str]:
        network = self._new("network", name=name, project_id=project)["id"]
        subnet = self._new(
            "subnet",
            name=f"{name}-v4",
            project_id=project,
            network_id=network,
            ip_version=4,
            cidr=cidr,
        )
        return {"network": network, "subnet": subnet["id"]}

    def _port(self, name: str, lan: dict[str, str], address: str, **more: Any) -> Any:
        ip = {"subnet_id": lan["subnet"], "ip_address": address}
        fields = {"project_id": self._tenant, **more}
        return self._new(
            "port", name=name, network_id=lan["network"], fixed_ips=[ip], **fields
        )

    def _share(self, kind: str, thing: str, project: str) -> None:
        self._admin.make(
            f"{_NETWORK}/rbac-policies",
            "rbac_policy",
            object_type=kind,
            object_id=thing,
            target_tenant=project,
            action="access_as_shared",
        )
