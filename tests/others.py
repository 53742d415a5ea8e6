# SPDX-License-Identifier: Apache-2.0
"""What others attach to a tenant's things comes along, stays with a word, or blocks.

For simulated and for real clouds alike: networks and addresses, no servers.
"""

from __future__ import annotations

import uuid

from pumphouse.models import Action
from pumphouse.store.rows import RunState

PUBLIC = {"name": "public", "router:external": True}
RANGE = {"cidr": "198.18.0.0/16", "enable_dhcp": False}


class Others:
    """Mixed into a test case that has ``world``, between two clouds."""

    def setUp(self):
        super().setUp()
        self.prefix = f"others-{uuid.uuid4().hex[:8]}"
        self.projects = []

    def new(self, kind, **fields):
        path = f"/{kind.replace('_', '-')}s"
        path = {"/rbac-policys": "/rbac-policies"}.get(path, path)
        return self.world.source.post("network", path, {kind: fields}, kind)

    def project(self, name):
        body = {"project": {"name": f"{self.prefix}-{name}", "domain_id": "default"}}
        made = self.world.source.post("identity", "/projects", body, "project")
        self.projects.append(made["name"])
        return made["id"]

    def lan(self, project, **more):
        network = self.new("network", name="lan", project_id=project, **more)
        subnet = self.new(
            "subnet",
            network_id=network["id"],
            cidr="10.66.0.0/24",
            ip_version=4,
            project_id=project,
            name="lan",
        )
        return network["id"], subnet["id"]

    def public(self):
        """An external network of that name on both clouds; the source's id."""
        found = {}
        for cloud in (self.world.source, self.world.destination):
            listed = cloud.list("network", "/networks", "networks", {"name": "public"})
            found[cloud.side] = listed[0]["id"] if listed else self.outside(cloud)
        return found["source"]

    def outside(self, cloud):
        made = cloud.post("network", "/networks", {"network": PUBLIC}, "network")
        subnet = {**RANGE, "ip_version": 4, "network_id": made["id"]}
        cloud.post("network", "/subnets", {"subnet": subnet})
        return made["id"]

    def tidy(self):
        """All of it is gone from both clouds: what holds others first."""
        for cloud in (self.world.source, self.world.destination):
            listed = cloud.list("identity", "/projects", "projects")
            mine = [p["id"] for p in listed if p["name"] in self.projects]
            for kind in ("floatingips", "ports", "routers", "networks"):
                self.empty(cloud, kind, mine)
            self.empty(cloud, "security_groups", mine)
            for project in mine:
                cloud.delete("identity", f"/projects/{project}")

    def empty(self, cloud, kind, projects):
        if not projects:  # which to Neutron would mean everybody's
            return
        path = f"/{kind.replace('_', '-')}"
        for each in cloud.list("network", path, kind, {"project_id": projects}):
            if each.get("device_owner") == "network:router_interface":
                remove = f"/routers/{each['device_id']}/remove_router_interface"
                body = {"port_id": each["id"]}
                cloud.put("network", remove, body, repeatable=False)
            else:
                cloud.delete("network", f"{path}/{each['id']}")

    def plan(self, project="tenant"):
        return self.world.plan(f"{self.prefix}-{project}")

    def notes(self, plan):
        """What the plan says of its nodes, and of itself."""
        of_nodes = [
            f"{node.ref.type} {node.resource.name}: {note}"
            for node in plan.nodes.values()
            for note in node.decision.notes
        ]
        return "\n".join([*of_nodes, *plan.notes])

    # -- what comes along ------------------------------------------------------
    def test_what_others_attach_comes_along(self):
        tenant, pool, ops = map(self.project, ("tenant", "pool", "ops"))
        public = self.public()
        network, subnet = self.lan(tenant)
        more = self.new(
            "subnet",
            name="more",
            network_id=network,
            cidr="10.67.0.0/24",
            ip_version=4,
            project_id=ops,
        )
        gateway = {"network_id": public}
        edge = self.new(
            "router", name="edge", project_id=ops, external_gateway_info=gateway
        )
        for each in (subnet, more["id"]):
            path = f"/routers/{edge['id']}/add_router_interface"
            self.world.source.put("network", path, {"subnet_id": each})
        for owner in ("", "network:vip", "k8s:metallb", "baremetal:none"):
            port = self.new(
                "port",
                network_id=network,
                project_id=tenant,
                device_owner=owner,
                name=owner or "plain",
                fixed_ips=[{"subnet_id": subnet}],
            )
            if owner in ("", "network:vip"):
                self.new(
                    "floatingip",
                    floating_network_id=public,
                    port_id=port["id"],
                    project_id=pool if owner else tenant,
                )
        ip = [{"subnet_id": subnet, "ip_address": "10.66.0.99"}]
        self.new("port", network_id=network, project_id=ops, fixed_ips=ip)

        plan = self.plan()
        self.assertEqual([], [*plan.having(Action.BLOCKED)])
        said = self.notes(plan)
        self.assertIn(f"10.66.0.99, of project {self.prefix}-ops, stays", said)
        for other in ("pool", "ops"):
            self.assertIn(f"it is project {self.prefix}-{other}'s and comes", said)
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual([], self.world.verified(plan).differing)
        self.arrived()

    def arrived(self):
        """All of it is where it belongs."""
        there = self.world.destination
        names = {
            p["id"]: p["name"] for p in there.list("identity", "/projects", "projects")
        }
        (network,) = (
            n
            for n in there.list("network", "/networks", "networks", {"name": "lan"})
            if names.get(n["project_id"]) == f"{self.prefix}-tenant"
        )
        ports = there.list("network", "/ports", "ports", {"network_id": network["id"]})
        owners = {p["name"]: p["device_owner"] for p in ports if p["name"]}
        wanted = {x: x for x in ("network:vip", "k8s:metallb", "baremetal:none")}
        self.assertEqual({"plain": "", **wanted}, owners)
        routers = [p for p in ports if p["device_owner"] == "network:router_interface"]
        gateways = {ip["ip_address"] for p in routers for ip in p["fixed_ips"]}
        self.assertEqual({"10.66.0.1", "10.67.0.1"}, gateways)
        params = {"port_id": [p["id"] for p in ports]}
        leading = there.list("network", "/floatingips", "floatingips", params)
        self.assertEqual(
            {f"{self.prefix}-pool", f"{self.prefix}-tenant"},
            {names[each["project_id"]] for each in leading},
        )

    # -- what policies say -----------------------------------------------------
    def test_what_policies_say_is_noted_or_blocked(self):
        tenant, owner = map(self.project, ("tenant", "owner"))
        network, _ = self.lan(owner)
        inside, _ = self.lan(tenant)
        partner = self.new("network", name="partner", project_id=owner)
        group = self.new("security_group", name="corp", project_id=owner)
        for kind, thing, target, action in (
            ("network", network, tenant, "access_as_shared"),
            ("network", inside, owner, "access_as_shared"),
            # Whoever asks sees it as shared, whoever else does not.
            ("network", inside, self.world.source.project_id, "access_as_shared"),
            ("network", partner["id"], tenant, "access_as_external"),
            ("security_group", group["id"], tenant, "access_as_shared"),
        ):
            self.new(
                "rbac_policy",
                object_type=kind,
                object_id=thing,
                target_tenant=target,
                action=action,
                project_id=owner,  # there is a quota
            )
        self.new(
            "port",
            network_id=inside,
            project_id=tenant,
            security_groups=[group["id"]],
        )
        free = {"network_id": network, "project_id": tenant, "name": "free"}
        self.new("port", **free)

        plan = self.plan()
        said = self.notes(plan)
        self.assertEqual([], [*plan.having(Action.BLOCKED)])
        for note in (
            "network lan: it is no longer shared with project ",
            f"network lan: it is no longer shared with project {self.prefix}-tenant",
            f"corp: it is no longer shared with project {self.prefix}-tenant",
            f"project {self.prefix}-tenant is not going to see its network lan there",
            f"network partner of project {self.prefix}-owner is shared with project",
        ):
            self.assertIn(note, said)
        (whom,) = (
            note
            for node in plan.nodes.values()
            for note in node.decision.notes
            if node.ref.id == inside and "shared" in note
        )
        for each in (f"project {self.prefix}-owner", "project admin"):
            self.assertIn(each, whom)
        shared = [
            node.resource.record["shared"]
            for node in plan.nodes.values()
            if node.resource.name == "lan" and node.ref.type == "network"
        ]
        self.assertEqual([False, False], shared)

        (blocked,) = self.plan("owner").having(Action.BLOCKED)
        self.assertEqual("partner", blocked.resource.name)
        self.assertIn(
            f"external for project {self.prefix}-tenant only", blocked.decision.reason
        )
