# SPDX-License-Identifier: Apache-2.0
"""What every type inherits for reading: its needs, its key, its candidates."""

from __future__ import annotations

import testtools

from pumphouse.models import Need, Ref
from pumphouse.resources import base
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.things import (
    OWNER,
    PART,
    SOURCE,
    THERE,
    THING,
    same,
)


class TestNeeds(testtools.TestCase):
    def test_needs_are_all_references_with_their_reasons(self):
        self.assertEqual(
            [
                Need(OWNER, "its owner"),
                Need(PART, "what it is made of"),
                # What may be missing says which field differs then.
                Need(Ref("project", "p2"), "at home", False, False, field="home"),
            ],
            list(THING.needs(THING.resource({**SOURCE, "home": "p2"}))),
        )

    def test_chunks_lose_nothing(self):
        self.assertEqual(
            [["a", "b"], ["c"]], list(base.chunks(iter(["a", "b", "c"]), 2))
        )
        self.assertEqual([], list(base.chunks([], 2)))


class TestMatch(testtools.TestCase):
    def test_key_is_name_and_owner_in_terms_of_the_destination(self):
        bound = {OWNER: "P1"}
        self.assertEqual(
            THING.key(THING.resource(THERE), same),
            THING.key(THING.resource(SOURCE), bound.get),
        )

    def test_the_same_name_in_another_project_is_another_thing(self):
        there = THING.resource({**THERE, "project_id": "P2"})
        self.assertNotEqual(
            THING.key(there, same),
            THING.key(THING.resource(SOURCE), {OWNER: "P1"}.get),
        )

    def test_without_an_owner_there_is_no_key_and_no_request(self):
        """What goes into a project still to be created has no match anywhere."""
        cloud = FakeCloud()
        resource = THING.resource(SOURCE)
        self.assertIsNone(THING.key(resource, {}.get))
        self.assertEqual([], list(THING.candidates(cloud, [resource], {}.get)))
        self.assertEqual([], cloud.calls)

    def test_candidates_of_many_owners_take_one_request(self):
        cloud = FakeCloud().on("GET", "/things", [THERE])
        resources = [
            THING.resource({**SOURCE, "id": f"t{i}", "project_id": f"p{i % 2}"})
            for i in range(6)
        ]
        bound = {Ref("project", "p0"): "P0", OWNER: "P1"}
        found = list(THING.candidates(cloud, resources, bound.get))
        self.assertEqual(["t9"], [r.ref.id for r in found])
        (call,) = cloud.calls
        self.assertEqual({"project_id": ["P0", "P1"]}, call.params)
