# SPDX-License-Identifier: Apache-2.0
"""`testbed reset`: removes what a seed made, and what a migration copied of it.

What belongs to it is told by the prefix: projects, users, groups, roles, flavors,
volume types and images named PREFIX-..., and everything inside those projects.
Nothing else is touched; the public network stays.
"""

import contextlib
import time

from testbed.errors import TestbedError
from testbed.openstack.seed.rest import ApiError

# what Neutron makes and removes by itself; users may call theirs "network:" as well
NEUTRONS = (
    "network:dhcp",
    "network:distributed",
    "network:floatingip",
    "network:ha_router",
    "network:router",
)


def reset(cloud, prefix, progress):
    """Empties one cloud of everything with this prefix."""
    cloud.check()
    Reset(cloud, prefix).run(progress)


class Reset:
    """One cloud and the projects and users in it that are ours."""

    def __init__(self, cloud, prefix):
        self.cloud = cloud
        self.admin = cloud.admin
        self.start = f"{prefix}-"
        self.projects = self._ours("identity", "/projects", "projects")
        self.users = self._ours("identity", "/users", "users")

    def run(self, progress):
        """In the order in which one thing holds another."""
        name = self.cloud.name
        with progress.step(f"{name}: servers"):
            self.servers()
        with progress.step(f"{name}: volumes"):
            self.volumes()
        with progress.step(f"{name}: networks"):
            self.networks()
        with progress.step(f"{name}: images and flavors"):
            self.images()
            self.named("compute", "/flavors", "flavors", is_public="None")
        with progress.step(f"{name}: projects and users"):
            self.keypairs()
            self.quotas()
            self.named("identity", "/users", "users")
            self.named("identity", "/groups", "groups")
            self.named("identity", "/roles", "roles")
            self.delete_projects()

    def delete_projects(self):
        """The deepest first: a project that has others within is kept."""
        left = dict(self.projects)
        while left:
            parents = {project["parent_id"] for project in left.values()}
            for project_id in set(left) - parents:
                self.admin.delete("identity", f"/projects/{project_id}")
                del left[project_id]

    def _ours(self, service, path, key, **params):
        listed = self.admin.listing(service, path, key, **params)
        return {x["id"]: x for x in listed if x["name"].startswith(self.start)}

    def _in_projects(self, service, path, key, **params):
        for project_id in self.projects:
            yield from self.admin.listing(
                service, path, key, project_id=project_id, **params
            )

    def named(self, service, path, key, **params):
        """Deletes those of a collection whose name has the prefix."""
        for thing_id in self._ours(service, path, key, **params):
            self.admin.delete(service, f"{path}/{thing_id}")

    # -- compute
    def servers(self):
        """Unlocks and deletes; waits, since ports and volumes go with them."""

        def left():
            return list(
                self._in_projects(
                    "compute", "/servers/detail", "servers", all_tenants="1"
                )
            )

        for server in left():
            path = f"/servers/{server['id']}"
            if server.get("locked"):
                self.admin.post("compute", f"{path}/action", {"unlock": None})
            self.admin.delete("compute", path)
        _until_empty(left, "servers")
        groups = self.admin.listing(
            "compute", "/os-server-groups", "server_groups", all_projects="True"
        )
        for group in list(groups):
            if group["project_id"] in self.projects:
                self.admin.delete("compute", f"/os-server-groups/{group['id']}")

    def keypairs(self):
        """Nova keeps the keypairs of users who are gone."""
        for user_id in self.users:
            found = self.admin.get("compute", "/os-keypairs", user_id=user_id)
            for item in found["keypairs"]:
                name = item["keypair"]["name"]
                self.admin.delete("compute", f"/os-keypairs/{name}?user_id={user_id}")

    def quotas(self):
        """Back to the defaults, so that no row is left behind."""
        for project_id in self.projects:
            for service in ("compute", "volume"):
                self.admin.delete(service, f"/os-quota-sets/{project_id}")
            self.admin.delete("network", f"/quotas/{project_id}")

    # -- volumes
    def volumes(self):
        """Snapshots, then volumes, then types."""
        for kind in ("snapshots", "volumes"):
            path = f"/{kind}/detail"

            def left(path=path, kind=kind):
                return list(self._in_projects("volume", path, kind, all_tenants="1"))

            for thing in left():
                self._force_delete(f"/{kind}/{thing['id']}/action")
            _until_empty(left, kind)
        self.named("volume", "/types", "volume_types")

    def _force_delete(self, action):
        """Also what a broken migration left attached to nothing."""
        try:
            self.admin.post("volume", action, {"os-force_delete": None})
        except ApiError:
            lost = {"status": "error", "attach_status": "detached"}
            with contextlib.suppress(ApiError):
                self.admin.post("volume", action, {"os-reset_status": lost})
                self.admin.post("volume", action, {"os-force_delete": None})

    # -- network
    def networks(self):
        """Addresses, routers, ports, networks, groups."""
        self._each("floatingips", self._delete)
        self._each("routers", self._router)
        self._each("trunks", self._delete)
        self._each("ports", self._port)
        self._each("networks", self._delete)
        self._each("security-groups", self._clear_group)
        self._each("security-groups", self._delete)

    def _each(self, kind, remove):
        key = kind.replace("-", "_")
        for thing in list(self._in_projects("network", f"/{kind}", key)):
            remove(kind, thing)

    def _delete(self, kind, thing):
        self.admin.delete("network", f"/{kind}/{thing['id']}")

    def _router(self, kind, router):
        """Routes hold interfaces, interfaces and the gateway hold the router."""
        path = f"/routers/{router['id']}"
        bare = {"routes": [], "external_gateway_info": {}}
        self.admin.put("network", path, {"router": bare})
        ports = self.admin.listing("network", "/ports", "ports", device_id=router["id"])
        for port in list(ports):
            body = {"port_id": port["id"]}
            self.admin.put("network", f"{path}/remove_router_interface", body)
        self._delete(kind, router)

    def _port(self, kind, port):
        if not port["device_owner"].startswith(NEUTRONS):
            self._delete(kind, port)

    def _clear_group(self, _kind, group):
        """Groups that name each other cannot go before these rules."""
        for rule in group["security_group_rules"]:
            if rule.get("remote_group_id"):
                self._delete("security-group-rules", rule)

    # -- images
    def images(self):
        """By name, or in one of the projects; protected ones too."""
        listed = self.admin.listing("image", "/images", "images", visibility="all")
        for image in list(listed):
            named = (image["name"] or "").startswith(self.start)
            if not named and image["owner"] not in self.projects:
                continue
            path = f"/images/{image['id']}"
            if image["protected"]:
                patch = [{"op": "replace", "path": "/protected", "value": False}]
                self.admin.request(
                    "PATCH",
                    "image",
                    path,
                    json=patch,
                    headers={
                        "Content-Type": "application/openstack-images-v2.1-json-patch"
                    },
                )
            self.admin.delete("image", path)


def _until_empty(left, what, limit=180):
    end = time.monotonic() + limit
    while found := left():
        if time.monotonic() > end:
            raise TestbedError(f"{len(found)} {what} are still there after {limit} s")
        time.sleep(0.3)
