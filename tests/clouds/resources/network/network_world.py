# SPDX-License-Identifier: Apache-2.0
"""A tenant's networks on the real source, with everything others tend to lose.

The projects are made on both clouds by hand and stand for each other, so that
these tests say something about networks only.
"""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import networkx as nx

from pumphouse.cloud.cloud import Cloud, connect
from pumphouse.conf.migration import Options
from pumphouse.flow.context import RunContext
from pumphouse.models import Difference, Ref, Resource
from pumphouse.plan import discovery, graph
from pumphouse.resources import registry
from pumphouse.resources.base import ResourceType
from pumphouse.resources.listing import ID, PROJECT, where
from pumphouse.store import PlanRow, Store

KINDS: Mapping[str, ResourceType] = {
    name: kind
    for name, kind in registry.resource_types().items()
    if kind.service == "network"
}


class Side:
    """One cloud, a project in it, and what has to be removed afterwards."""

    def __init__(self, name: str, project: str) -> None:
        self.cloud: Cloud = connect(name, name)
        self.name = project
        body = {"project": {"name": project, "domain_id": "default"}}
        made = self.cloud.post("identity", "/projects", body, "project")
        self.project = str(made["id"])

    def make(self, path: str, singular: str, **body: Any) -> dict[str, Any]:
        body.setdefault("project_id", self.project)
        made: dict[str, Any] = self.cloud.post(
            "network", path, {singular: body}, singular
        )
        return made

    def tag(self, path: str, made: Mapping[str, Any], *tags: str) -> None:
        self.cloud.put("network", f"{path}/{made['id']}/tags", {"tags": [*tags]})

    def left(self) -> dict[str, int]:
        """How many of each the project still has."""
        paths = ("floatingips", "ports", "routers", "networks", "security-groups")
        return {
            p: len(
                self.cloud.list(
                    "network",
                    f"/{p}",
                    p.replace("-", "_"),
                    params={"project_id": self.project},
                )
            )
            for p in paths
        }

    def remove(self) -> None:
        """Everything, the project included."""
        self.clear()
        self.cloud.delete("identity", f"/projects/{self.project}")
        self.cloud.close()

    def clear(self) -> None:
        """All networks that bear the name, and what belongs to the project."""
        net, own = self.cloud, {"project_id": self.project}
        for fip in net.list("network", "/floatingips", "floatingips", params=own):
            net.delete("network", f"/floatingips/{fip['id']}")
        for router in net.list("network", "/routers", "routers", params=own):
            path = f"/routers/{router['id']}"
            net.put("network", path, {"router": {"routes": []}})
            ports = net.list(
                "network", "/ports", "ports", params={"device_id": router["id"]}
            )
            for port in ports:
                with contextlib.suppress(Exception):
                    what = {"port_id": port["id"]}
                    net.put("network", f"{path}/remove_router_interface", what)
            net.delete("network", path)
        for path, key in (
            ("/ports", "ports"),
            ("/networks", "networks"),
            ("/security-groups", "security_groups"),
        ):
            for each in net.list("network", path, key, params=own):
                with contextlib.suppress(Exception):
                    net.delete("network", f"{path}/{each['id']}")
        for each in net.list(
            "network", "/networks", "networks", params={"name": f"{self.name}-ext"}
        ):
            net.delete("network", f"/networks/{each['id']}")


class World:
    """Both sides."""

    def __init__(self) -> None:
        self.name = f"network-test-{uuid.uuid4().hex[:8]}"
        self.here = Side("source", self.name)
        self.there = Side("destination", self.name)

    def remove(self) -> None:
        self.here.remove()
        self.there.remove()

    # -- what the source has ----------------------------------------------
    def fill(self) -> None:
        """The tenant's networks, groups, ports and addresses."""
        self._networks()
        self._router()
        self._groups()
        self._ports()

    def _networks(self) -> None:
        make, name = self.here.make, self.name
        self.ext = make(
            "/networks",
            "network",
            name=f"{name}-ext",
            project_id=self.here.cloud.project_id,
            **{"router:external": True},
        )
        self.ext_subnet = make(
            "/subnets",
            "subnet",
            project_id=self.here.cloud.project_id,
            network_id=self.ext["id"],
            ip_version=4,
            cidr="203.0.113.0/24",
            enable_dhcp=False,
        )
        self.net = make("/networks", "network", name="app", mtu=1400, description="d")
        self.here.tag("/networks", self.net, "blue", "app")
        self.quiet = make(
            "/networks",
            "network",
            name="quiet",
            admin_state_up=False,
            port_security_enabled=False,
        )
        self.sub = make(
            "/subnets",
            "subnet",
            name="app-v4",
            network_id=self.net["id"],
            ip_version=4,
            cidr="10.81.0.0/24",
            allocation_pools=[
                {"start": "10.81.0.100", "end": "10.81.0.200"},
                {"start": "10.81.0.10", "end": "10.81.0.20"},
            ],
            dns_nameservers=["9.9.9.9", "1.1.1.1"],
            host_routes=[{"destination": "10.98.0.0/24", "nexthop": "10.81.0.8"}],
        )
        self.six = make(
            "/subnets",
            "subnet",
            name="app-v6",
            network_id=self.net["id"],
            ip_version=6,
            cidr="fd00:81::/64",
            ipv6_ra_mode="slaac",
            ipv6_address_mode="slaac",
        )
        self.lonely = make(
            "/subnets",
            "subnet",
            name="no-gateway",
            network_id=self.quiet["id"],
            ip_version=4,
            cidr="10.82.0.0/24",
            gateway_ip=None,
            enable_dhcp=False,
        )
        self.back = make("/networks", "network", name="back")
        self.back_subnet = make(
            "/subnets",
            "subnet",
            name="back",
            network_id=self.back["id"],
            ip_version=4,
            cidr="10.83.0.0/24",
        )

    def _router(self) -> None:
        gateway = {"network_id": self.ext["id"], "enable_snat": False}
        self.router = self.here.make(
            "/routers", "router", name="edge", external_gateway_info=gateway
        )
        path = f"/routers/{self.router['id']}"
        by_address = self.here.make(
            "/ports",
            "port",
            name="second way",
            network_id=self.back["id"],
            fixed_ips=[{"ip_address": "10.83.0.77"}],
        )
        for what in (
            {"subnet_id": self.sub["id"]},
            {"subnet_id": self.six["id"]},
            {"port_id": by_address["id"]},
        ):
            self.here.cloud.put("network", f"{path}/add_router_interface", what)
        routes = [
            {"destination": "10.99.0.0/24", "nexthop": "10.81.0.9"},
            {"destination": "10.97.0.0/16", "nexthop": "10.83.0.9"},
            {"destination": "10.96.0.0/16", "nexthop": "203.0.113.9"},
        ]
        self.here.cloud.put("network", path, {"router": {"routes": routes}})

    def _groups(self) -> None:
        make = self.here.make
        self.web = make("/security-groups", "security_group", name="web")
        self.db = make(
            "/security-groups", "security_group", name="db", description="data"
        )
        self.here.tag("/security-groups", self.db, "prod")
        groups = self.here.cloud.list(
            "network",
            "/security-groups",
            "security_groups",
            params={"project_id": self.here.project, "name": "default"},
        )
        for group in (self.web, groups[0]):  # nothing may leave; IPv4 may not
            for rule in group["security_group_rules"]:
                if group is self.web or rule["ethertype"] == "IPv6":
                    self.here.cloud.delete(
                        "network", f"/security-group-rules/{rule['id']}"
                    )
        ssh = {"protocol": "6", "port_range_min": 22, "port_range_max": 22}
        for group, rule in (
            (self.web, {**ssh, "remote_ip_prefix": "0.0.0.0/0"}),
            (self.web, {"protocol": "icmp", "description": "ping"}),
            (self.web, {"protocol": "tcp", "remote_group_id": self.db["id"]}),
            (self.db, {"protocol": "tcp", "remote_group_id": self.web["id"]}),
            (self.db, {"ethertype": "IPv6", "protocol": "ipv6-icmp"}),
        ):
            body = {"security_group_id": group["id"], "direction": "ingress", **rule}
            make("/security-group-rules", "security_group_rule", **body)

    def _ports(self) -> None:
        make = self.here.make
        self.port = make(
            "/ports",
            "port",
            name="web-1",
            description="the first",
            network_id=self.net["id"],
            mac_address="fa:16:3e:81:00:01",
            fixed_ips=[{"subnet_id": self.sub["id"], "ip_address": "10.81.0.15"}],
            security_groups=[self.web["id"], self.db["id"]],
            allowed_address_pairs=[{"ip_address": "10.81.0.240"}],
            extra_dhcp_opts=[{"opt_name": "mtu", "opt_value": "1400"}],
        )
        self.here.tag("/ports", self.port, "nic")
        make(
            "/ports",
            "port",
            name="bare",
            network_id=self.back["id"],
            security_groups=[],
            admin_state_up=False,
        )
        make("/ports", "port", name="open", network_id=self.quiet["id"], fixed_ips=[])
        fip = make(
            "/floatingips",
            "floatingip",
            floating_network_id=self.ext["id"],
            port_id=self.port["id"],
            description="www",
        )
        self.here.tag("/floatingips", fip, "public")
        make("/floatingips", "floatingip", floating_network_id=self.ext["id"])

    # -- what a run does --------------------------------------------------
    def discovered(self, *roots: Resource) -> discovery.Inventory:
        """What comes along with *roots*, or with the project; asked as plans do."""
        source = self.here.cloud.snapshot()
        if not roots:
            project = {self.here.project}
            roots = tuple(
                resource
                for kind in KINDS.values()
                if kind.owned()
                for resource in kind.list(source, where(PROJECT, project))
            )
        return discovery.discover(
            source,
            roots,
            KINDS,
            known=lambda ref, name: ref.type == "project",
        )

    def ordered(self, found: discovery.Inventory) -> list[Resource]:
        """The resources in an order that the plan's graph allows."""
        dag: nx.DiGraph = graph.build(found.resources, found.needs)
        return [found.resources[ref] for ref in graph.order(dag)]

    @contextlib.contextmanager
    def context(self, **options: Any) -> Iterator[RunContext]:
        """A fresh run's context, in which the projects stand for each other."""
        with tempfile.TemporaryDirectory() as folder:
            store = Store(f"sqlite:///{Path(folder) / 'pumphouse.db'}")
            plan = PlanRow(
                id="p", digest="d", source="s", destination="d", title="", document="{}"
            )
            store.save_plan(plan)
            run = store.create_run("p")
            here, there = self.here, self.there
            yield RunContext(
                source=here.cloud,
                destination=there.cloud,
                store=store,
                writer=store.writer(run),
                options=Options(**options),
                standing={
                    Ref("project", here.project): there.project,
                    Ref("project", here.cloud.project_id): there.cloud.project_id,
                },
            )
            store.engine.dispose()

    def differences(
        self, ctx: RunContext, resources: list[Resource]
    ) -> list[tuple[str, tuple[Difference, ...]]]:
        """Both clouds read again and compared, as the verification does."""
        found = []
        for name, kind in KINDS.items():
            pairs = {
                r.ref.id: ctx.destination_id(r.ref)
                for r in resources
                if r.ref.type == name
            }
            ours = {
                r.ref.id: r for r in kind.list(self.here.cloud, where(ID, [*pairs]))
            }
            theirs = {
                r.ref.id: r
                for r in kind.list(self.there.cloud, where(ID, [*pairs.values()]))
            }
            for here, there in pairs.items():
                different = kind.compare(
                    ours[here], theirs[there], ctx.translate, ctx.options
                )
                if different:
                    found.append((str(ours[here]), different))
        return found
