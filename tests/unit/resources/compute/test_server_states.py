# SPDX-License-Identifier: Apache-2.0
"""Servers that are paused, suspended or locked: blocked, or moved by an option."""

from __future__ import annotations

import re

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.resources.compute import server_states
from tests.unit.resources.compute.server_world import SERVER, MoveTestCase, World
from tests.unit.resources.compute.test_server_undo import undo

# What nova/api/openstack/common.py says of servers, on Zed and 2026.2.
STATUSES = (
    *("ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "PASSWORD"),
    *("PAUSED", "REBOOT", "REBUILD", "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED"),
    *("SHELVED_OFFLOADED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED", "UNKNOWN"),
    "VERIFY_RESIZE",
)
AT_REST = ("PAUSED", "SUSPENDED")


def server(**more):
    return {"id": "s1", "status": "ACTIVE", "locked": False, **more}


def blocked(record, **options):
    return server_states.blocked(record, Options(**options))


class TestStates(testtools.TestCase):
    def test_only_two_can_be_moved_unless_an_option_says_so(self):
        free = [s for s in STATUSES if not blocked(server(status=s))]
        self.assertEqual(["ACTIVE", "SHUTOFF"], free)
        by_option = {"move_paused_servers": True, "move_locked_servers": True}
        free = [s for s in STATUSES if not blocked(server(status=s), **by_option)]
        self.assertEqual(["ACTIVE", "PAUSED", "SHUTOFF", "SUSPENDED"], free)

    def test_every_status_has_advice_of_its_own(self):
        """Nothing is told to stop: Nova stops no paused or suspended server."""
        for status in (*STATUSES, "NEW_IN_2030"):
            said = blocked(server(status=status))
            if status in server_states.MOVABLE:
                continue
            self.assertIn(f"it is in {status}: ", said)
            self.assertTrue(said.endswith("then plan again"), said)
            self.assertNotIn("stop", said)
            self.assertNotIn("{", said)
            if "'openstack" in said:
                self.assertRegex(said, r"'openstack server [^']* s1'")

    def test_one_that_never_had_a_host_is_not_to_be_rebooted(self):
        said = blocked(server(status="ERROR", **{"OS-EXT-SRV-ATTR:host": None}))
        self.assertIn("never built", said)
        said = blocked(server(status="ERROR", **{"OS-EXT-SRV-ATTR:host": "cmp-1"}))
        self.assertIn("reboot --hard", said)

    def test_whatever_is_going_on_blocks_in_any_state(self):
        by_option = {"move_paused_servers": True, "move_locked_servers": True}
        for status in ("ACTIVE", "SHUTOFF", *AT_REST):
            busy = server(status=status, **{"OS-EXT-STS:task_state": "image_snapshot"})
            self.assertIn("busy (image_snapshot)", blocked(busy, **by_option))

    def test_a_lock_says_who_set_it_and_how_to_go_on(self):
        said = blocked(server(locked=True, locked_reason="by audit"))
        self.assertIn("(by audit): 'openstack server unlock s1'", said)
        self.assertIn("move_locked_servers", said)
        self.assertEqual("", blocked(server(locked=True), move_locked_servers=True))

    def test_one_that_another_databases_run_has_moved_stays_locked(self):
        """By whatever option: it would run beside its successor."""
        moved = server(locked=True, locked_reason="moved by Pumphouse to server s2")
        for options in ({}, {"move_locked_servers": True}):
            said = blocked(moved, **options)
            self.assertIn("by a run of another database", said)
            self.assertIn("pumphouse register server s1 s2", said)
            self.assertNotIn("unlock", said)

    def test_what_is_lost_is_said(self):
        options = Options(move_paused_servers=True, move_locked_servers=True)
        notes = server_states.notes(server(status="PAUSED", locked=True), options)
        self.assertRegex(" ".join(notes), re.compile("memory is lost.*not be locked"))
        self.assertEqual([], server_states.notes(server(), options))


class TestAtRest(MoveTestCase):
    """What does not run is left alone until its successor does."""

    def world(self, status, **more):
        return World(status, move_paused_servers=True, **more)

    def test_they_arrive_active_and_take_no_downtime(self):
        for status in AT_REST:
            world = self.world(status)
            said = world.run("suspend", "create", "verify")
            self.assertEqual([], world.source.changes(), status)
            self.assertEqual(status, world.here["status"])
            said = world.run("shutdown")
            self.assertNotIn("downtime", said)
            self.assert_moved(world)

    def test_their_ports_are_down_while_they_are_woken(self):
        for status, wake in (("PAUSED", "unpause"), ("SUSPENDED", "resume")):
            world = self.world(status)
            world.run()
            changes = world.source.changes()
            woken = changes.index(f"POST /servers/s1/action {wake}")
            self.assertEqual(["PUT /ports/p1", "PUT /ports/p2"], changes[:woken])
            self.assertEqual("POST /servers/s1/action os-stop", changes[woken + 1])

    def test_a_failure_leaves_them_as_they_were(self):
        for status in AT_REST:
            world = self.world(status)
            world.destination.fault = "No valid host was found."
            self.assertRaises(exceptions.WrongState, world.run)
            world.settle()
            self.assertEqual([], world.source.changes())
            self.assertEqual(status, world.here["status"])
            self.assertEqual({}, world.destination.servers)
            self.assertEqual(set(), world.intents())

    def test_taken_back_they_are_what_they_were(self):
        for status in AT_REST:
            for steps in (("suspend",), ("suspend", "create", "verify"), ()):
                world = self.world(status)
                world.run(*steps)
                undo(world)
                self.assertEqual(status, world.here["status"], steps)
                self.assertEqual({}, world.destination.servers)
                self.assertEqual(set(), world.intents())

    def test_one_that_its_users_woke_meanwhile_is_suspended(self):
        world = self.world("PAUSED")
        world.run("suspend")
        world.here["status"] = "ACTIVE"
        said = world.run("create", "verify", "shutdown")
        self.assertIn("downtime", said)
        self.assert_moved(world)

    def test_without_the_option_one_paused_since_the_plan_is_left_alone(self):
        world = World()
        world.here["status"] = "PAUSED"
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("openstack server unpause s1", str(error))
        self.assertEqual([], world.source.changes())

    def test_what_its_users_pause_on_the_destination_is_a_difference(self):
        world = self.world("PAUSED")
        world.run()
        world.there["status"] = "PAUSED"
        here, there = (world.kind.resource(s) for s in (world.here, world.there))
        found = world.kind.compare(here, there, world.ctx.translate, world.ctx.options)
        self.assertEqual(["status"], [d.field for d in found])

    def test_before_it_is_shut_off_it_equals_its_successor(self):
        world = self.world("PAUSED")
        world.run("suspend", "create", "verify")
        here, there = (world.kind.resource(s) for s in (world.here, world.there))
        for options, differing in ((world.ctx.options, []), (Options(), ["status"])):
            found = world.kind.compare(here, there, world.ctx.translate, options)
            self.assertEqual(differing, [d.field for d in found])


class TestLocked(MoveTestCase):
    def world(self):
        world = World(move_locked_servers=True)
        world.here.update(locked=True, locked_reason="by audit")
        return world

    def test_it_stays_locked_all_the_time(self):
        world = self.world()
        world.source.after = lambda name: self.assertTrue(world.here["locked"], name)
        world.run()
        self.assert_moved(world)
        self.assertFalse(world.there["locked"])
        locks = [name for name in world.source.changes() if "lock" in name]
        self.assertEqual([], locks)

    def test_taken_back_it_is_locked_still(self):
        """Though it was not yet when the plan was drawn up."""
        world = self.world()
        said = {}
        for step in ("suspend", "create", "verify", "shutdown"):
            said |= world.run(step)
        undo(world, **said)
        self.assertEqual("ACTIVE", world.here["status"])
        self.assertTrue(world.here["locked"])
        self.assertIsNone(world.ctx.binding(SERVER))

    def test_cleaned_up_it_is_locked_still(self):
        """What its move found counts, not the plan, if nobody resumes the run."""
        world = self.world()
        world.run("suspend", "create")
        undo(world)
        self.assertEqual("ACTIVE", world.here["status"])
        self.assertTrue(world.here["locked"])
