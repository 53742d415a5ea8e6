# SPDX-License-Identifier: Apache-2.0
"""A server, two clouds that it moves between, and a run that knows all else."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Ref, Resource
from pumphouse.resources.compute.server import Server
from tests.unit.resources.compute.server_sim import SimCloud
from tests.unit.resources.fakes import FakeContext

SERVER = Ref("server", "s1")
CANARY = "Y2FuYXJ5LW9mLXVzZXItZGF0YQ=="
STEPS = ("suspend", "create", "verify", "shutdown")
BODY = {
    "name": "web-1",
    "imageRef": "image-here",
    "flavorRef": "flavor-here",
    "key_name": "key",
    "networks": [{"port": "p2"}, {"port": "p1"}],
    "metadata": {"tier": "1"},
    "tags": ["blue"],
    "description": "serves",
    "config_drive": True,
    "hostname": "web-one",
    "user_data": CANARY,
}


class World:
    """Two clouds, one of which has a server; a run that knows all else."""

    def __init__(self, status: str = "ACTIVE", **options: bool) -> None:
        self.source, self.destination = SimCloud("source"), SimCloud("destination")
        for side, prefix in ((self.source, ""), (self.destination, "there-")):
            side.add_port(f"{prefix}p1", "fa:01", "10.0.0.1")
            side.add_port(f"{prefix}p2", "fa:02", "10.0.0.2")
        for port in self.destination.ports.values():
            port["project_id"] = "project-there"
        self.destination.images["image-there"] = {
            "id": "image-there",
            "name": "debian",
            "status": "active",
            "min_ram": 64,
            "min_disk": 1,
        }
        self.destination.flavors["flavor-there"] = {
            "id": "flavor-there",
            "name": "small",
            "ram": 64,
            "disk": 1,
        }
        key = {"name": "key", "public_key": "ssh-rsa AAAA", "type": "ssh"}
        self.source.keypairs["owner", "key"] = key
        self.destination.keypairs["owner-there", "key"] = key
        self.source.boot(
            BODY, user="owner", project="project", server_id="s1", status=status
        )
        self.kind = Server()
        record = self.source.servers["s1"]
        self.resource = Resource(
            SERVER, "web-1", self.kind.saved(record), project_id="project"
        )
        self.bound = {
            Ref("project", "project"): "project-there",
            Ref("user", "owner"): "owner-there",
            Ref("image", "image-here"): "image-there",
            Ref("flavor", "flavor-here"): "flavor-there",
            Ref("keypair", "owner/key"): "owner-there/key",
            Ref("port", "p1"): "there-p1",
            Ref("port", "p2"): "there-p2",
        }
        self.ctx = FakeContext(
            self.source,
            self.destination,
            options=Options(**options),
            bound=self.bound,
        )
        owner = self.destination.as_user("owner-there", "project-there")
        self.ctx.user_clouds["owner-there", "project-there"] = owner
        operator = self.destination.as_user("destination-operator", "project-there")
        self.ctx.project_clouds["project-there"] = operator
        self.steps: dict = {}
        self.kind.tasks(self.resource, self.steps.setdefault)

    def run(self, *names: str) -> dict:
        """Those steps, or all; what the last one said."""
        said = {}
        for name in names or STEPS:
            said = dict(self.steps[name](self.ctx, self.resource))
        return said

    def settle(self) -> None:
        """Let whatever Nova is at come to its end."""
        for cloud in (self.source, self.destination):
            for server_id in list(cloud.servers):
                for _ in range(5):
                    cloud._advance(server_id)

    @property
    def here(self) -> dict:
        return self.source.servers["s1"]

    @property
    def there(self) -> dict:
        (only,) = self.destination.servers.values()
        return only

    def intents(self) -> set[str]:
        return {i.kind for i in self.ctx.intents if i.outcome == "open"}


class MoveTestCase(testtools.TestCase):
    """Knows how both clouds look when the server has moved."""

    def assert_moved(
        self, world: World, was: str = "ACTIVE", not_kept: tuple[str, ...] = ()
    ) -> None:
        world.settle()
        self.assertEqual(was, world.there["status"])
        self.assertEqual(["blue"], world.there["tags"])
        self.assertEqual("SHUTOFF", world.here["status"])
        self.assertTrue(world.here["locked"])
        ups = [p["admin_state_up"] for p in world.source.ports.values()]
        self.assertEqual([True, True], ups)
        self.assertEqual(set(), world.intents())
        self.assertEqual(world.there["id"], world.ctx.translate(SERVER))
        whole = [world.kind.resource(server) for server in (world.here, world.there)]
        found = world.kind.compare(*whole, world.ctx.translate, world.ctx.options)
        self.assertEqual(not_kept, tuple(d.field for d in found), found)


def refuse(cloud: SimCloud, request: str, error: Exception | None = None) -> None:
    """The cloud answers that request with an error."""

    def before(name: str) -> None:
        if name == request:
            raise error or exceptions.Conflict("it is busy")

    cloud.before = before


def lose(cloud: SimCloud, request: str) -> None:
    """That request takes effect, and its answer is lost: once."""

    def after(name: str) -> None:
        if name == request:
            cloud.after = lambda name: None
            raise exceptions.LostAnswer("no answer came")

    cloud.after = after
