# SPDX-License-Identifier: Apache-2.0
"""What comes along: always, with what is followed, and where all ends are there."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse.models import Need, Ref, Resource
from pumphouse.plan.discovery import discover
from pumphouse.resources.fields import copied, dropped, reference
from pumphouse.resources.relations import Link, Part
from tests.unit.plan import toys

ID = dropped("id", "another there")


class Project(toys.Toy):
    name = "project"
    path = "/project"
    fields = (ID, copied("name"))


class Member(toys.Toy):
    """Belongs to a project and names a person, who is followed as it is."""

    name = "member"
    path = "/member"
    project_field = "project"
    members = ("person",)
    fields = (
        ID,
        reference("project", "project", "where"),
        reference("person", "person", "who"),
        reference("friend", "person", "whom they know"),
    )


class Person(toys.Toy):
    name = "person"
    path = "/person"
    fields = (ID, copied("name"))


class Key(toys.Toy):
    """Comes along with a person who is followed."""

    name = "key"
    path = "/key"
    along = (Part("person", "person", always=False),)
    fields = (ID, reference("person", "person", "whose"))


class Hat(toys.Toy):
    """Comes along with any person, and is put on before they go."""

    name = "hat"
    path = "/hat"
    along = (Part("person", "person", before="against the sun"),)
    fields = (ID, copied("person"))


class Bond(toys.Toy):
    """Comes along where both are there."""

    name = "bond"
    path = "/bond"
    along = (Link({"one": "person", "other": "person"}),)
    fields = (ID, copied("one"), copied("other"))


TYPES: Any = {
    kind.name: kind for kind in (Project(), Member(), Person(), Key(), Hat(), Bond())
}


def cloud() -> toys.ToyCloud:
    people = [{"id": name, "name": name} for name in ("ann", "bob", "cat")]
    return toys.ToyCloud(
        "source",
        project=[{"id": "p", "name": "p"}, {"id": "q", "name": "q"}],
        member=[
            {"id": "m", "project": "p", "person": "ann", "friend": "bob"},
            {"id": "n", "project": "q", "person": "cat"},
        ],
        person=people,
        key=[{"id": f"{p['id']}s", "person": p["id"]} for p in people],
        hat=[{"id": f"{p['id']}s", "person": p["id"]} for p in people],
        bond=[
            {"id": "ann-bob", "one": "ann", "other": "bob"},
            {"id": "ann-cat", "one": "ann", "other": "cat"},
        ],
    )


def root(name: str, source_id: str) -> Resource:
    return Resource(Ref(name, source_id), source_id, {"id": source_id})


def found(*roots: Resource, **more: Any) -> set[str]:
    inventory = discover(cloud(), roots, TYPES, **more)  # type: ignore[arg-type]
    return {f"{ref.type} {ref.id}" for ref in inventory.resources}


class TestAlong(testtools.TestCase):
    def test_with_a_project_all_that_is_in_it_and_what_belongs_to_its_members(self):
        """Bob is only known to a member: none of his keys comes along."""
        self.assertEqual(
            {
                *("project p", "member m", "person ann", "person bob"),
                *("key anns", "hat anns", "hat bobs", "bond ann-bob"),
            },
            found(root("project", "p")),
        )

    def test_what_is_not_followed_brings_only_what_always_comes(self):
        self.assertEqual({"project p"}, found(root("project", "p"), follow=False))

    def test_what_is_selected_is_followed(self):
        self.assertEqual(
            {"person bob", "key bobs", "hat bobs"}, found(root("person", "bob"))
        )

    def test_what_was_found_before_it_is_followed_is_made_up_for(self):
        """Ann is found as a friend first, then as a member of a project."""
        roots = root("project", "p"), root("hat", "anns"), root("person", "bob")
        self.assertIn("key anns", found(*roots))
        inventory = discover(  # type: ignore[arg-type]
            self.late(), [root("project", "p")], TYPES
        )
        self.assertIn(Ref("key", "anns"), inventory.resources)

    def late(self) -> toys.ToyCloud:
        there = cloud()
        there.records["member"] = [
            {"id": "m", "project": "p", "person": "bob", "friend": "ann"},
            {"id": "o", "project": "p", "person": "ann"},
        ]
        return there

    def test_a_leaf_brings_nothing_along(self):
        known = {"known": lambda ref, name: ref.type == "person"}
        self.assertEqual(
            {"project p", "member m", "person ann", "person bob"},
            found(root("project", "p"), **known),
        )

    def test_what_goes_before_what_it_is_a_part_of(self):
        inventory = discover(cloud(), [root("person", "bob")], TYPES)  # type: ignore[arg-type]
        self.assertIn(
            (Ref("person", "bob"), Need(Ref("hat", "bobs"), "against the sun")),
            inventory.needs,
        )

    def test_a_type_without_an_owner_is_not_asked_for_a_project(self):
        there = cloud()
        discover(there, [root("project", "q")], TYPES)  # type: ignore[arg-type]
        self.assertEqual(1, there.reads.count("member"))
        self.assertEqual(0, there.reads.count("project"))
