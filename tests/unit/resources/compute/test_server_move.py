# SPDX-License-Identifier: Apache-2.0
"""A server moves on a good day: what arrives, what its source becomes, its price."""

from __future__ import annotations

import json

from pumphouse import exceptions
from pumphouse.models import NOT_KEPT, Resource
from tests.unit.resources.compute.server_world import (
    CANARY,
    SERVER,
    STEPS,
    MoveTestCase,
    World,
)


class TestArrival(MoveTestCase):
    def test_all_of_a_server_arrives(self):
        world = World()
        said = world.run()
        self.assert_moved(world)
        self.assertEqual("owner-there", world.there["user_id"])
        self.assertEqual("project-there", world.there["tenant_id"])
        self.assertEqual(CANARY, world.there["OS-EXT-SRV-ATTR:user_data"])
        macs = [a["OS-EXT-IPS-MAC:mac_addr"] for a in world.there["addresses"]["net"]]
        self.assertEqual(["fa:02", "fa:01"], macs)
        self.assertGreater(said["downtime"], 0)
        self.assertNotIn(NOT_KEPT, said)

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


class TestSource(MoveTestCase):
    """The source ends shut off and locked, and never talks beside its twin."""

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


class TestDeviceTags(MoveTestCase):
    """Nova tells the guest of them, so that it knows its NICs apart."""

    def tagged(self, **options):
        world = World(**options)
        world.source.ports["p1"]["tag"] = "mgmt"
        return world

    def test_they_arrive_at_their_nics(self):
        world = self.tagged()
        world.run()
        self.assert_moved(world)
        ports = world.destination.ports
        self.assertEqual("mgmt", ports["there-p1"]["tag"])
        self.assertIsNone(ports["there-p2"]["tag"])

    def test_a_cloud_that_does_not_say_them_is_not_asked(self):
        world = self.tagged()
        world.source.newest = "2.69"
        world.run()
        self.assert_moved(world)
        self.assertNotIn("GET /servers/s1/os-interface", world.source.requests)

    def test_one_that_came_out_otherwise_is_put_back(self):
        world = self.tagged()
        world.run("suspend", "create")
        world.destination.ports["there-p1"]["tag"] = "other"
        error = self.assertRaises(exceptions.DestinationDiffers, world.run, "verify")
        self.assertIn("['mgmt'] -> ['other']", str(error))
        world.settle()
        self.assertEqual("ACTIVE", world.here["status"])
        self.assertEqual({}, world.destination.servers)

    def test_where_there_are_none_the_destination_is_not_asked(self):
        world = World()
        world.run()
        asked = [name for name in world.destination.requests if "interface" in name]
        self.assertEqual([], asked)
