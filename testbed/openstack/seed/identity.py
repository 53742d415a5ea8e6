# SPDX-License-Identifier: Apache-2.0
"""Makes the seed's projects, roles, users and quotas, and keeps track of their ids."""

from testbed.openstack.seed.rest import ApiError

DOMAIN = "default"


class Identity:
    """Ids by name, of what the plan says and the cloud has."""

    def __init__(self, cloud, plan):
        self.cloud = cloud
        self.admin = cloud.admin
        self.plan = plan
        self.projects = self._names("projects")
        self.users = self._names("users")
        self.roles = self._names("roles")

    def _names(self, kind):
        domain = {} if kind == "roles" else {"domain_id": DOMAIN}
        found = self.admin.listing("identity", f"/{kind}", kind, **domain)
        return {thing["name"]: thing["id"] for thing in found}

    def apply(self):
        """Projects, roles, users, assignments."""
        role = {"description": "Runs what the team has built"}
        self._ensure("role", self.roles, self.plan.role, **role)
        for project in self.plan.projects:
            self._ensure(
                "project",
                self.projects,
                project.name,
                domain_id=DOMAIN,
                description=project.description,
                tags=["seeded"],
            )
        for user, project in self.plan.users().items():
            self._user(user, project)

    def _ensure(self, kind, known, name, **fields):
        if name not in known:
            made = self.admin.post(
                "identity", f"/{kind}s", {kind: {"name": name, **fields}}
            )
            known[name] = made[kind]["id"]
        return known[name]

    def _user(self, user, project):
        self._ensure(
            "user",
            self.users,
            user.name,
            domain_id=DOMAIN,
            password=user.password,
            email=user.email,
            enabled=user.enabled,
            default_project_id=self.projects[project.name],
            description=f"Works on {project.name}",
        )
        for where, role in user.roles:
            self.admin.put(
                "identity",
                f"/projects/{self.projects[where]}/users/{self.users[user.name]}"
                f"/roles/{self.roles[role]}",
            )

    def enable(self, project, enabled):
        """A disabled project is open while the seed works in it."""
        path = f"/projects/{self.projects[project.name]}"
        self.admin.patch("identity", path, {"project": {"enabled": enabled}})

    def keypairs(self):
        """Everybody's keypairs, made by the admin in their name."""
        for user in self.plan.users():
            if not user.keypairs:
                continue
            user_id = self.users[user.name]
            found = self.admin.get("compute", "/os-keypairs", user_id=user_id)
            known = {item["keypair"]["name"] for item in found["keypairs"]}
            for key in user.keypairs:
                if key.name not in known:
                    body = {
                        "name": key.name,
                        "public_key": key.public_key,
                        "type": "ssh",
                        "user_id": user_id,
                    }
                    self.admin.post("compute", "/os-keypairs", {"keypair": body})

    def quotas(self, project):
        """The project's quotas in nova, neutron and cinder."""
        project_id = self.projects[project.name]
        paths = {
            "compute": ("/os-quota-sets/", "quota_set"),
            "network": ("/quotas/", "quota"),
            "volume": ("/os-quota-sets/", "quota_set"),
        }
        for service, fields in project.quotas.items():
            path, key = paths[service]
            self.admin.put(service, path + project_id, {key: fields})


def flavors(admin, plan, projects):
    """The flavors; a private one with its access list. Returns name -> id."""
    listed = admin.listing("compute", "/flavors/detail", "flavors", is_public="None")
    known = {flavor["name"]: flavor["id"] for flavor in listed}
    for flavor in plan.flavors:
        if flavor.name not in known:
            body = {
                "name": flavor.name,
                "vcpus": flavor.vcpus,
                "ram": flavor.ram,
                "disk": flavor.disk,
                "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
                "swap": flavor.swap,
                "os-flavor-access:is_public": flavor.access is None,
                "description": flavor.description,
            }
            made = admin.post("compute", "/flavors", {"flavor": body})
            known[flavor.name] = made["flavor"]["id"]
        place = f"/flavors/{known[flavor.name]}"
        if flavor.extra_specs:
            specs = {"extra_specs": flavor.extra_specs}
            admin.post("compute", f"{place}/os-extra_specs", specs)
        for project in flavor.access or ():
            body = {"addTenantAccess": {"tenant": projects[project]}}
            try:
                admin.post("compute", f"{place}/action", body)
            except ApiError as e:
                if e.status != 409:
                    raise
    return {name: known[name] for name in (f.name for f in plan.flavors)}
