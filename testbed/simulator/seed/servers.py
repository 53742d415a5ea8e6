# SPDX-License-Identifier: Apache-2.0
"""The seed's images and servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from testbed.openstack.seed.dice import Dice
from testbed.openstack.seed.model import Image, Plan, Project, Server
from testbed.simulator.glance.data import BLOCK
from testbed.simulator.seed.networking import Networking
from testbed.simulator.seed.people import People

if TYPE_CHECKING:
    from testbed.simulator.cloud import SimulatedCloud


def images(
    cloud: SimulatedCloud, plan: Plan, wanted: Iterable[Image], people: People
) -> dict[str, str]:
    """Images with data; their ids by name."""
    glance, found = cloud.services["image"], {}
    for image in wanted:
        record = glance.make_image(
            people.projects[image.project or "admin"],
            {
                "name": image.name,
                "disk_format": "raw",
                "container_format": "bare",
                "visibility": image.visibility,
                "protected": image.protected,
                "min_disk": image.min_disk,
                "min_ram": image.min_ram,
                "tags": list(image.tags),
                **image.properties,
            },
        )
        block = Dice(plan.seed, plan.prefix, "image", image.name).bytes(BLOCK)
        glance.store(record, [block] * (image.size // BLOCK))
        found[image.name] = record["id"]
    return found


def servers(
    cloud: SimulatedCloud,
    project: Project,
    people: People,
    networking: Networking,
    images: Mapping[str, str],
) -> None:
    """The servers of a project, ACTIVE or shut off."""
    for server in project.servers:
        _server(cloud, server, project, people, networking, images)


def _server(
    cloud: SimulatedCloud,
    server: Server,
    project: Project,
    people: People,
    networking: Networking,
    images: Mapping[str, str],
) -> None:
    nova, neutron = cloud.services["compute"], cloud.services["network"]
    owner = people.projects[project.name]
    nics = []
    for kind, name in server.nics:
        if kind == "port":
            nics.append({"port_id": networking.ports[name], "made": False})
            continue
        groups = [networking.groups[group] for group in server.groups] or None
        asked = {"network_id": networking.networks[name], "security_groups": groups}
        nics.append({"port_id": neutron.make_port(owner, asked)["id"], "made": True})
    record = nova.make_server(
        people.users[server.owner],
        owner,
        {
            "name": server.name,
            "imageRef": images[server.image],
            "flavorRef": people.flavors[server.flavor],
            "key_name": server.key_name,
            "metadata": server.metadata,
            "user_data": server.user_data,
            "tags": server.tags,
            "config_drive": server.config_drive,
            "description": server.description,
        },
        nics,
    )
    nova.built(record["id"])
    if not server.running:
        record["vm_state"] = "stopped"
