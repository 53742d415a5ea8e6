# SPDX-License-Identifier: Apache-2.0
"""The source is looked at once more before its downtime begins."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from tests.unit.resources.compute.server_world import World


class TestPlanStillHolds(testtools.TestCase):
    def test_what_was_changed_since_the_plan_is_not_suspended(self):
        for change in ({"metadata": {"tier": "2"}}, {"flavor": {"id": "bigger"}}):
            world = World()
            world.here.update(change)
            error = self.assertRaises(exceptions.WrongState, world.run)
            self.assertIn(next(iter(change)), str(error))
            self.assertEqual([], world.source.changes())

    def test_what_can_no_longer_be_moved_is_not_suspended(self):
        world = World()
        world.here["os-extended-volumes:volumes_attached"] = [{"id": "v"}]
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("volumes", str(error))
        self.assertEqual([], world.source.changes())

    def test_what_its_users_stopped_since_the_plan_arrives_stopped(self):
        world = World()
        world.here["status"] = "SHUTOFF"
        world.run()
        self.assertEqual("SHUTOFF", world.there["status"])

    def test_what_its_users_started_since_it_was_suspended_is_suspended_again(self):
        world = World()
        world.run("suspend")
        world.here["status"] = "ACTIVE"
        world.run("create", "verify", "shutdown")
        self.assertEqual("SHUTOFF", world.here["status"])
        self.assertEqual("ACTIVE", world.there["status"])
