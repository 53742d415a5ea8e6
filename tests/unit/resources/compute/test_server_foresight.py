# SPDX-License-Identifier: Apache-2.0
"""What Nova would refuse of a server is known in the plan, and what to do about it."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision, Ref
from pumphouse.resources.compute.flavor import Flavor
from pumphouse.resources.compute.server import Server
from pumphouse.resources.compute.server_fields import HOSTNAME, ZONE
from pumphouse.resources.image.image import Image
from pumphouse.resources.outlook import Outlook
from pumphouse.resources.registry import resource_types
from tests.unit.resources.fakes import FakeCloud

GIB = 1 << 30


class Cloud(FakeCloud):
    """A destination, perhaps with Placement."""

    side = "destination"
    placement = False

    def services(self):
        return frozenset({"placement"} if self.placement else ())

    def list(self, service, path, key, params=None, **more):
        """Glance filters by ``in:``, unlike the services of the plain fake."""
        return self._answer("GET", service, path, {**more, "params": params})


class World:
    """A server, with all that it needs, on its way to a cloud."""

    def __init__(self, **options):
        self.there = Cloud()
        self.options = Options(**options)
        self.decisions = {}
        self.resources = {}
        self.types = resource_types()
        self.flavor = {
            "id": "f1",
            "name": "small",
            "ram": 64,
            "disk": 1,
            "os-flavor-access:is_public": True,
            "extra_specs": {},
        }
        self.image = {
            "id": "i1",
            "name": "debian",
            "owner": "p1",
            "visibility": "private",
            "status": "active",
            "size": 65536,
            "min_ram": 0,
            "min_disk": 0,
        }
        self.server = {
            "id": "s1",
            "name": "web",
            "tenant_id": "p1",
            "user_id": "u1",
            "image": {"id": "i1"},
            "flavor": {"id": "f1"},
            "OS-DCF:diskConfig": "AUTO",
            HOSTNAME: "web",
            ZONE: "nova",
        }
        self.add("project", {"id": "p1", "name": "shop"})
        self.add("user", {"id": "u1", "name": "lena", "enabled": True})

    def add(self, kind, record, action=Action.CREATE, there=""):
        resource = self.types[kind].resource(record)
        self.resources[resource.ref] = resource
        self.decisions[resource.ref] = Decision(action, "", destination_id=there)

    def findings(self):
        for kind, record in (
            ("image", self.image),
            ("flavor", self.flavor),
            ("server", self.server),
        ):
            known = self.decisions.get(Ref(kind, record["id"]))
            if known is None or known.action is Action.CREATE:
                self.add(kind, record)

        def translate(ref):
            decision = self.decisions.get(ref)
            return decision.destination_id or None if decision else None

        outlook = Outlook(
            FakeCloud(),
            self.there,
            self.options,
            self.resources,
            self.decisions,
            translate,
        )
        return list(Server().foresee(outlook))

    def blocked(self):
        return [f.blocked for f in self.findings() if f.blocked]

    def noted(self):
        found = self.findings()
        notes = [note for finding in found for note in finding.notes]
        return " ".join(notes), {n for f in found for n in f.announced}


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
