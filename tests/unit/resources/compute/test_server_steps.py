# SPDX-License-Identifier: Apache-2.0
"""The way of a server, between two simulated clouds that are killed anywhere."""

from __future__ import annotations

import json

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Ref, Resource
from pumphouse.resources.compute.server import Server
from tests.unit.resources.compute.server_sim import Killed, SimCloud
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


class _MoveTest(testtools.TestCase):
    def assert_moved(self, world: World, was: str = "ACTIVE") -> None:
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
        self.assertEqual(
            (), world.kind.compare(*whole, world.ctx.translate, world.ctx.options)
        )


class MoveTest(_MoveTest):
    def test_everything_arrives(self):
        world = World()
        said = world.run()
        self.assert_moved(world)
        self.assertEqual("owner-there", world.there["user_id"])
        self.assertEqual("project-there", world.there["tenant_id"])
        self.assertEqual(CANARY, world.there["OS-EXT-SRV-ATTR:user_data"])
        macs = [a["OS-EXT-IPS-MAC:mac_addr"] for a in world.there["addresses"]["net"]]
        self.assertEqual(["fa:02", "fa:01"], macs)
        self.assertGreater(said["downtime"], 0)
        self.assertTrue(said["owner_kept"])

    def test_at_most_twenty_requests(self):
        """With one NIC; each further one costs two."""
        world = World()
        world.run()
        total = len(world.source.requests) + len(world.destination.requests)
        self.assertLessEqual(total, 22, world.source.requests)

    def test_user_data_stays_out_of_what_is_kept(self):
        world = World()
        said = [world.run(name) for name in STEPS]
        kept = json.dumps([said, [i.details for i in world.ctx.intents]])
        kept += str(world.ctx.notes) + str(world.resource)
        self.assertNotIn(CANARY, kept)

    def test_all_steps_again_change_nothing(self):
        world = World()
        world.run()
        before = len(world.source.changes()), len(world.destination.changes())
        for name in STEPS:
            world.run(name)
        after = len(world.source.changes()), len(world.destination.changes())
        self.assertEqual(before, after)
        self.assert_moved(world)

    def test_a_stopped_server_arrives_stopped_and_has_no_downtime(self):
        world = World("SHUTOFF")
        said = world.run()
        self.assert_moved(world, "SHUTOFF")
        self.assertNotIn("downtime", said)
        self.assertEqual(["POST /servers/s1/action lock"], world.source.changes())

    def test_the_source_is_isolated_while_it_runs_again(self):
        """Its twin has the same addresses: they must not talk at once."""
        world = World()
        world.run("suspend", "create", "verify")
        seen = []
        world.source.before = lambda name: seen.append(
            (name, any(p["admin_state_up"] for p in world.source.ports.values()))
        )
        world.run("shutdown")
        up = dict(seen)
        self.assertFalse(up["POST /servers/s1/action resume"])
        self.assertFalse(up["POST /servers/s1/action os-stop"])

    def test_a_source_that_its_users_started_meanwhile_is_shut_off_too(self):
        """Its state is not read before it is stopped; Nova's refusal tells."""
        for status in ("ACTIVE", "SHUTOFF"):
            world = World()
            world.run("suspend", "create", "verify")
            world.settle()
            world.here["status"] = status
            world.run("shutdown")
            self.assert_moved(world)

    def test_a_port_that_is_gone_since_holds_nothing_up(self):
        world = World()
        world.run("suspend", "create", "verify")
        world.settle()
        del world.source.ports["p1"]
        world.run("shutdown")
        self.assertEqual("SHUTOFF", world.here["status"])
        self.assertTrue(world.source.ports["p2"]["admin_state_up"])

    def test_options_leave_ports_and_lock_alone(self):
        world = World(isolate_source_ports=False, lock_source=False)
        world.run()
        self.assertFalse(world.here["locked"])
        self.assertFalse(any("ports" in c for c in world.source.changes()))

    def test_a_deleted_keypair_is_left_out(self):
        world = World()
        del world.ctx.bindings[Ref("keypair", "owner/key")]
        world.run()
        self.assertIsNone(world.there["key_name"])
        self.assert_moved(world)

    def test_without_its_owner_the_operator_creates_it_with_a_lent_keypair(self):
        """A disabled or vanished owner cannot; the key name is kept all the same."""
        world = World()
        world.ctx.user_clouds.clear()
        said = world.run()
        self.assertEqual("key", world.there["key_name"])
        self.assertEqual("destination-operator", world.there["user_id"])
        self.assertFalse(said["owner_kept"])
        self.assertNotIn(("destination-operator", "key"), world.destination.keypairs)
        self.assert_moved(world)

    def test_a_lent_keypair_that_cannot_be_given_back_costs_no_server(self):
        """It stays in the journal; what was made with it is bound all the same."""
        world = World()
        world.ctx.user_clouds.clear()

        def busy(name: str) -> None:
            if name.startswith("DELETE /os-keypairs"):
                raise exceptions.Conflict("busy")

        world.destination.before = busy
        world.run("suspend", "create")
        self.assertEqual(world.there["id"], world.ctx.translate(SERVER))
        self.assertIn("keypair", world.intents())
        self.assertNotIn("create", world.intents())

    def test_the_operators_own_namesake_of_a_keypair_is_not_taken(self):
        world = World()
        world.ctx.user_clouds.clear()
        other = {"name": "key", "public_key": "ssh-rsa BBBB"}
        world.destination.keypairs["destination-operator", "key"] = other
        error = self.assertRaises(exceptions.ResourceError, world.run)
        self.assertIn("another keypair named 'key'", str(error))
        self.assertEqual("ACTIVE", world.here["status"])
        self.assertIn(("destination-operator", "key"), world.destination.keypairs)

    def test_fifty_tags_leave_room_for_the_marker(self):
        world = World()
        tags = sorted(f"t{n:02}" for n in range(50))
        world.here["tags"] = tags
        record = {**world.resource.record, "tags": tags}
        world.resource = Resource(SERVER, "web-1", record, "project")
        world.run("suspend", "create")
        self.assertEqual(50, len(world.there["tags"]))
        world.run("verify")
        self.assertEqual(tags, world.there["tags"])

    def test_host_names_are_sent_to_clouds_that_take_them(self):
        for newest, sent in (("2.60", False), ("2.90", True), ("2.100", True)):
            world = World()
            world.destination.newest = newest
            world.run("suspend", "create")
            self.assertEqual(sent, world.there["OS-EXT-SRV-ATTR:hostname"] == "web-one")


class KilledTest(_MoveTest):
    """Killed before or after any request, the next run ends the same."""

    def sweep(self, status: str = "ACTIVE", ours: bool = True) -> int:
        def world() -> World:
            new = World(status)
            if not ours:
                new.ctx.user_clouds.clear()
            return new

        whole = world()
        whole.run()
        points = [
            (side, n, when)
            for side in ("source", "destination")
            for n in range(len(getattr(whole, side).changes()))
            for when in ("before", "after")
        ]
        for side, number, when in points:
            one = world()
            reached = self._kill(one, getattr(one, side), number, when)
            one.run(*STEPS[STEPS.index(reached) :])
            self.assertEqual(1, len(one.destination.servers), (side, number, when))
            self.assert_moved(one, status)
            lent = [u for u, _ in one.destination.keypairs if "operator" in u]
            self.assertEqual([], lent, (side, number, when))
        return len(points)

    def _kill(self, world: World, cloud: SimCloud, number: int, when: str) -> str:
        """The step in which the run was killed."""
        clouds = (world.source, world.destination)
        seen = 0

        def count(name: str) -> None:
            nonlocal seen
            seen += 1
            if seen == number + 1:
                for each in clouds:  # no clean-up gets through either
                    each.before = die
                raise Killed

        def die(name: str) -> None:
            raise Killed

        setattr(cloud, when, count)
        for name in STEPS:
            try:
                world.run(name)
            except Killed:
                for each in clouds:
                    each.before = each.after = lambda name: None
                return name
        raise AssertionError(f"request {number} was never sent")

    def test_anywhere(self):
        self.assertGreaterEqual(self.sweep(), 20)

    def test_anywhere_with_a_stopped_server(self):
        self.assertGreater(self.sweep("SHUTOFF"), 6)

    def test_anywhere_without_its_owner(self):
        self.assertGreaterEqual(self.sweep(ours=False), 24)

    def test_between_any_two_lines_of_the_journal(self):
        """Each line is written on its own: none is left open for ever."""
        points = 0
        for line in ("temporary", "settle"):
            for number in range(4):
                world = World()
                reached = self._kill_at_line(world, line, number)
                if reached:
                    points += 1
                    world.run(*STEPS[STEPS.index(reached) :])
                    self.assert_moved(world)
        self.assertEqual(6, points)

    def _kill_at_line(self, world: World, line: str, number: int) -> str:
        """The step in which the run was killed; empty if it was not."""
        write, left = getattr(world.ctx, line), [number]

        def killed(*args: object, **details: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return write(*args, **details)

        setattr(world.ctx, line, killed)
        try:
            for name in STEPS:
                world.run(name)
        except Killed:
            return name
        finally:
            setattr(world.ctx, line, write)
        return ""

    def test_anywhere_while_it_is_put_back(self):
        """The next run neither loses nor doubles a server."""
        for side, number, when in (
            ("source", 1, "before"),
            ("source", 1, "after"),
            ("destination", 1, "before"),
            ("destination", 1, "after"),
        ):
            world = World()
            world.destination.fault = "No valid host was found."
            self.assertEqual(
                "verify",
                self._kill(world, getattr(world, side), number, when),
            )
            world.destination.fault = ""
            try:
                world.run("verify", "shutdown")
            except exceptions.WrongState:
                # The broken half was still there and is removed now.
                self.assertEqual("ACTIVE", world.here["status"])
                world.run()
            self.assert_moved(world)


class PutBackTest(testtools.TestCase):
    """Any failure before the end of verify leaves the source as it was."""

    def assert_put_back(self, world: World) -> None:
        world.settle()
        self.assertEqual("ACTIVE", world.here["status"])
        self.assertFalse(world.here["locked"])
        self.assertEqual({}, world.destination.servers)
        self.assertIsNone(world.ctx.binding(SERVER))
        self.assertEqual(set(), world.intents())
        free = [p["device_id"] for p in world.destination.ports.values()]
        self.assertEqual(["", ""], free)

    def test_no_host_there(self):
        world = World()
        world.destination.fault = "No valid host was found."
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("No valid host was found", str(error))
        self.assertIn("source server is as it was", str(error))
        self.assert_put_back(world)
        world.destination.fault = ""
        world.run()
        self.assertEqual("ACTIVE", world.there["status"])

    def test_out_of_quota(self):
        world = World()
        self.refuse(world.destination, "POST /servers", exceptions.QuotaExceeded("no"))
        self.assertRaises(exceptions.QuotaExceeded, world.run)
        self.assert_put_back(world)

    def test_it_arrived_otherwise(self):
        world = World()
        world.run("suspend", "create")
        world.there["metadata"] = {"tier": "2"}
        error = self.assertRaises(exceptions.DestinationDiffers, world.run, "verify")
        self.assertIn("metadata", str(error))
        self.assert_put_back(world)

    def test_the_source_refuses_to_suspend(self):
        world = World()
        self.refuse(world.source, "POST /servers/s1/action suspend")
        self.assertRaises(exceptions.Conflict, world.run)
        self.assert_put_back(world)

    def test_it_accepts_to_suspend_and_does_not(self):
        world = World()
        world.source._later = lambda server_id, **fields: world.source._pending.update(
            {server_id: (1, {"status": "ACTIVE", "OS-EXT-STS:task_state": None})}
        )
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("accepted", str(error))
        self.assert_put_back(world)

    def test_it_never_comes_up(self):
        world = World()
        world.run("suspend", "create")
        world.destination._pending.clear()
        self.assertRaises(exceptions.Timeout, world.run, "verify")
        self.assert_put_back(world)

    def test_a_stopped_source_stays_stopped(self):
        world = World("SHUTOFF")
        world.destination.fault = "No valid host was found."
        self.assertRaises(exceptions.WrongState, world.run)
        self.assertEqual("SHUTOFF", world.here["status"])
        self.assertEqual([], world.source.changes())
        self.assertEqual(set(), world.intents())

    def test_stopping_on_request_puts_nothing_back(self):
        world = World()
        world.run("suspend")
        world.ctx.suspended = True
        self.assertRaises(exceptions.Suspended, world.run, "verify")
        self.assertEqual("SUSPENDED", world.here["status"])
        world.ctx.suspended = False
        world.run("create", "verify", "shutdown")
        self.assertEqual("SHUTOFF", world.here["status"])

    def test_what_cannot_be_put_back_is_said_and_kept_open(self):
        world = World()
        world.destination.fault = "No valid host was found."
        self.refuse(
            world.source,
            "POST /servers/s1/action resume",
            exceptions.ServiceError("the compute service failed"),
        )
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("No valid host", str(error))
        self.assertIn("the source could not be resumed", str(error))
        self.assertEqual({"suspended"}, world.intents())
        self.assertEqual("SUSPENDED", world.here["status"])

    def test_the_source_runs_even_if_the_half_cannot_be_removed(self):
        world = World()
        world.destination.fault = "No valid host was found."
        there = "DELETE /servers/destination-server-1"
        self.refuse(world.destination, there)
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("its half there could not be removed", str(error))
        self.assertEqual("ACTIVE", world.here["status"])
        world.destination.before = lambda name: None
        world.destination.fault = ""
        world.run()  # removes the broken half and begins anew
        self.assertEqual("ACTIVE", world.there["status"])
        self.assertEqual("SHUTOFF", world.here["status"])

    def test_after_verify_there_is_no_way_back(self):
        world = World()
        self.refuse(world.source, "POST /servers/s1/action os-stop")
        error = self.assertRaises(exceptions.Conflict, world.run)
        self.assertIn("destination server is verified", str(error))
        self.assertEqual("ACTIVE", world.there["status"])
        world.source.before = lambda name: None
        there = world.there["id"]
        world.run()
        self.assertEqual("SHUTOFF", world.here["status"])
        self.assertEqual(there, world.there["id"])
        self.assertEqual(set(), world.intents())

    def refuse(self, cloud, request, error=None):
        def before(name):
            if name == request:
                raise error or exceptions.Conflict("it is busy")

        cloud.before = before


class LostAnswerTest(testtools.TestCase):
    """A request that took effect, but whose answer was lost."""

    def lose(self, cloud, request):
        def after(name):
            if name == request:
                cloud.after = lambda name: None
                raise exceptions.LostAnswer("no answer came")

        cloud.after = after

    def test_of_the_creation(self):
        world = World()
        self.lose(world.destination, "POST /servers")
        world.run()
        self.assertEqual("ACTIVE", world.there["status"])

    def test_of_an_action(self):
        for cloud, action in (
            ("source", "suspend"),
            ("source", "resume"),
            ("source", "os-stop"),
        ):
            world = World()
            self.lose(getattr(world, cloud), f"POST /servers/s1/action {action}")
            world.run()
            self.assertEqual("SHUTOFF", world.here["status"])

    def test_of_a_lock_that_is_refused_then(self):
        """Nobody waits for a lock, so nobody would see that it is not there."""
        world = World()
        errors = iter((exceptions.LostAnswer, exceptions.Conflict))

        def before(name):
            if name.endswith(" lock"):
                for error in errors:
                    raise error("no")

        world.source.before = before
        for _ in range(3):
            try:
                world.run()
            except exceptions.CloudError:
                self.assertFalse(world.here["locked"])
            else:
                self.assertTrue(world.here["locked"])

    def test_of_a_creation_that_never_arrived(self):
        """The source is put back, and the next run looks before it creates."""
        world = World()

        def before(name):
            if name == "POST /servers":
                raise exceptions.LostAnswer("no answer came")

        world.destination.before = before
        self.assertRaises(exceptions.LostAnswer, world.run)
        self.assertEqual("ACTIVE", world.here["status"])
        self.assertEqual({"create"}, world.intents())
        world.destination.before = lambda name: None
        world.run()
        self.assertEqual("ACTIVE", world.there["status"])


class PlanStillHoldsTest(testtools.TestCase):
    """The source is looked at once more before its downtime begins."""

    def test_what_was_changed_since_the_plan(self):
        for change in ({"metadata": {"tier": "2"}}, {"flavor": {"id": "bigger"}}):
            world = World()
            world.here.update(change)
            error = self.assertRaises(exceptions.WrongState, world.run)
            self.assertIn(next(iter(change)), str(error))
            self.assertEqual([], world.source.changes())

    def test_what_can_no_longer_be_moved(self):
        world = World()
        world.here["os-extended-volumes:volumes_attached"] = [{"id": "v"}]
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("volumes", str(error))
        self.assertEqual([], world.source.changes())

    def test_whether_anybody_may_create_it_is_known_before_it_is_suspended(self):
        """The token that its creation takes is at hand by then, or it fails."""
        for ours in (True, False):
            world = World()
            asked = []
            if ours:
                world.ctx.acting_as = self.noting(asked, world.ctx.acting_as)
            else:
                world.ctx.user_clouds.clear()
                world.ctx.as_operator_in = self.noting(asked, world.ctx.as_operator_in)
            world.source.before = lambda name, asked=asked: asked.append(name)
            world.run()
            changes = [a for a in asked if not a.startswith("GET")]
            self.assertEqual(["token", "POST /servers/s1/action suspend"], changes[:2])

    def noting(self, asked, get):
        def noted(*whom):
            asked.append("token")
            return get(*whom)

        return noted

    def test_a_disabled_project_or_domain_there_costs_no_downtime(self):
        on = {"name": "shop", "enabled": True, "domain_id": "d"}
        for project, domain, said in (
            ({**on, "enabled": False}, {}, "project shop is disabled"),
            (on, {"name": "acme", "enabled": False}, "domain acme is disabled"),
        ):
            world = self.without_token()
            world.destination.identity = {
                "/projects/project-there": project,
                "/domains/d": domain,
            }
            error = self.assertRaises(exceptions.WrongState, world.run)
            self.assertIn(said, str(error))
            self.assertIn("Enable that there", str(error))
            self.assertEqual([], world.source.changes())
            self.assertEqual(set(), world.intents())

    def test_a_token_that_is_refused_for_another_reason_says_so(self):
        world = self.without_token()
        on = {"name": "shop", "enabled": True, "domain_id": "d"}
        world.destination.identity = {
            "/projects/project-there": on,
            "/domains/d": {"name": "acme", "enabled": True},
        }
        error = self.assertRaises(exceptions.Forbidden, world.run)
        self.assertIn("no token for project", str(error))
        self.assertEqual([], world.source.changes())

    def without_token(self):
        world = World()
        world.ctx.user_clouds.clear()

        def refused(project_id):
            raise exceptions.Forbidden(f"no token for project {project_id}")

        world.ctx.as_operator_in = refused
        return world

    def test_stopped_by_its_users_since_the_plan(self):
        world = World()
        world.here["status"] = "SHUTOFF"
        world.run()
        self.assertEqual("SHUTOFF", world.there["status"])

    def test_started_by_its_users_since_it_was_suspended(self):
        world = World()
        world.run("suspend")
        world.here["status"] = "ACTIVE"
        world.run("create", "verify", "shutdown")
        self.assertEqual("SHUTOFF", world.here["status"])
        self.assertEqual("ACTIVE", world.there["status"])
