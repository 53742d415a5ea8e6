# SPDX-License-Identifier: Apache-2.0
"""What all rooms of the crooked tenant need: names, accounts, things made once."""

import contextlib
from dataclasses import dataclass, field

from testbed.openstack.seed.dice import Dice
from testbed.openstack.seed.rest import ApiError

DOMAIN = "default"
# one for all that is made outside of the cloud's own names
BLANK, BREAK = "padded ", "two\nlines"


@dataclass(frozen=True)
class Person:
    """A user who can log in."""

    name: str
    password: str = field(repr=False)


class Site:
    """One cloud, and what the crooked tenant has there, by name."""

    def __init__(self, cloud, prefix, seed):
        self.cloud = cloud
        self.admin = cloud.admin
        self.prefix = prefix
        self.seed = seed
        self.projects = {}
        self.users = {}
        self.roles = {}
        self.networks = {}
        self.subnets = {}
        self.ports = {}
        self.flavors = {}
        self.images = {}

    @property
    def tenant(self):
        """The name of the project that is going to be migrated."""
        return self.name("crooked")

    def name(self, *words):
        """A name that `reset` knows as ours."""
        return "-".join((self.prefix, *words))

    def person(self, *words):
        """A user of that name, with the password that the seed gives it."""
        name = self.name(*words)
        return Person(name, Dice(self.seed, "crooked", name).password())

    def once(self, service, path, kind, key, **fields):
        """The record of the one thing with this key, made if there is none."""
        plural = f"{kind}s"
        found = self.admin.listing(service, path, plural, **key)
        for record in found:
            if all(record.get(name) == value for name, value in key.items()):
                return record
        made = self.admin.post(service, path, {kind: {**key, **fields}})
        return made[kind]

    def net(self, kind, name, owner="crooked", **fields):
        """Something of Neutron's with that name, in one of our projects."""
        path = "/" + kind.replace("_", "-") + "s"
        key = {"name": name, "project_id": self.projects[owner]}
        return self.once("network", path, kind, key, **fields)


@contextlib.contextmanager
def unless_there():
    """For requests that a cloud refuses when what they make is there already."""
    try:
        yield
    except ApiError as e:
        if e.status != 409:
            raise
