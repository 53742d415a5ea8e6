# SPDX-License-Identifier: Apache-2.0
"""Boots the seed's servers, each as the user who owns it."""

from testbed.openstack.seed.rest import wait


class Servers:
    """The servers of one project; `ids` has what they need by kind and name."""

    def __init__(self, cloud, project, project_id, ids):
        self.cloud = cloud
        self.project = project
        self.ids = ids
        listed = cloud.admin.listing(
            "compute",
            "/servers/detail",
            "servers",
            all_tenants="1",
            project_id=project_id,
        )
        self.known = {server["name"]: server["id"] for server in listed}

    def lacking(self):
        """The planned servers that are not there."""
        return [s for s in self.project.servers if s.name not in self.known]

    def boot(self, server):
        """Makes one and waits until it is as planned."""
        user = next(u for u in self.project.users if u.name == server.owner)
        rest = self.cloud.login(user, self.project.name)
        made = rest.post("compute", "/servers", {"server": self._body(server)})
        path = f"/servers/{made['server']['id']}"

        def get():
            return rest.get("compute", path)["server"]

        wait(get, ("ACTIVE",), server.name)
        if not server.running:
            rest.post("compute", f"{path}/action", {"os-stop": None})
            wait(get, ("SHUTOFF",), server.name)
        self.known[server.name] = made["server"]["id"]

    def _body(self, server):
        body = {
            "name": server.name,
            "imageRef": self.ids["image"][server.image],
            "flavorRef": self.ids["flavor"][server.flavor],
            "networks": [self._nic(*nic) for nic in server.nics],
            "key_name": server.key_name,
            "metadata": server.metadata,
            "user_data": server.user_data,
            "tags": list(server.tags),
            "config_drive": server.config_drive,
            "description": server.description,
        }
        if server.groups:
            body["security_groups"] = [{"name": name} for name in server.groups]
        return body

    def _nic(self, kind, name):
        key = {"port": "port", "network": "uuid"}[kind]
        return {key: self.ids[kind][name]}
