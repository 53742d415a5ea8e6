# SPDX-License-Identifier: Apache-2.0
"""What a plan foresees of its images: refusals, limits, who loses them."""

from __future__ import annotations

import io
import json

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision, Ref
from pumphouse.resources.image.image import Image
from pumphouse.resources.outlook import Forgetful, Outlook
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.image.test_formats import MBR, QCOW2
from tests.unit.resources.image.test_image import BASE

KIND = Image()
SCHEMA = {
    "name": "image",
    "properties": {
        "name": {"type": ["null", "string"], "maxLength": 20},
        "disk_format": {"enum": [None, "raw", "qcow2"]},
        "container_format": {"enum": [None, "bare"]},
        "min_disk": {"type": "integer"},
        "min_ram": {"type": "integer"},
        "os_hidden": {"type": "boolean"},
        "visibility": {"type": "string"},
        "tags": {"type": "array"},
        "checksum": {"readOnly": True, "type": "string"},
        "os_hash_x": {"readOnly": True, "type": "string"},
        "hw_rng": {"type": "string", "enum": ["on"]},
    },
    "additionalProperties": {"type": "string"},
}


class Response:
    def __init__(self, data, status=206):
        self.status_code = status
        self.raw = io.BytesIO(data)
        read = self.raw.read
        self.raw.read = lambda size, decode_content: read(size)

    def close(self):
        pass


class TestForesight(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.source = FakeCloud().on("GET", "/projects", [{"id": "p2", "name": "lab"}])
        self.destination = FakeCloud().on("GET", "/schemas/image", SCHEMA)
        self.memory = Forgetful()
        self.options = Options()
        self.decisions = {Ref("project", "p1"): Decision(Action.CREATE, "")}
        self.bound = {}

    def image(self, data=b"raw data..", action=Action.CREATE, **more):
        number = len(self.decisions)
        own = {"id": f"i{number}", "size": len(data), "os_hash_value": f"h{number}"}
        record = {**BASE, **own, **more}
        self.source.on(
            "GET", f"/images/{record['id']}/file", lambda call: Response(data)
        )
        found = KIND.resource(record)
        self.decisions[found.ref] = Decision(action, "")
        return found

    def foreseen(self, *images):
        outlook = Outlook(
            source=self.source,
            destination=self.destination,
            options=self.options,
            resources={each.ref: each for each in images},
            decisions=self.decisions,
            translate=self.bound.get,
            memory=self.memory,
        )
        return list(KIND.foresee(outlook))

    def one(self, *images):
        (finding,) = self.foreseen(*images)
        return finding

    def reads(self):
        return [c.path for c in self.source.calls if c.path.endswith("/file")]

    def test_nothing_is_asked_where_nothing_is_created(self):
        kept = [self.image(action=each) for each in Action if each != Action.CREATE]
        self.assertEqual([], self.foreseen(*kept))
        self.assertEqual([], self.source.calls + self.destination.calls)

    def test_an_ordinary_image_takes_three_requests_and_the_next_plan_two(self):
        ordinary = self.image()
        self.assertEqual([], self.foreseen(ordinary))
        self.assertEqual(1, len(self.source.calls))
        paths = [call.path for call in self.destination.calls]
        self.assertEqual(["/schemas/image", "/info/usage"], paths)
        self.assertEqual([], self.foreseen(ordinary))
        self.assertEqual(1, len(self.source.calls), "each data is looked at once")

    # -- formats ---------------------------------------------------------------
    def test_data_that_contradicts_its_format_is_blocked(self):
        finding = self.one(self.image(disk_format="qcow2"))
        for words in (
            "its data is not",
            "415",
            "mappings: image",
            "check_image_formats",
        ):
            self.assertIn(words, finding.blocked)
        self.assertEqual((), finding.notes)

    def test_where_it_is_not_checked_it_is_noted(self):
        """By an older Glance, or by one that was told not to."""
        wrong = self.image(disk_format="qcow2")
        self.options = Options(check_image_formats=False)
        off = self.one(wrong)
        self.options = Options()
        self.destination = FakeCloud(newest={"image": "2.16"})
        self.destination.on("GET", "/schemas/image", SCHEMA)
        for finding in (off, self.one(wrong)):
            self.assertEqual("", finding.blocked)
            self.assertIn("its data is not", finding.notes[0])

    def test_raw_that_is_not_is_noted(self):
        finding = self.one(self.image(QCOW2))
        self.assertEqual("", finding.blocked)
        self.assertIn("its data is qcow2", finding.notes[0])
        self.assertEqual([], self.foreseen(self.image(MBR)))

    def test_equal_data_is_read_once_and_judged_for_each(self):
        same = {"os_hash_value": "same"}
        right = self.image(QCOW2, disk_format="qcow2", **same)
        wrong = self.image(QCOW2, disk_format="raw", **same)
        self.assertEqual(wrong.ref, self.one(right, wrong).ref)
        self.assertEqual(1, len(self.reads()))

    def test_data_without_a_hash_is_read_each_time(self):
        unknown = {"os_hash_value": None, "checksum": None}
        images = [self.image(**unknown), self.image(QCOW2, **unknown)]
        for _ in range(2):
            self.assertEqual(images[1].ref, self.one(*images).ref)
        self.assertEqual(4, len(self.reads()))

    def test_an_old_checksum_names_data_as_well(self):
        old = self.image(os_hash_value=None, os_hash_algo=None)
        self.foreseen(old)
        self.foreseen(old)
        self.assertEqual(1, len(self.reads()))

    def test_what_is_not_bare_is_not_read(self):
        self.image()
        self.foreseen(self.image(container_format="ovf"))
        self.assertEqual([], self.reads())

    def test_no_bytes_need_no_request(self):
        self.assertIn("is not", self.one(self.image(b"", disk_format="qcow2")).blocked)
        self.assertEqual([], self.reads())

    def test_data_that_cannot_be_read_is_blocked_and_learnt_by_nobody(self):
        for error in (
            exceptions.ResourceMissing("it does not exist", status=404),
            exceptions.Forbidden("the user may not do this", status=403),
        ):
            lost = self.image()
            self.source.on("GET", f"/images/{lost.ref.id}/file", error)
            for _ in range(2):
                self.assertIn(error.what, self.one(lost).blocked)
        self.assertEqual(4, len(self.reads()))

    def test_what_may_pass_is_noted(self):
        late = self.image()
        error = exceptions.ServiceError("the image service failed", status=500)
        self.source.on("GET", f"/images/{late.ref.id}/file", error)
        finding = self.one(late)
        self.assertEqual("", finding.blocked)
        self.assertIn("failed", finding.notes[0])

    # -- the record ------------------------------------------------------------
    def test_what_the_destinations_schema_does_not_allow_is_blocked(self):
        for more, words in (
            ({"disk_format": "ploop"}, "disk_format: 'ploop' is not one of"),
            ({"container_format": "ova"}, "container_format: 'ova' is not one of"),
            ({"name": "x" * 21}, "name: "),
            ({"hw_rng": "off"}, "hw_rng: 'off' is not one of"),
            ({"os_hash_x": "1"}, "os_hash_x: is Glance's own"),
            ({"location": "1"}, "location: is Glance's own"),
            ({"disk_format": "ploop", "hw_rng": "off"}, "; hw_rng: "),
        ):
            finding = self.one(self.image(**more))
            self.assertIn(words, finding.blocked)
            self.assertIn("mappings: image", finding.blocked)

    def test_ids_that_are_translated_are_not_held_against_it(self):
        properties = {**SCHEMA["properties"], "kernel_id": {"pattern": "^[0-9]+$"}}
        self.destination.on(
            "GET", "/schemas/image", {**SCHEMA, "properties": properties}
        )
        self.assertEqual([], self.foreseen(self.image(kernel_id="i9")))

    def test_limits_of_our_own_project(self):
        for usage, words in (
            ({"image_count_total": {"limit": 9, "usage": 9}}, "count_total"),
            ({"image_size_total": {"limit": 9, "usage": 10}}, "(10 of 9 MiB)"),
            ({"image_count_total": {"limit": 9, "usage": 8}}, ""),
            ({"image_size_total": {"limit": 9, "usage": 9}}, ""),
            ({"image_count_total": {"limit": -1, "usage": 8}}, ""),
        ):
            self.destination.on("GET", "/info/usage", usage)
            found = self.foreseen(self.image())
            self.assertEqual(bool(words), bool(found), usage)
            self.assertIn(words, found[0].blocked if found else "")

    # -- who loses what --------------------------------------------------------
    def shared(self, *projects, **more):
        members = [{"member_id": p, "status": "accepted"} for p in projects]
        return self.image(visibility="shared", members=members, **more)

    def test_who_loses_an_image_is_named(self):
        self.bound = {Ref("project", "p3"): "P3"}
        finding = self.one(self.shared("p1", "p2", "p3", "p4"))
        self.assertIn("projects lab, p4, not on the destination", finding.notes[0])
        asked = [call.path for call in self.source.calls]
        self.assertEqual(1, asked.count("/projects"))

    def test_a_blocked_project_is_not_coming(self):
        self.decisions[Ref("project", "p2")] = Decision(Action.BLOCKED, "")
        self.assertIn("project lab", self.one(self.shared("p2")).notes[0])

    def test_many_are_counted(self):
        text = self.one(self.shared(*(f"x{i}" for i in range(8)))).notes[0]
        self.assertIn("x0, x1, x2, x3, x4 and 3 more", text)

    def test_an_image_for_everybody_whose_owner_stays(self):
        for visibility in ("public", "community"):
            finding = self.one(self.image(visibility=visibility, owner="p2"))
            self.assertIn("its owner, project lab, does not come", finding.notes[0])
            known = self.image(visibility=visibility, owner="p1")
            self.assertEqual([], self.foreseen(known))

    def test_what_is_learnt_is_storable_and_says_nothing_of_the_data(self):
        self.foreseen(self.image(QCOW2), self.image(MBR))
        known = self.memory.known("image format", ["sha512:h1", "sha512:h2"])
        self.assertEqual({"sha512:h1", "sha512:h2"}, set(known))
        self.assertTrue(all(len(json.dumps(each)) < 100 for each in known.values()))
