# SPDX-License-Identifier: Apache-2.0
"""Images: matching, properties, and the record on the destination."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Need, Origin, Ref
from pumphouse.resources.image import finish, record
from pumphouse.resources.image.fitness import fitness
from pumphouse.resources.image.image import Image
from pumphouse.resources.image.lists import filters_of
from tests.unit.resources.fakes import FakeCloud, FakeContext

KIND = Image()
OWNER = Ref("project", "p1")
BASE = {
    "id": "i1",
    "name": "debian",
    "visibility": "private",
    "tags": ["b", "a"],
    "protected": False,
    "os_hidden": False,
    "min_disk": 1,
    "min_ram": 64,
    "disk_format": "raw",
    "container_format": "bare",
    "owner": "p1",
    "size": 10,
    "status": "active",
    "checksum": "c1",
    "os_hash_algo": "sha512",
    "os_hash_value": "h1",
    "virtual_size": None,
    "created_at": "then",
    "updated_at": "then",
    "self": "/v2/images/i1",
    "file": "/v2/images/i1/file",
    "schema": "/v2/schemas/image",
    "stores": "fast",
    "hw_disk_bus": "scsi",
    "owner_specified.openstack.md5": "c1",
    "os_glance_import_task": "t1",
    "instance_uuid": "s1",
}


def image(**more):
    return KIND.resource({**BASE, **more})


def there(**more):
    gone = ("os_glance_import_task", "instance_uuid")
    kept = {k: v for k, v in BASE.items() if k not in gone}
    return KIND.resource({**kept, "id": "I9", "owner": "P1", **more})


def context(destination=None):
    return FakeContext(destination=destination or FakeCloud(), bound={OWNER: "P1"})


class TestFields(testtools.TestCase):
    def test_body_carries_properties_and_not_what_is_glances_own(self):
        body = KIND.body(context(), image())
        self.assertEqual(
            {
                "name": "debian",
                "visibility": "private",
                "tags": ["b", "a"],
                "os_hidden": False,
                "min_disk": 1,
                "min_ram": 64,
                "disk_format": "raw",
                "container_format": "bare",
                "owner": "P1",
                "hw_disk_bus": "scsi",
                "owner_specified.openstack.md5": "c1",
            },
            body,
        )

    def test_kernel_and_ramdisk_are_images_to_bring(self):
        resource = image(kernel_id="k1", ramdisk_id=None)
        self.assertIn(Need(Ref("image", "k1"), "kernel"), list(KIND.needs(resource)))
        ctx = context()
        ctx.bind(Ref("image", "k1"), "K1")
        self.assertEqual("K1", KIND.body(ctx, resource)["kernel_id"])

    def test_a_public_image_does_not_bring_its_owner(self):
        (need,) = KIND.needs(image(visibility="public"))
        self.assertEqual((False, False), (need.must, need.brings))
        body = KIND.body(FakeContext(), image(visibility="public"))
        self.assertNotIn("owner", body)

    def test_a_private_image_does(self):
        (need,) = KIND.needs(image())
        self.assertEqual((True, True), (need.must, need.brings))
        self.assertRaises(exceptions.ResourceError, KIND.body, FakeContext(), image())


class TestMatch(testtools.TestCase):
    def compare(self, source, destination):
        found = KIND.compare(source, destination, {OWNER: "P1"}.get, None)
        return [d.field for d in found]

    def test_same_name_and_owner_but_other_content_is_another_image(self):
        key = KIND.key(image(), {OWNER: "P1"}.get)
        self.assertEqual(key, KIND.key(there(), lambda r: r.id))
        for other in ({"os_hash_value": "h2"}, {"owner": "P2"}, {"name": "x"}):
            self.assertNotEqual(key, KIND.key(there(**other), lambda r: r.id))

    def test_a_public_image_is_the_same_whoever_owns_it(self):
        mine = image(visibility="public")
        other = there(visibility="public", owner="somebody")
        self.assertEqual(KIND.key(mine, {}.get), KIND.key(other, lambda r: r.id))
        self.assertEqual([], self.compare(mine, other))

    def test_without_an_owner_there_is_no_key(self):
        self.assertIsNone(KIND.key(image(), {}.get))

    def test_without_a_hash_nothing_tells_that_two_are_the_same(self):
        for hashes in ({}, {"os_hash_value": ""}):
            unknown = {"checksum": None, "os_hash_value": None, **hashes}
            for visibility in ("private", "public"):
                found = image(visibility=visibility, **unknown)
                self.assertIsNone(KIND.key(found, {OWNER: "P1"}.get))
        old = image(os_hash_value=None)
        self.assertIsNotNone(KIND.key(old, {OWNER: "P1"}.get))

    def test_what_has_no_data_is_nobodys_equal(self):
        """Not even with the hash of an upload that Glance refused."""
        half = {**BASE, "id": "I8", "status": "queued", "size": None}
        cloud = FakeCloud()  # which knows no filter of Glance's
        cloud.list = lambda *args, **more: [half, {**BASE, "id": "I9"}]
        found = KIND.candidates(cloud, [image()], {OWNER: "P1"}.get)
        self.assertEqual({"I9"}, {each.ref.id for each in found})

    def test_equal(self):
        self.assertEqual([], self.compare(image(), there(tags=["a", "b"])))

    def test_properties_count_on_both_sides(self):
        self.assertEqual(
            ["hw_disk_bus", "os_distro"],
            self.compare(image(), there(hw_disk_bus="ide", os_distro="debian")),
        )

    def test_clouds_may_hash_in_different_ways(self):
        other = there(os_hash_algo="sha256", os_hash_value="x")
        self.assertEqual([], self.compare(image(), other))
        other = there(os_hash_algo="sha256", os_hash_value="x", checksum="c2")
        self.assertEqual(["data (md5)"], self.compare(image(), other))

    def test_size_and_hash_count(self):
        other = there(os_hash_value="h2", size=9)
        self.assertEqual(
            ["data (sha512)", "data (bytes)"], self.compare(image(), other)
        )

    def test_members_count_as_far_as_they_are_on_the_destination(self):
        members = [
            {"member_id": "p2", "status": "accepted"},
            {"member_id": "p3", "status": "pending"},
        ]
        mine = image(visibility="shared", members=members)
        known = {OWNER: "P1", Ref("project", "p2"): "P2"}.get
        for status, different in (("accepted", []), ("pending", ["members"])):
            other = there(
                visibility="shared", members=[{"member_id": "P2", "status": status}]
            )
            found = KIND.compare(mine, other, known, None)
            self.assertEqual(different, [d.field for d in found])

    def test_filters_take_any_name(self):
        self.assertEqual(
            ['in:"a,b","c"', 'eq:d"e', "eq:f\\g"],
            list(filters_of(["c", 'd"e', "a,b", "f\\g"])),
        )
        self.assertEqual(3, len(list(filters_of([str(i) for i in range(45)]))))


class TestFitness(testtools.TestCase):
    def test_only_data_that_is_there_can_be_moved(self):
        self.assertEqual("", fitness(BASE).blocked)
        for status in ("queued", "saving", "killed", "pending_delete", "importing"):
            self.assertIn(status, fitness({**BASE, "status": status}).blocked)

    def test_a_snapshot_whose_data_is_elsewhere(self):
        mapping = '[{"snapshot_id": "x", "boot_index": 0}]'
        self.assertIn(
            "volume", fitness({**BASE, "block_device_mapping": mapping}).blocked
        )

    def test_notes_say_what_changes(self):
        notes = fitness(
            {
                **BASE,
                "status": "deactivated",
                "checksum": None,
                "os_hash_value": None,
                "members": [{"member_id": "p2", "status": "accepted"}],
                "img_signature_certificate_uuid": "x",
            }
        ).notes
        self.assertEqual(4, len(notes), notes)


class TestRecord(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.ctx = context()
        self.ids = [record.new_id(self.ctx.pair, "i1", life) for life in range(3)]

    def taken(self, call):
        """Answers a POST as Glance does where the first two ids are used up."""
        if call.body["id"] in self.ids[:2]:
            raise exceptions.Conflict("exists")
        return {"id": call.body["id"]}

    def test_the_id_is_derived_and_made_with_one_request(self):
        self.ctx.destination.on("POST", "/images", {})
        self.assertEqual({"id": self.ids[0]}, KIND.ensure(self.ctx, image()))
        (call,) = self.ctx.destination.calls
        self.assertEqual(self.ids[0], call.body["id"])

    def test_what_is_there_under_it_is_ours(self):
        cloud = self.ctx.destination.on("POST", "/images", self.taken)
        cloud.on("GET", f"/images/{self.ids[0]}", self.half(self.ids[0]))
        KIND.ensure(self.ctx, image())
        self.assertEqual(self.ids[0], self.ctx.destination_id(image().ref))
        self.assertEqual(Origin.CREATED, self.ctx.binding(image().ref).origin)

    def test_a_deleted_one_gets_a_new_life(self):
        self.ctx.destination.on("POST", "/images", self.taken)
        KIND.ensure(self.ctx, image())
        self.assertEqual(self.ids[2], self.ctx.destination_id(image().ref))

    def test_after_a_lost_answer_one_request_finds_it(self):
        cloud = self.ctx.destination
        cloud.on("POST", "/images", exceptions.LostAnswer("lost"))
        cloud.on("GET", f"/images/{self.ids[0]}", {"id": self.ids[0]})
        KIND.ensure(self.ctx, image())
        self.assertEqual(["POST", "GET"], [c.method for c in cloud.calls])

    def half(self, image_id, **more):
        """What an earlier run left without data."""
        asked = KIND.body(self.ctx, image())
        return {**asked, "id": image_id, "status": "queued", "size": None, **more}

    def begun(self, **more):
        """An image that a run has bound and not finished."""
        self.ctx.bind(image().ref, "I1")
        cloud = self.ctx.destination.on("GET", "/images/I1", self.half("I1", **more))
        cloud.on("POST", "/images", {}).on("DELETE", "/images/I1", None)
        return KIND.ensure(self.ctx, image())["id"]

    def test_one_without_data_is_gone_on_with(self):
        for more in ({}, {"os_glance_x": "y"}, {"tags": ["a", "b"]}):
            self.assertEqual("I1", self.begun(**more))
            self.assertEqual([], self.ctx.destination.made("DELETE"))

    def test_unless_the_sources_has_changed_since(self):
        for more in ({"name": "lenny"}, {"min_disk": 2}, {"hat": "43"}, {"tags": []}):
            self.assertEqual(self.ids[0], self.begun(**more))
            self.assertEqual(1, len(self.ctx.destination.made("DELETE")))
            self.assertEqual(self.ids[0], self.ctx.destination_id(image().ref))
            self.ctx.destination.calls.clear()

    def test_one_with_data_is_the_next_steps_business(self):
        self.assertEqual("I1", self.begun(status="active", name="lenny"))

    def test_one_that_is_gone_is_made(self):
        self.ctx.bind(image().ref, "I1")
        self.ctx.destination.on("POST", "/images", {})
        self.assertEqual({"id": self.ids[0]}, KIND.ensure(self.ctx, image()))

    def test_what_is_to_be_removed_is_found_however_it_is(self):
        there = self.half(self.ids[0], name="lenny")
        self.ctx.destination.on("GET", f"/images/{self.ids[0]}", there)
        self.assertEqual(self.ids[0], KIND.leftover(self.ctx, image()))

    def test_clouds_do_not_share_ids(self):
        other = FakeContext()
        other.pair = type(other.pair)("source|two", "destination|one")
        self.assertNotEqual(self.ids[0], record.new_id(other.pair, "i1"))


class TestFinish(testtools.TestCase):
    def test_only_where_there_is_something_to_do(self):
        self.assertFalse(finish.needed(BASE))
        steps = KIND.tasks(image(), lambda name, step: name)
        self.assertEqual(["ensure", "data"], steps)
        steps = KIND.tasks(image(protected=True), lambda name, step: name)
        self.assertEqual(["ensure", "data", "finish"], steps)

    def test_shares_with_those_that_are_there_then_protects(self):
        members = [
            {"member_id": "p2", "status": "accepted"},
            {"member_id": "p3", "status": "accepted"},
        ]
        resource = image(protected=True, visibility="shared", members=members)
        ctx = context()
        ctx.bind(resource.ref, "I9")
        ctx.bind(Ref("project", "p2"), "P2")
        cloud = ctx.destination
        cloud.on("POST", "/images/I9/members", exceptions.Conflict("member already"))
        cloud.on("PUT", "/images/I9/members/P2", {})
        cloud.on("PATCH", "/images/I9", {})
        KIND.finish(ctx, resource)
        self.assertEqual(["POST", "PUT", "PATCH"], [c.method for c in cloud.calls])

    def test_delete_unprotects_first_where_it_must(self):
        answers = [exceptions.Forbidden("protected"), None]
        cloud = FakeCloud().on("DELETE", "/images/I9", *answers)
        cloud.on("PATCH", "/images/I9", {})
        KIND.delete(context(cloud), "I9")
        self.assertEqual(["DELETE", "PATCH", "DELETE"], [c.method for c in cloud.calls])
