# SPDX-License-Identifier: Apache-2.0
"""Answers that are lost while a server moves: the request may have taken effect."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.resources.compute import server_power
from tests.unit.resources.compute.server_world import World, lose


class TestLostAnswer(testtools.TestCase):
    """A request that took effect, but whose answer was lost."""

    def test_of_the_creation_makes_no_second_server(self):
        world = World()
        lose(world.destination, "POST /servers")
        world.run()
        self.assertEqual("ACTIVE", world.there["status"])

    def test_of_an_action_holds_nothing_up(self):
        for cloud, action in (
            ("source", "suspend"),
            ("source", "resume"),
            ("source", "os-stop"),
        ):
            world = World()
            lose(getattr(world, cloud), f"POST /servers/s1/action {action}")
            world.run()
            self.assertEqual("SHUTOFF", world.here["status"])

    def test_of_a_lock_is_asked_for_again_until_it_is_locked(self):
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

    def test_of_a_creation_that_never_arrived_puts_the_source_back(self):
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

    def test_of_what_was_asked_in_vain_is_not_waited_for(self):
        """Shut off already; the first request is lost on its way, the second refused.

        Nova answers 409 to the second, as it would if the first had arrived.
        """
        world = World()
        world.run("suspend", "create", "verify")
        world.settle()
        world.here["status"] = "SHUTOFF"
        lost = iter([exceptions.LostAnswer("no answer came")])

        def before(name):
            if name.endswith(" resume"):
                for error in lost:
                    raise error

        world.source.before = before
        world.run("shutdown")
        self.assertEqual("SHUTOFF", world.here["status"])
        self.assertTrue(world.here["locked"])

    def test_of_a_third_state_is_told_by_its_name(self):
        """Nobody is at it, and it is neither where it was nor where it should be."""
        world = World()
        world.source.servers["s1"]["status"] = "RESCUE"
        error = self.assertRaises(
            exceptions.WrongState,
            server_power.wait_for,
            world.ctx,
            world.source,
            "s1",
            "SUSPENDED",
            name="server web-1",
            coming_from="ACTIVE",
        )
        self.assertIn("from ACTIVE to SUSPENDED, but did not: it is RESCUE", str(error))
