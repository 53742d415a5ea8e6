# SPDX-License-Identifier: Apache-2.0
"""`testbed seed`: makes what a plan says and the cloud does not have yet."""

import concurrent.futures
import contextlib
import json
import tempfile

from testbed.openstack import credentials, locks
from testbed.openstack.seed import compute, identity, image, network, volume

BOOTS_AT_ONCE = 2


def seed(plan, cloud, others, progress, credentials_file=None):
    """Fills one cloud; the other clouds only get the public network."""
    for one in (cloud, *others):
        one.check()
    with public_network(progress):
        for one in others:
            network.public(one.admin)
        public_id = network.public(cloud.admin)
    people = identity.Identity(cloud, plan)
    with progress.step(f"{len(plan.projects)} projects, {len(plan.users())} users"):
        people.apply()
        people.keypairs()
    with progress.step(f"{len(plan.flavors)} flavors, public image"):
        flavors = identity.flavors(cloud.admin, plan, people.projects)
        shared = image.apply(
            cloud, plan, plan.images, people.projects, lambda _: cloud.admin
        )
        volume.volume_type(cloud.admin, plan.volume_type)
    for project in plan.projects:
        if project.users:
            filler = Filler(cloud, plan, people, public_id, flavors, shared)
            filler.fill(project, progress)
    if credentials_file:
        write_credentials(plan, credentials_file, progress)
    progress.say(f"seeded {cloud.name} in {progress.elapsed():.1f} s")


@contextlib.contextmanager
def public_network(progress):
    """The step that makes it: of commands that run side by side, one does."""
    with (
        locks.alone(tempfile.gettempdir(), progress, "the public network"),
        progress.step("public network"),
    ):
        yield


class Filler:
    """Gives one project after another all that it owns."""

    def __init__(self, cloud, plan, people, public_id, flavors, images):
        self.cloud = cloud
        self.plan = plan
        self.people = people
        self.public_id = public_id
        self.flavors = flavors
        self.images = images

    def fill(self, project, progress):
        """One project: quotas, networking, images, servers, volumes."""
        project_id = self.people.projects[project.name]
        with self._open(project):
            with progress.step(f"{project.name}: quotas, networks, images"):
                self.people.quotas(project)
                net = network.Networking(
                    self.cloud.admin, project, project_id, self.public_id
                )
                net.apply()
                images = self._images(project)
            ids = {
                "image": images,
                "flavor": self.flavors,
                "network": net.networks,
                "port": net.ports,
            }
            servers = compute.Servers(self.cloud, project, project_id, ids)
            lacking = servers.lacking()
            if lacking:
                with progress.step(f"{project.name}: {len(lacking)} servers"):
                    with concurrent.futures.ThreadPoolExecutor(BOOTS_AT_ONCE) as pool:
                        list(pool.map(servers.boot, lacking))
            if project.volumes:
                with progress.step(f"{project.name}: {len(project.volumes)} volumes"):
                    volume.apply(self.cloud, project, project_id, images, servers.known)

    @contextlib.contextmanager
    def _open(self, project):
        """Nobody can log in to a disabled project: it is closed at the end."""
        if project.enabled:
            yield
            return
        self.people.enable(project, True)
        yield
        self.people.enable(project, False)

    def _images(self, project):
        users = {u.name: u for u in project.users}

        def owner(one):
            return self.cloud.login(users[one.owner], project.name)

        mine = image.apply(
            self.cloud, self.plan, project.images, self.people.projects, owner
        )
        return {**self.images, **mine}


def write_credentials(plan, path, progress):
    """Who can log in where, in a file that only its owner can read."""
    accounts = {
        user.name: {"password": user.password, "project": project.name}
        for user, project in plan.users().items()
    }
    write_accounts(accounts, path, progress)


def write_accounts(accounts, path, progress):
    """Passwords and projects by user name, as a private file."""
    credentials.write_private(path, json.dumps(accounts, indent=2) + "\n")
    progress.say(f"passwords written to {path}")
