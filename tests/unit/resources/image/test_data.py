# SPDX-License-Identifier: Apache-2.0
"""The data step brings the data over whatever it finds on the destination."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Ref, Resource
from pumphouse.resources.image import data
from pumphouse.transfer.base import Moved
from tests.unit.resources.fakes import FakeCloud, FakeContext

SOURCE = {
    "id": "i1",
    "name": "debian",
    "disk_format": "qcow2",
    "size": 10,
    "checksum": "C1",
    "os_hash_algo": "sha512",
    "os_hash_value": "h1",
}
THERE = {**SOURCE, "id": "I1", "status": "active", "checksum": "c1"}
MOVED = Moved(10, {"md5": "c1", "sha512": "h1"})
IMAGE = Resource(Ref("image", "i1"), "debian", SOURCE)
LOST = exceptions.LostAnswer("the connection broke")
BUSY = exceptions.Conflict("not queued")


class Transfer:
    """Each time the next outcome: what was moved, or an error."""

    def __init__(self, *outcomes):
        self.left = list(outcomes)
        self.tries = 0

    def move(self, origin, target, expected, watch):
        self.tries += 1
        outcome = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class TestData(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.made = 0
        self.cloud = FakeCloud()
        self.ctx = FakeContext(destination=self.cloud, bound={IMAGE.ref: "I1"})

    def there(self, *records):
        self.cloud.on("GET", "/images/I1", *records)

    def make_anew(self, ctx, resource):
        self.made += 1

    def run_step(self, *outcomes):
        self.transfer = Transfer(*outcomes)
        step = data.DataStep(self.ctx, IMAGE, self.make_anew, self.transfer)
        return step.run()

    def test_moved_and_compared(self):
        self.there(THERE)
        self.assertEqual({"id": "I1", "size": 10}, self.run_step(MOVED))
        self.assertEqual((1, 0), (self.transfer.tries, self.made))
        self.assertEqual(1, len(self.cloud.calls))

    def test_there_already(self):
        """Glance refuses a second upload; what is there is equal."""
        self.there(THERE)
        self.run_step(BUSY)
        self.assertEqual((1, 0), (self.transfer.tries, self.made))

    def test_a_lost_answer_that_was_a_yes(self):
        self.there({**THERE, "status": "saving"}, THERE)
        self.run_step(LOST)
        self.assertEqual((1, 0), (self.transfer.tries, self.made))

    def test_an_upload_that_broke_is_tried_again(self):
        self.there({"status": "saving"}, {"status": "queued"}, THERE)
        self.run_step(LOST, MOVED)
        self.assertEqual((2, 0), (self.transfer.tries, self.made))

    def test_one_that_hangs_in_saving_is_made_anew(self):
        self.ctx.polls = 3
        saving = {**THERE, "status": "saving"}
        self.there(saving, saving, saving, THERE)
        self.run_step(BUSY, MOVED)
        self.assertEqual((2, 1), (self.transfer.tries, self.made))

    def test_so_is_one_that_is_gone_or_killed(self):
        for record in (exceptions.ResourceMissing("gone"), {"status": "killed"}):
            self.made = 0
            self.there(record, THERE)
            self.run_step(LOST, MOVED)
            self.assertEqual((2, 1), (self.transfer.tries, self.made))

    def test_and_one_with_other_data(self):
        self.there({**THERE, "os_hash_value": "h2"}, THERE)
        self.run_step(BUSY, MOVED)
        self.assertEqual((2, 1), (self.transfer.tries, self.made))

    def test_a_store_that_kept_what_was_refused_gets_another_record(self):
        """Glance is back at queued, and each further upload fails with 500."""
        self.there({"status": "queued"}, THERE)
        self.run_step(exceptions.ServiceError("failed", status=500), MOVED)
        self.assertEqual((2, 1), (self.transfer.tries, self.made))

    def test_what_arrives_differently_again_and_again_is_an_error(self):
        """And nothing with wrong data is left behind."""
        self.there({**THERE, "size": 9})
        error = self.assertRaises(exceptions.DataMismatch, self.run_step, MOVED)
        self.assertIn("10 -> 9", str(error))
        self.assertIn("image debian", str(error))
        self.assertEqual((data.TRIES, data.TRIES), (self.transfer.tries, self.made))

    def test_a_transfer_that_keeps_failing_says_why(self):
        self.there({"status": "queued"})
        error = self.assertRaises(exceptions.LostAnswer, self.run_step, LOST)
        self.assertIn("the connection broke", str(error))
        self.assertEqual((data.TRIES, 0), (self.transfer.tries, self.made))

    def test_data_that_the_source_does_not_give_is_not_asked_for_again(self):
        """The transfer has asked often enough; each try would take minutes.

        Its upload is over when that is said.
        """
        self.there({"status": "saving"}, {"status": "queued"})
        lost = exceptions.DataLost("its data stopped coming at byte 5 of 10")
        error = self.assertRaises(exceptions.DataLost, self.run_step, lost)
        self.assertIn("debian", str(error))
        self.assertEqual(1, self.transfer.tries)
        self.assertEqual(2, len(self.cloud.calls))

    def test_what_cannot_help_is_not_tried_again(self):
        for error in (
            exceptions.QuotaExceeded("out of quota"),
            exceptions.Suspended("stopped on request"),
        ):
            self.assertRaises(type(error), self.run_step, error)
            self.assertEqual(1, self.transfer.tries)
            self.assertEqual([], self.cloud.calls)

    def test_data_in_another_format_is_explained(self):
        refused = exceptions.UnexpectedAnswer("refused", status=415)
        error = self.assertRaises(exceptions.UnexpectedAnswer, self.run_step, refused)
        self.assertIn("qcow2", error.hint)

    def test_another_hash_algorithm_is_checked_by_what_was_computed(self):
        """The source recorded only sha512, the destination only md5."""
        record = {k: v for k, v in SOURCE.items() if k != "checksum"}
        there = {"size": 10, "checksum": "c1"}
        self.assertEqual([], data.differences(record, there, MOVED))
        there["checksum"] = "c2"
        (difference,) = data.differences(record, there, MOVED)
        self.assertEqual("data (md5)", difference.field)
