# SPDX-License-Identifier: Apache-2.0
"""What a freshly installed cloud has: its administrator, its roles, its own users."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from testbed.simulator.keystone.base import DEFAULT

if TYPE_CHECKING:
    from testbed.simulator.cloud import SimulatedCloud

SERVICE_USERS = ("glance", "placement", "neutron", "nova", "cinder")


def bootstrap(cloud: SimulatedCloud) -> None:
    """Make it."""
    keystone, state = cloud.services["identity"], cloud.state
    keystone.make(
        "domain",
        {"id": DEFAULT, "name": "Default", "description": "The default domain"},
    )
    roles = {}
    for name in cloud.release.roles:
        options = {"immutable": True}
        roles[name] = keystone.make("role", {"name": name, "options": options})["id"]
    for prior, role in pairwise(roles.values()):
        state.implied.add({"id": f"{prior}/{role}", "prior": prior, "implies": role})
    immutable = {"immutable": True} if cloud.release.newer else {}
    service = keystone.make("role", {"name": "service", "options": immutable})["id"]
    admin = keystone.make(
        "project",
        {
            "name": "admin",
            "description": "Bootstrap project for initializing the cloud.",
        },
    )["id"]
    password = cloud.settings.admin_password
    user = keystone.make("user", {"name": "admin", "password": password})["id"]
    keystone.give(("user", user), ("project", admin), roles["admin"])
    keystone.give(("user", user), ("system", "all"), roles["admin"])
    own = keystone.make("project", {"name": "service", "description": "Service users"})
    for name in SERVICE_USERS:
        values = {"name": name, "default_project_id": own["id"]}
        made = keystone.make("user", values)["id"]
        for role in (service, roles["admin"]):
            keystone.give(("user", made), ("project", own["id"]), role)
