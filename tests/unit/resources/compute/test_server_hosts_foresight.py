# SPDX-License-Identifier: Apache-2.0
"""Whether hosts, zones and networks of the destination would take a server."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Action, Decision, Ref
from pumphouse.resources.compute.server_fields import ZONE
from tests.unit.resources.compute.foresight_world import World


class TestExternalNetworks(testtools.TestCase):
    """Nova attaches to them only for administrators, unless they are shared."""

    def world(self, action=Action.CREATE, there="", **network):
        world = World()
        record = {"id": "n1", "name": "public", "router:external": True, **network}
        world.add("network", {"project_id": "p9", **record}, action, there)
        port = {"id": "x1", "network_id": "n1", "mac_address": "fa:01"}
        world.add("port", {**port, "device_id": "s1", "device_owner": "compute:nova"})
        return world

    def test_a_nic_on_one_blocks(self):
        (reason,) = self.world().blocked()
        self.assertIn("port x1 is on the external network public", reason)
        self.assertIn("'openstack server remove port s1 x1' on the source", reason)

    def test_on_a_shared_or_another_one_it_does_not(self):
        self.assertEqual([], self.world(shared=True).blocked())
        self.assertEqual([], self.world(**{"router:external": False}).blocked())

    def test_administrators_may(self):
        world = self.world()
        world.decisions[Ref("user", "u1")] = Decision(
            Action.MAP, "", destination_id="operator"
        )
        self.assertEqual([], world.blocked())

    def test_of_a_mapped_one_the_destination_is_asked(self):
        for shared, blocked in ((False, 1), (True, 0)):
            world = self.world(Action.MAP, "n9")
            there = {"name": "ext", "router:external": True, "shared": shared}
            world.there.on("GET", "/networks/n9", there)
            self.assertEqual(blocked, len(world.blocked()))


class TestHosts(testtools.TestCase):
    """Extra specs are held against Placement and aggregates."""

    def world(self, **specs):
        world = World()
        world.flavor["extra_specs"] = {
            k.replace("__", ":"): v for k, v in specs.items()
        }
        world.there.placement = True
        return world

    def test_a_trait_that_no_host_has(self):
        world = self.world(trait__CUSTOM_GOLD="required")
        world.there.on("GET", "/traits", ["HW_CPU_X86_AVX2"])
        (reason,) = world.blocked()
        self.assertIn("flavor small asks for trait:CUSTOM_GOLD=required", reason)
        world.there.on("GET", "/traits", ["CUSTOM_GOLD"])
        self.assertEqual([], world.blocked())
        world = self.world(trait__CUSTOM_GOLD="forbidden")
        self.assertEqual([], world.blocked())
        self.assertEqual([], world.there.calls)

    def test_a_trait_that_the_image_asks_for(self):
        world = self.world()
        world.image["trait:CUSTOM_GOLD"] = "required"
        world.there.on("GET", "/traits", [])
        (reason,) = world.blocked()
        self.assertIn("its image debian asks for trait:CUSTOM_GOLD", reason)

    def test_a_resource_class_that_no_host_has(self):
        world = self.world(resources1__CUSTOM_FPGA="1")
        world.there.on("GET", "/resource_classes", [{"name": "VCPU"}])
        (reason,) = world.blocked()
        self.assertIn("resources1:CUSTOM_FPGA=1", reason)
        world.there.on("GET", "/resource_classes", [{"name": "CUSTOM_FPGA"}])
        world.there.on("GET", "/resource_providers", [])
        self.assertEqual(1, len(world.blocked()))
        world.there.on("GET", "/resource_providers", [{"uuid": "x"}])
        self.assertEqual([], world.blocked())
        self.assertEqual([], self.world(resources__VCPU="0").blocked())

    def test_where_placement_is_not_ours_to_ask_nothing_is_claimed(self):
        specs = {"trait__CUSTOM_GOLD": "required", "resources__CUSTOM_FPGA": "1"}
        world = self.world(**specs)
        for path in ("/traits", "/resource_classes"):
            world.there.on("GET", path, exceptions.Forbidden("no"))
        self.assertEqual([], world.blocked())
        world = self.world(**specs)
        world.there.placement = False
        self.assertEqual([], world.blocked())

    def test_aggregates_are_the_schedulers_business_so_a_note(self):
        world = self.world(aggregate_instance_extra_specs__ssd="true")
        for metadata, noted in (
            ({}, True),
            ({"ssd": "false"}, True),
            ({"ssd": "false,true"}, False),
        ):
            world.there.on("GET", "/os-aggregates", [{"metadata": metadata}])
            self.assertEqual([], world.blocked())
            self.assertEqual(noted, "no aggregate there" in world.noted()[0])

    def test_aliases_and_profiles_are_noted(self):
        world = self.world(pci_passthrough__alias="gpu:1", accel__device_profile="fpga")
        notes, _ = world.noted()
        self.assertIn("pci_passthrough:alias=gpu:1", notes)
        self.assertIn("accel:device_profile=fpga", notes)


class TestZones(testtools.TestCase):
    def world(self, zone, named=(), up=("nova",), keep=True):
        world = World(keep_availability_zone=keep)
        world.server[ZONE] = zone
        zones = [{"zoneName": z, "zoneState": {"available": True}} for z in up]
        zones.append({"zoneName": "dark", "zoneState": {"available": False}})
        world.there.on("GET", "/os-availability-zone", zones)
        aggregates = [{"metadata": {"availability_zone": z}} for z in named]
        world.there.on("GET", "/os-aggregates", [{"metadata": {}}, *aggregates])
        return world

    def test_one_that_is_not_there_or_not_available(self):
        for zone in ("east", "dark"):
            (reason,) = self.world(zone).blocked()
            self.assertIn(f"no availability zone {zone} (it has nova)", reason)
            self.assertIn("keep_availability_zone", reason)

    def test_the_default_zone_may_become_another(self):
        world = self.world("nova", named=["east"], up=["nova", "east"])
        notes, announced = world.noted()
        self.assertEqual([], world.blocked())
        self.assertIn("may land in another", notes)
        self.assertEqual({ZONE}, announced)

    def test_where_there_is_no_other_it_is_kept(self):
        self.assertEqual([], self.world("nova").findings())

    def test_a_zone_of_an_aggregate_is_kept(self):
        world = self.world("east", named=["east"], up=["nova", "east"])
        self.assertEqual([], world.findings())

    def test_without_the_option_nothing_is_asked(self):
        world = self.world("east", keep=False)
        self.assertEqual([], world.findings())
        self.assertEqual([], world.there.calls)
