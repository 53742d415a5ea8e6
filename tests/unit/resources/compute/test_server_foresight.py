# SPDX-License-Identifier: Apache-2.0
"""What Nova would refuse of a server's names, and which servers a plan judges."""

from __future__ import annotations

import testtools

from pumphouse.models import Action
from pumphouse.resources.compute.flavor import Flavor
from pumphouse.resources.compute.server_fields import HOSTNAME
from pumphouse.resources.image.image import Image
from tests.unit.resources.compute.foresight_world import World


class TestNames(testtools.TestCase):
    def test_a_host_name_that_the_destination_does_not_take(self):
        for newest, hostname, lost in (
            ("2.93", "x", True),
            ("2.93", "a.b", True),
            ("2.94", "a.b", False),
            ("2.89", "other", True),
            ("2.89", "web", False),
            ("2.94", "web", False),
        ):
            world = World()
            world.there._newest = {"compute": newest}
            world.server[HOSTNAME] = hostname
            notes, announced = world.noted()
            self.assertEqual(lost, "host name" in notes, (newest, hostname))
            self.assertEqual({HOSTNAME} if lost else set(), announced)

    def port(self, world, **more):
        record = {"id": "n1", "mac_address": "fa:01", "network_id": "n", **more}
        world.add("port", {"device_id": "s1", "device_owner": "compute:nova", **record})

    def test_a_port_that_was_given_another_name(self):
        for name, extensions, blocked in (
            ("mail", ("dns-integration",), 1),
            ("web", ("dns-integration",), 0),
            ("", ("dns-integration",), 0),
            ("mail", (), 0),
        ):
            world = World()
            world.there._extensions = frozenset(extensions)
            self.port(world, dns_name=name)
            self.assertEqual(blocked, len(world.blocked()), name)
        self.assertIn("--dns-name web n1", "".join(self.again().blocked()))

    def again(self):
        world = World()
        world.there._extensions = frozenset({"dns-integration"})
        self.port(world, dns_name="mail")
        return world

    def test_a_keypair_that_was_deleted_is_missed_in_the_plan(self):
        world = World()
        world.server["key_name"] = "laptop"
        self.assertIn("keypair laptop is gone", world.noted()[0])
        world.add("keypair", {"user_id": "u1", "name": "laptop", "public_key": "k"})
        self.assertEqual([], world.findings())


class TestTypes(testtools.TestCase):
    def test_only_what_the_plan_creates_is_judged(self):
        world = World()
        world.image["status"] = "deactivated"
        world.add("server", world.server, Action.SKIP, "s9")
        self.assertEqual([], world.findings())

    def test_a_blocked_image_or_flavor_speaks_for_itself(self):
        for kind in (Image, Flavor):
            world = World()
            world.image.update(status="deactivated", min_disk=9)
            record = world.image if kind is Image else world.flavor
            world.add(kind.name, record, Action.BLOCKED)
            self.assertEqual([], world.findings())
