# SPDX-License-Identifier: Apache-2.0
"""What Nova would refuse of a server's image and flavor is known in the plan."""

from __future__ import annotations

import testtools

from pumphouse.models import Action, Decision, Ref
from tests.unit.resources.compute.foresight_world import World

GIB = 1 << 30


class TestImageAndFlavor(testtools.TestCase):
    def only(self, world):
        (reason,) = world.blocked()
        self.assertIn("plan again", reason)
        return reason

    def test_what_fits_is_not_judged_and_nothing_is_asked(self):
        world = World()
        self.assertEqual([], world.findings())
        self.assertEqual([], world.there.calls)

    def test_an_image_that_its_flavor_is_too_small_for(self):
        for change, words in (
            ({"min_disk": 2}, "needs 2 GiB of disk"),
            ({"min_ram": 65}, "needs 65 MiB of memory"),
        ):
            world = World()
            world.image.update(change)
            reason = self.only(world)
            self.assertIn(words, reason)
            self.assertIn("on the source, or map flavor small", reason)
        world = World()
        world.image.update(min_disk=1, min_ram=64)
        self.assertEqual([], world.blocked())

    def test_a_flavor_without_a_disk_is_as_large_as_the_image(self):
        world = World()
        world.flavor["disk"] = 0
        world.image["min_disk"] = 10
        self.assertEqual([], world.blocked())
        notes, announced = world.noted()
        self.assertIn("only administrators", notes)
        self.assertEqual({"user_id"}, announced)

    def test_a_deactivated_image(self):
        world = World()
        world.image["status"] = "deactivated"
        self.assertIn("'openstack image set --activate i1'", self.only(world))

    def test_image_properties_that_nova_refuses(self):
        world = World()
        world.image["img_config_drive"] = "sometimes"
        self.assertIn("img_config_drive=sometimes", self.only(world))
        world = World()
        world.image["auto_disk_config"] = "Disabled"
        self.assertIn("auto_disk_config=disabled", self.only(world))
        world.server["OS-DCF:diskConfig"] = "MANUAL"
        self.assertEqual([], world.blocked())

    def test_a_mapped_flavor_is_judged_by_what_takes_its_place(self):
        """It needs not have room for what was built on the source."""
        for disk, size, words in ((1, 1, ""), (1, GIB + 1, "is 2 GiB large")):
            world = World()
            mine = {**world.flavor, "id": "f9", "name": "other", "disk": disk}
            world.there.on("GET", "/flavors/detail", [mine])
            world.flavor["disk"] = 40
            world.add("flavor", world.flavor, Action.MAP, "f9")
            world.image["virtual_size"] = size
            self.assertEqual(words != "", bool(world.blocked()))
            self.assertIn(words, "".join(world.blocked()))
        world = World()
        world.image["virtual_size"] = GIB * 20  # it was built so, by this very flavor
        self.assertEqual([], world.blocked())

    def test_a_disabled_flavor(self):
        world = World()
        mine = {**world.flavor, "id": "f9", "OS-FLV-DISABLED:disabled": True}
        world.there.on("GET", "/flavors/detail", [mine])
        world.add("flavor", world.flavor, Action.SKIP, "f9")
        self.assertIn("is disabled on the destination", self.only(world))

    def test_a_mapped_image_is_judged_by_what_takes_its_place(self):
        world = World()
        mine = {**world.image, "id": "i9", "min_disk": 7, "visibility": "public"}
        world.there.on("GET", "/images", [mine])
        world.add("image", world.image, Action.MAP, "i9")
        self.assertIn("--min-disk 1 i9' on the destination", self.only(world))


class TestAccess(testtools.TestCase):
    def elsewhere(self, visibility="shared", **more):
        world = World()
        world.image.update(owner="p2", visibility=visibility, **more)
        world.add("project", {"id": "p2", "name": "images"})
        return world

    def test_an_image_that_its_project_no_longer_sees(self):
        (reason,) = self.elsewhere().blocked()
        self.assertIn("'openstack image add project i1 p1' on the source", reason)
        (reason,) = self.elsewhere("private").blocked()
        self.assertIn("'openstack image set --shared i1' and", reason)

    def test_what_others_share_or_give_to_all_is_seen(self):
        for visibility in ("public", "community"):
            self.assertEqual([], self.elsewhere(visibility).blocked())
        for status in ("accepted", "pending", "rejected"):  # Glance shows it to each
            members = [{"member_id": "p1", "status": status}]
            self.assertEqual([], self.elsewhere(members=members).blocked())

    def test_two_projects_that_become_one_share_all(self):
        world = self.elsewhere("private")
        for name in ("p1", "p2"):
            world.decisions[Ref("project", name)] = Decision(
                Action.MAP, "", destination_id="one"
            )
        self.assertEqual([], world.blocked())

    def test_on_the_destination_ids_of_the_destination_count(self):
        world = self.elsewhere()
        mine = {**world.image, "id": "i9", "owner": "p9"}
        world.there.on("GET", "/images", [mine])
        world.there.on("GET", "/images/i9/members", [])
        world.add("image", world.image, Action.MAP, "i9")
        world.decisions[Ref("project", "p1")] = Decision(
            Action.MAP, "", destination_id="p8"
        )
        (reason,) = world.blocked()
        self.assertIn("'openstack image add project i9 p8' on the dest", reason)
        world.there.on(
            "GET", "/images/i9/members", [{"member_id": "p8", "status": "pending"}]
        )
        self.assertEqual([], world.blocked())

    def test_administrators_see_all(self):
        role = {
            "user": {"id": "u1"},
            "role": {"id": "r", "name": "Admin"},
            "scope": {"project": {"id": "p1"}},
        }
        world = self.elsewhere()
        world.add("assignment", {**role, "scope": {"project": {"id": "p2"}}})
        self.assertEqual(1, len(world.blocked()))
        world.add("assignment", role)
        self.assertEqual([], world.blocked())

    def test_so_does_pumphouse_in_the_place_of_who_is_not_there(self):
        user = {"id": "u1", "name": "lena", "enabled": True}
        for action, there, record in (
            (Action.MAP, "operator", user),
            (Action.CREATE, "", {**user, "enabled": False}),
            (Action.BLOCKED, "", user),
        ):
            world = self.elsewhere()
            world.add("user", record, action, there)
            self.assertEqual([], world.blocked(), action)
        world = self.elsewhere()
        del world.decisions[Ref("user", "u1")], world.resources[Ref("user", "u1")]
        self.assertEqual([], world.blocked())

    def private_flavor(self):
        world = World()
        world.flavor["os-flavor-access:is_public"] = False
        return world

    def test_a_private_flavor_that_its_project_may_no_longer_use(self):
        (reason,) = self.private_flavor().blocked()
        self.assertIn("'openstack flavor set --project p1 f1' on the source", reason)
        world = self.private_flavor()
        world.add("flavor-access", {"flavor_id": "f1", "tenant_id": "p1"})
        self.assertEqual([], world.blocked())

    def test_access_that_is_there_already_counts(self):
        for may, blocked in (("p8", 0), ("p7", 1)):
            world = self.private_flavor()
            mine = {**world.flavor, "id": "f9"}
            world.there.on("GET", "/flavors/detail", [mine])
            world.there.on("GET", "/flavors/f9/os-flavor-access", [{"tenant_id": may}])
            world.add("flavor", world.flavor, Action.MAP, "f9")
            world.decisions[Ref("project", "p1")] = Decision(
                Action.MAP, "", destination_id="p8"
            )
            self.assertEqual(blocked, len(world.blocked()))
