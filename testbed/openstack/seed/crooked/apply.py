# SPDX-License-Identifier: Apache-2.0
"""Makes the crooked tenant on one cloud, and its counterparts on the other."""

from testbed.openstack.seed import network
from testbed.openstack.seed.apply import public_network
from testbed.openstack.seed.crooked import images, people, servers, storage, wires
from testbed.openstack.seed.crooked.base import Site


def seed(here, there, progress, prefix, number):
    """The tenant PREFIX-crooked; returns the owners' names and passwords.

    :param here: the cloud it is made on
    :param there: the other one, on which some of it stands already
    :param number: decides passwords and data
    """
    ours, theirs = (Site(cloud, prefix, number) for cloud in (here, there))
    here.check()
    there.check()
    with public_network(progress):
        network.public(there.admin)
        public_id = network.public(here.admin)
    with progress.step(f"{ours.tenant}: accounts"):
        people.apply(ours, theirs)
    with progress.step(f"{ours.tenant}: networks, images"):
        wires.apply(ours, theirs, public_id)
        images.apply(ours)
        storage.apply(ours)
    with progress.step(f"{ours.tenant}: servers"):
        servers.apply(ours, public_id)
        images.afterwards(ours)
    progress.say(f"seeded {here.name} in {progress.elapsed():.1f} s")
    owner = ours.person("crooked", "owner")
    return {owner.name: {"password": owner.password, "project": ours.tenant}}
