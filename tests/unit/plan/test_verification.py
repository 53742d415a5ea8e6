# SPDX-License-Identifier: Apache-2.0
"""Verification: what counts as equal, and what never does."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.plan.verification import Verification, verify
from tests.unit.flow import toys
from tests.unit.flow.base import RunTestCase


class TestVerify(RunTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.drawn = self.plan("house", "h1", "inn")
        self.run_plan(self.drawn)

    def verify(self, **more: Any) -> Verification:
        bindings = {b.ref: b for b in self.store.bindings(self.drawn.pair)}
        return verify(
            self.drawn,
            self.source,  # type: ignore[arg-type]
            self.destination,  # type: ignore[arg-type]
            toys.TYPES,
            more.get("bindings", bindings),
            not_kept=more.get("not_kept", {}),
        )

    def there(self, kind: str, name: str) -> dict[str, Any]:
        records = self.destination.records[kind]
        return next(each for each in records if each["name"] == name)

    def said(self, found: Verification) -> list[str]:
        return [f"{resource} {difference}" for resource, difference in found.rows()]

    def test_what_a_run_made_is_equal(self):
        # The diary is a secret that this toy does not send.
        self.there("person", "Ann")["diary"] = "dear"
        found = self.verify()
        self.assertTrue(found.complete, self.said(found))
        self.assertEqual("5 verified, 0 differences", found.summary())

    def test_each_field_is_read_again_from_both_clouds(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.there("house", "inn")["floors"] = 9
        self.source.records["house"][0]["name"] = "watermill"
        found = self.verify()
        self.assertEqual(
            [
                "house mill name: 'watermill' -> 'mill'",
                "house inn floors: 1 -> 9",
            ],
            self.said(found),
        )
        self.assertFalse(found.complete)

    def test_what_the_run_could_not_keep_is_told_apart(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.there("house", "inn")["floors"] = 9
        inn = Ref("house", "h2")
        found = self.verify(not_kept={inn: ["floors"]})
        self.assertTrue(found.complete, self.said(found))
        self.assertEqual(
            "5 verified, 0 differences, not kept: 1 house floors", found.summary()
        )
        # Any other difference counts as ever, and then all of them are shown.
        self.assertFalse(self.verify(not_kept={inn: ["name"]}).complete)

    def test_a_secret_differs_without_being_told(self):
        self.there("person", "Ann")["diary"] = "another"
        said = self.said(self.verify())
        self.assertEqual(["person Ann diary: '(secret)' -> '(another)'"], said)

    def test_a_reference_to_another_thing_of_that_name_differs(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.destination.records["town"].append({"id": "T2", "name": "Ulm"})
        self.there("house", "inn")["town"] = "T2"
        (said,) = self.said(self.verify())
        self.assertIn("house inn town", said)

    def test_what_is_gone_from_either_side_differs(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.destination.records["person"].remove(self.there("person", "Bob"))
        self.source.records["town"] = []
        said = self.said(self.verify())
        self.assertIn("person Bob (existence): 'present' -> 'gone'", said)
        self.assertIn("town Ulm (existence): 'gone' -> 'present'", said)

    def test_what_was_not_migrated_is_not_complete(self):
        self.there("person", "Ann")["diary"] = "dear"
        self.store.unbind(self.drawn.pair, Ref("person", "p2"))
        found = self.verify()
        self.assertFalse(found.complete)
        self.assertIn("1 not migrated", found.summary())
        self.assertEqual(
            ["person Bob (existence): 'planned' -> 'not migrated'"], self.said(found)
        )

    def test_other_clouds_are_not_compared(self):
        self.destination.identity = "http://elsewhere|one"
        error = self.assertRaises(exceptions.InputError, self.verify)
        self.assertIn("http://elsewhere|one", str(error))

    def test_what_the_operator_mapped_is_counted_and_not_compared(self):
        self.destination.records["town"].append({"id": "M", "name": "Mapped"})
        self.drawn = self.plan("house", "h3", mappings={"town": {"t2": "M"}})
        self.run_plan(self.drawn)
        found = self.verify()
        self.assertEqual((2, 1), (found.verified, found.not_compared))
