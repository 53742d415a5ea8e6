# SPDX-License-Identifier: Apache-2.0
"""What follows from a type's declarations alone: its records, and compare."""

from __future__ import annotations

import json

import testtools

from pumphouse.models import Difference
from tests.unit.resources.fakes import Options
from tests.unit.resources.things import (
    OWNER,
    PART,
    SOURCE,
    THERE,
    THING,
)


class TestRecords(testtools.TestCase):
    def test_a_secret_never_enters_a_resource(self):
        resource = THING.resource(SOURCE)
        self.assertNotIn("hush", json.dumps(resource.record))
        self.assertNotIn("hush", repr(resource))
        self.assertEqual("hush", SOURCE["key"])

    def test_equal_secrets_stay_equal_and_others_differ(self):
        first, again = THING.resource(SOURCE), THING.resource(SOURCE)
        other = THING.resource({**SOURCE, "key": "psst"})
        self.assertEqual(first.record["key"], again.record["key"])
        self.assertNotEqual(first.record["key"], other.record["key"])

    def test_saved_says_only_that_there_is_a_secret(self):
        resource = THING.resource(SOURCE)
        saved = THING.saved(resource.record)
        self.assertIs(True, saved["key"])
        self.assertEqual("web", saved["name"])
        self.assertIs(False, THING.saved({**resource.record, "key": None})["key"])

    def test_undeclared_names_what_an_api_has_grown(self):
        self.assertEqual(set(), THING.undeclared(SOURCE))
        self.assertEqual({"colour"}, THING.undeclared({**SOURCE, "colour": "red"}))


class TestCompare(testtools.TestCase):
    def compare(self, there, options=None, source=SOURCE):
        return THING.compare(
            THING.resource(source),
            THING.resource(there),
            {OWNER: "P1", PART: "X1"}.get,
            options or Options(),
        )

    def test_equal(self):
        self.assertEqual((), self.compare(THERE))

    def test_every_carried_field_counts(self):
        for field, other in (
            ("name", "db"),
            ("project_id", "P2"),
            ("parts", []),
            ("size", 4),
        ):
            (difference,) = self.compare({**THERE, field: other})
            self.assertEqual(field, difference.field)
            self.assertEqual(other, difference.destination)

    def test_a_dropped_field_does_not(self):
        self.assertEqual((), self.compare({**THERE, "id": "another"}))

    def test_an_optional_field_counts_under_its_option(self):
        there = {**THERE, "mac": "fa:16:3e:00:00:02"}
        on = Options(keep_mac_addresses=True)
        off = Options(keep_mac_addresses=False)
        self.assertEqual(["mac"], [d.field for d in self.compare(there, on)])
        self.assertEqual((), self.compare(there, off))

    def test_none_and_no_such_field_say_the_same(self):
        nameless = {**SOURCE, "name": None}
        there = {k: v for k, v in THERE.items() if k != "name"}
        self.assertEqual((), self.compare(there, source=nameless))
        (difference,) = self.compare(there)
        self.assertEqual(Difference("name", "web", None), difference)

    def test_secrets_are_compared_but_never_shown(self):
        (difference,) = self.compare({**THERE, "key": "psst"})
        self.assertEqual(Difference("key", "(secret)", "(another)"), difference)
        (difference,) = self.compare({**THERE, "key": None})
        self.assertEqual(Difference("key", "(secret)", None), difference)

    def test_a_field_the_destination_lacks_differs_unless_it_has_a_default(self):
        there = dict(THERE)
        del there["name"], there["size"]
        source = {**SOURCE, "size": 0}
        self.assertEqual(
            [Difference("name", "web", None)], list(self.compare(there, source=source))
        )

    def test_a_field_the_source_lacks_is_not_asked_for(self):
        """An older release cannot say what a newer one's field should be."""
        source = {k: v for k, v in SOURCE.items() if k != "mac"}
        self.assertEqual((), self.compare(THERE, source=source))

    def test_unless_it_has_a_default(self):
        source = {k: v for k, v in SOURCE.items() if k != "size"}
        self.assertEqual(
            ["size"], [d.field for d in self.compare(THERE, source=source)]
        )
        self.assertEqual((), self.compare({**THERE, "size": 0}, source=source))
