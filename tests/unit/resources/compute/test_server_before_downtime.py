# SPDX-License-Identifier: Apache-2.0
"""The source is looked at once more before its downtime begins."""

from __future__ import annotations

import dataclasses
import datetime

import testtools

from pumphouse import exceptions
from pumphouse.models import Origin
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


class TestDestinationStillStands(testtools.TestCase):
    """What the destination has is looked at once more while the source runs."""

    def refused(self, change):
        world = World()
        change(world.destination)
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertEqual([], world.source.changes())
        self.assertEqual("ACTIVE", world.here["status"])
        self.assertEqual(set(), world.intents())
        self.assertIn("resume", f"{error} {error.hint}")
        return str(error)

    def test_its_image(self):
        image = "image-there"
        for change, words in (
            (lambda c: c.images.clear(), "does not see its image image-there"),
            (lambda c: c.images[image].update(status="queued"), "is queued"),
            (lambda c: c.images[image].update(status="deactivated"), "deactivated"),
            (lambda c: c.images[image].update(min_disk=2), "needs 2 GiB"),
            (lambda c: c.images[image].update(min_ram=65), "needs 65 MiB"),
        ):
            self.assertIn(words, self.refused(change))

    def test_its_flavor(self):
        flavor = "flavor-there"
        for change in (
            lambda c: c.flavors.clear(),
            lambda c: c.flavors[flavor].update({"OS-FLV-DISABLED:disabled": True}),
        ):
            self.assertIn("may not use its flavor", self.refused(change))

    def test_its_ports(self):
        port = "there-p2"
        for change, words in (
            (lambda c: c.ports.pop(port), "is gone"),
            (lambda c: c.ports[port].update(device_id="x"), "in use by x"),
            (lambda c: c.ports[port].update(project_id="x"), "of another project"),
            (lambda c: c.ports[port].update(fixed_ips=[]), "has no address"),
        ):
            self.assertIn(f"{port} ", text := self.refused(change))
            self.assertIn(words, text)

    def test_a_port_that_never_had_an_address_is_fine(self):
        for kind in ("none", "deferred"):
            world = World()
            bare = {"fixed_ips": [], "ip_allocation": kind}
            world.destination.ports["there-p1"].update(bare)
            world.run()
            self.assertEqual("ACTIVE", world.there["status"])

    def test_what_an_earlier_try_left_may_have_its_ports(self):
        """Killed before the answer came, the half is found by its tag."""
        world = World()
        world.run("suspend", "create")
        world.settle()
        for intent in world.ctx.intents:
            intent.outcome = "done"
        world.here["status"] = "ACTIVE"
        world.run()
        self.assertEqual(1, len(world.destination.servers))
        self.assertEqual("SHUTOFF", world.here["status"])

    def test_it_is_seen_with_its_owners_eyes(self):
        """An administrator would see an image that the owner does not."""
        world = World()
        owner = world.ctx.user_clouds["owner-there", "project-there"]
        owner.find = lambda *asked, **more: None
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("does not see its image", str(error))
        world = World()
        world.ctx.user_clouds.clear()
        world.run()
        self.assertEqual("ACTIVE", world.there["status"])

    def made(self, world, ago, origin=Origin.CREATED):
        at = datetime.datetime.fromtimestamp(world.ctx.time - ago, datetime.UTC)
        for ref, bound in world.ctx.bindings.items():
            world.ctx.bindings[ref] = dataclasses.replace(
                bound, origin=origin, created_at=at.isoformat("T", "seconds")
            )

    def test_what_the_run_made_a_moment_ago_is_not_looked_at_again(self):
        for ago, origin, looks in (
            (5, Origin.CREATED, 0),
            (600, Origin.CREATED, 3),
            (5, Origin.ADOPTED, 3),
        ):
            world = World()
            self.made(world, ago, origin)
            world.run("suspend")
            asked = world.destination.requests
            self.assertEqual(looks, len(asked), (ago, origin, asked))

    def test_of_an_image_that_demands_no_size_the_flavor_is_not_asked_for(self):
        world = World()
        world.destination.images["image-there"].update(min_ram=0, min_disk=0)
        world.run("suspend")
        self.assertEqual(2, len(world.destination.requests))
        world = World()
        image = world.destination.images["image-there"]
        image.update(min_ram=0, min_disk=0, status="deactivated")
        error = self.assertRaises(exceptions.WrongState, world.run)
        self.assertIn("is deactivated", str(error))
        self.assertEqual([], world.source.changes())
