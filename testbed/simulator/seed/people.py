# SPDX-License-Identifier: Apache-2.0
"""The seed's projects, users, roles, keypairs, quotas and flavors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbed.openstack.seed.model import Plan, Project

if TYPE_CHECKING:
    from testbed.simulator.cloud import SimulatedCloud


class People:
    """Ids by name, of what it made and what was there."""

    def __init__(self, cloud: SimulatedCloud) -> None:
        self._cloud = cloud
        state = cloud.state
        self.projects = {p["name"]: p["id"] for p in state.projects}
        self.roles = {r["name"]: r["id"] for r in state.roles}
        self.users: dict[str, str] = {}
        self.flavors: dict[str, str] = {}

    def apply(self, plan: Plan) -> None:
        """Make them."""
        keystone = self._cloud.services["identity"]
        role = {"name": plan.role, "description": "Runs what the team has built"}
        self.roles[plan.role] = keystone.make("role", role)["id"]
        for project in plan.projects:
            values = {
                "name": project.name,
                "description": project.description,
                "enabled": project.enabled,
                "tags": ["seeded"],
            }
            self.projects[project.name] = keystone.make("project", values)["id"]
        for user, project in plan.users().items():
            made = keystone.make(
                "user",
                {
                    "name": user.name,
                    "password": user.password,
                    "email": user.email,
                    "enabled": user.enabled,
                    "default_project_id": self.projects[project.name],
                    "description": f"Works on {project.name}",
                },
            )
            self.users[user.name] = made["id"]
            self._keypairs(made["id"], user.keypairs)
            for where, name in user.roles:
                place = ("project", self.projects[where])
                keystone.give(("user", made["id"]), place, self.roles[name])
        self._flavors(plan)

    def _keypairs(self, user_id: str, keypairs: tuple) -> None:  # type: ignore[type-arg]
        for key in keypairs:
            asked = {"name": key.name, "public_key": key.public_key}
            self._cloud.services["compute"].make_keypair(user_id, asked)

    def _flavors(self, plan: Plan) -> None:
        for flavor in plan.flavors:
            made = self._cloud.services["compute"].make_flavor(
                {
                    "name": flavor.name,
                    "vcpus": flavor.vcpus,
                    "ram": flavor.ram,
                    "disk": flavor.disk,
                    "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
                    "swap": flavor.swap,
                    "os-flavor-access:is_public": flavor.access is None,
                    "description": flavor.description,
                    "extra_specs": flavor.extra_specs,
                }
            )
            made["projects"] = [self.projects[name] for name in flavor.access or ()]
            self.flavors[flavor.name] = made["id"]

    def quotas(self, project: Project) -> None:
        """Those of one project; they are large enough for what it gets."""
        for service in ("compute", "network"):
            found = dict(project.quotas[service])
            if service == "network":
                found["port"] = max(found["port"], 4 * len(project.servers) + 50)
            key = self.projects[project.name]
            self._cloud.services[service].set_limits(key, found)
