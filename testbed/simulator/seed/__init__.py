# SPDX-License-Identifier: Apache-2.0
"""Tenants like those of ``testbed seed``, made in a cloud's memory at once.

The same plan, names, addresses and passwords, without a request: ten thousand
resources take a second or so.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from testbed.openstack.seed import plan as planning
from testbed.openstack.seed.model import Plan
from testbed.simulator.seed.networking import Networking, public
from testbed.simulator.seed.people import People
from testbed.simulator.seed.servers import images, servers

if TYPE_CHECKING:
    from testbed.simulator.cloud import SimulatedCloud


def fill(
    cloud: SimulatedCloud,
    *,
    projects: int = 1,
    servers: int = 3,
    seed: int = 1,
    prefix: str = "acme",
    image_size: int = 1,
) -> dict[str, int]:
    """Make so many projects, each with so many servers.

    :param projects: 0 makes just the public network, as in a destination
    :param seed: decides everything, as that of ``testbed seed``
    :param image_size: MiB each; the data repeats itself
    :returns: how many records of each type the cloud has then
    """
    if projects:
        apply(cloud, _plan(seed, prefix, projects, servers, image_size))
    else:
        public(cloud)
    tables = cloud.state.tables.items()
    return {name: len(table) for name, table in sorted(tables) if len(table)}


@functools.lru_cache(8)
def _plan(seed: int, prefix: str, projects: int, servers: int, size: int) -> Plan:
    return planning.make(
        seed=seed, prefix=prefix, projects=projects, servers=servers, image_size=size
    )


def apply(cloud: SimulatedCloud, plan: Plan) -> None:
    """Make what *plan* says."""
    public_id = public(cloud)
    people = People(cloud)
    people.apply(plan)
    shared = images(cloud, plan, plan.images, people)
    for project in plan.projects:
        if project.users:
            people.quotas(project)
            networking = Networking(cloud, people.projects[project.name], public_id)
            networking.apply(project)
            mine = images(cloud, plan, project.images, people)
            servers(cloud, project, people, networking, {**shared, **mine})
