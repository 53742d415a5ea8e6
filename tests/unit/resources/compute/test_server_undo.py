# SPDX-License-Identifier: Apache-2.0
"""A server's move is taken back: from each moment of it, and killed anywhere."""

from __future__ import annotations

import dataclasses

import testtools

from pumphouse import exceptions
from pumphouse.models import Binding, Origin
from tests.unit.resources.compute.server_sim import Killed
from tests.unit.resources.compute.server_world import SERVER, STEPS, World


def undo(world, **details):
    """As a rollback does it; *details* are what the steps had returned."""
    resource = world.kind.before(world.resource, details)
    steps = {}
    world.kind.undo_tasks(resource, steps.setdefault)
    for step in steps.values():
        step(world.ctx, resource)
    world.settle()


class _UndoTest(testtools.TestCase):
    def assert_as_before(self, world, was="ACTIVE"):
        world.settle()
        self.assertEqual({}, world.destination.servers)
        self.assertEqual(was, world.here["status"])
        self.assertFalse(world.here["locked"])
        self.assertTrue(all(p["admin_state_up"] for p in world.source.ports.values()))
        self.assertIsNone(world.ctx.binding(SERVER))
        self.assertEqual(set(), world.intents())


class TestUndo(_UndoTest):
    def test_a_moved_server_runs_on_the_source_again(self):
        world = World()
        world.run()
        undo(world)
        self.assert_as_before(world)

    def test_one_that_was_shut_off_stays_so(self):
        world = World("SHUTOFF")
        world.run()
        undo(world)
        self.assert_as_before(world, "SHUTOFF")

    def test_what_it_was_when_it_was_moved_counts_not_the_plan(self):
        world = World("SHUTOFF")
        world.source.servers["s1"]["status"] = "ACTIVE"
        said = world.run()
        undo(world, **said, was="ACTIVE")
        self.assert_as_before(world)

    def test_from_any_step(self):
        for number in range(1, len(STEPS) + 1):
            world = World()
            world.run(*STEPS[:number])
            undo(world)
            self.assert_as_before(world)

    def test_twice_is_as_good(self):
        world = World()
        world.run()
        undo(world)
        asked = world.source.changes()
        undo(world)
        self.assertEqual(asked, world.source.changes())
        self.assert_as_before(world)

    def test_the_source_starts_only_when_the_destination_is_gone(self):
        world = World()
        world.run()

        def look(name):
            if "os-start" in name:
                self.assertEqual({}, world.destination.servers)

        world.source.before = look
        undo(world)
        self.assertIn("POST /servers/s1/action os-start", world.source.requests)

    def test_nothing_is_deleted_if_the_source_is_gone(self):
        world = World()
        world.run()
        del world.source.servers["s1"]
        error = self.assertRaises(exceptions.WrongState, undo, world)
        self.assertIn("the source is gone", str(error))
        self.assertEqual(1, len(world.destination.servers))

    def test_what_somebody_registered_stays_and_the_source_with_it(self):
        world = World()
        world.run()
        there = world.there["id"]
        world.ctx.bindings[SERVER] = Binding(SERVER, there, Origin.REGISTERED)
        undo(world)
        self.assertEqual(1, len(world.destination.servers))
        self.assertEqual("SHUTOFF", world.here["status"])

    def test_a_lock_that_is_not_ours_stays(self):
        world = World(lock_source=False)
        world.run()
        world.here["locked"] = True
        undo(world)
        self.assertTrue(world.here["locked"])

    def test_a_source_whose_users_started_it_is_left_running(self):
        world = World()
        world.run()
        world.here["status"] = "ACTIVE"
        undo(world)
        self.assert_as_before(world)
        self.assertNotIn("POST /servers/s1/action os-start", world.source.requests)


class TestKilled(_UndoTest):
    """Killed at any request of the move, or of taking it back: the same end."""

    def points(self, act, status="ACTIVE", **options):
        """Runs *act* on a new world for each request that it sends, killed there."""
        for side in ("source", "destination"):
            number = 0
            while True:
                world = World(status, **options)
                cloud, left = getattr(world, side), [number]
                if not self.killed(world, cloud, left, act):
                    break
                yield world
                number += 1

    def killed(self, world, cloud, left, act):
        def count(name):
            if left[0] == 0:
                raise Killed
            left[0] -= 1

        self.arm = lambda: setattr(cloud, "after", count)
        try:
            act(world)
        except Killed:
            cloud.after = lambda name: None
            return True
        return False

    def test_at_any_request_of_the_move(self):
        def move(world):
            self.arm()
            world.run()

        points = 0
        for world in self.points(move):
            points += 1
            undo(world)
            self.assert_as_before(world)
        self.assertGreater(points, 8)

    def test_at_any_request_of_taking_it_back(self):
        def take_back(world):
            world.run()
            self.arm()
            undo(world)

        points = 0
        for world in self.points(take_back):
            points += 1
            undo(world)
            self.assert_as_before(world)
        self.assertGreater(points, 2)

    def test_at_any_request_of_taking_back_what_did_not_run(self):
        """It was paused or suspended, and is again."""

        def take_back(world):
            world.run()
            self.arm()
            undo(world)

        for status in ("PAUSED", "SUSPENDED"):
            points = 0
            for world in self.points(take_back, status, move_paused_servers=True):
                points += 1
                undo(world)
                self.assert_as_before(world, status)
            self.assertGreaterEqual(points, 4)


class TestBefore(testtools.TestCase):
    def test_the_plan_stands_in_where_the_run_said_nothing(self):
        world = World()
        same = world.kind.before(world.resource, {})
        self.assertEqual("ACTIVE", same.record["status"])
        self.assertEqual(world.resource, dataclasses.replace(same))
