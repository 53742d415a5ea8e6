# SPDX-License-Identifier: Apache-2.0
"""A server whose move fails is put back: its source runs as before."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from tests.unit.resources.compute.server_world import SERVER, World, refuse


class TestPutBack(testtools.TestCase):
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

    def test_where_there_is_no_host_for_it(self):
        world = World()
        world.destination.fault = "No valid host was found."
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("No valid host was found", str(error))
        self.assertIn("source server is as it was", str(error))
        self.assert_put_back(world)
        world.destination.fault = ""
        world.run()
        self.assertEqual("ACTIVE", world.there["status"])

    def test_where_there_is_no_quota_for_it(self):
        world = World()
        refuse(world.destination, "POST /servers", exceptions.QuotaExceeded("no"))
        self.assertRaises(exceptions.QuotaExceeded, world.run)
        self.assert_put_back(world)

    def test_where_it_arrived_otherwise(self):
        world = World()
        world.run("suspend", "create")
        world.there["metadata"] = {"tier": "2"}
        error = self.assertRaises(exceptions.DestinationDiffers, world.run, "verify")
        self.assertIn("metadata", str(error))
        self.assert_put_back(world)

    def test_where_the_source_refuses_to_suspend(self):
        world = World()
        refuse(world.source, "POST /servers/s1/action suspend")
        self.assertRaises(exceptions.Conflict, world.run)
        self.assert_put_back(world)

    def test_where_the_source_accepts_to_suspend_and_does_not(self):
        world = World()
        world.source._later = lambda server_id, **fields: world.source._pending.update(
            {server_id: (1, {"status": "ACTIVE", "OS-EXT-STS:task_state": None})}
        )
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("accepted", str(error))
        self.assert_put_back(world)

    def test_where_it_never_comes_up(self):
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
        refuse(
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
        refuse(world.destination, there)
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
        refuse(world.source, "POST /servers/s1/action os-stop")
        error = self.assertRaises(exceptions.Conflict, world.run)
        self.assertIn("destination server is verified", str(error))
        self.assertEqual("ACTIVE", world.there["status"])
        world.source.before = lambda name: None
        there = world.there["id"]
        world.run()
        self.assertEqual("SHUTOFF", world.here["status"])
        self.assertEqual(there, world.there["id"])
        self.assertEqual(set(), world.intents())
