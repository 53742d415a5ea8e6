# SPDX-License-Identifier: Apache-2.0
"""How resources are listed: in few requests, sifted, none where there can be none."""

from __future__ import annotations

import uuid

import testtools

from pumphouse.cloud import endpoints
from pumphouse.resources.base import ResourceType
from pumphouse.resources.fields import copied, dropped
from pumphouse.resources.listing import ALL, ID, PROJECT, Where, where
from tests.unit.resources.fakes import FakeCloud

KNOWN = str(uuid.UUID(int=7))


class Leaf(ResourceType):
    """Of an API that takes one value a filter."""

    name = "leaf"
    service = "image"
    path = "/leaves"
    singular, plural = "leaf", "leaves"
    project_field = "tree"
    filters = {PROJECT: "tree", "name": "called"}
    few = 2
    fields = (dropped("id", "another there"), copied("name"), copied("tree"))


class Branch(Leaf):
    """Of an API that takes several values of a filter, by an extension."""

    name = "branch"
    service = "network"
    extension = "branches"
    filters = {ID: "id", PROJECT: "tree"}
    repeated = True


LEAVES = [
    {"id": KNOWN, "name": "red", "tree": "t1"},
    {"id": "l2", "name": "green", "tree": "t2"},
    {"id": "l3", "name": "green", "tree": "t3"},
]


class Tree(FakeCloud):
    """Has the leaves; a filter that it does not know passes everything."""

    def __init__(self, **more):
        super().__init__(**more)
        self.on("GET", "/leaves", LEAVES)
        self.on("GET", f"/leaves/{KNOWN}", LEAVES[0])

    def asked(self):
        return [(call.path, dict(call.params or {})) for call in self.calls]


def ids(found):
    return [resource.ref.id for resource in found]


class TestList(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.cloud = Tree()

    def found(self, which: Where, kind: ResourceType | None = None):
        return ids((kind or Leaf()).list(self.cloud, which))

    def test_all_is_one_list(self):
        self.assertEqual([KNOWN, "l2", "l3"], self.found(ALL))
        self.assertEqual([("/leaves", {})], self.cloud.asked())

    def test_no_value_is_no_request(self):
        for field in (ID, PROJECT, "name"):
            self.assertEqual([], self.found(where(field, ["", None])))
        self.assertEqual([], self.cloud.asked())

    def test_few_values_are_a_list_each(self):
        self.assertEqual([KNOWN, "l2"], self.found(where(PROJECT, ["t1", "t2"])))
        self.assertEqual(
            [("/leaves", {"tree": "t1"}), ("/leaves", {"tree": "t2"})],
            self.cloud.asked(),
        )

    def test_many_are_the_whole_list_sifted(self):
        found = self.found(where(PROJECT, ["t1", "t3", "t4"]))
        self.assertEqual([KNOWN, "l3"], found)
        self.assertEqual([("/leaves", {})], self.cloud.asked())

    def test_what_a_filter_lets_through_besides_is_sifted_out(self):
        """The fake knows no filter of the name "called", as old APIs do not."""
        self.assertEqual(["l2", "l3"], self.found(where("name", ["green"])))

    def test_a_field_without_a_filter_is_sifted(self):
        self.assertEqual(["l2"], self.found(where("tree", ["t2"])))

    def test_by_id_where_no_list_can_be_asked(self):
        self.assertEqual([KNOWN], self.found(where(ID, [KNOWN, "gone"])))
        self.assertNotIn("/leaves", [path for path, _ in self.cloud.asked()])

    def test_where_a_filter_is_repeated_it_is_one_list(self):
        self.cloud = Tree(extensions=("branches",))
        self.assertEqual([KNOWN, "l2"], self.found(where(ID, [KNOWN, "l2"]), Branch()))
        self.assertEqual(
            [("/leaves", {"id": sorted([KNOWN, "l2"])})], self.cloud.asked()
        )

    def test_what_is_told_twice_is_given_once(self):
        self.cloud.on("GET", "/leaves", [*LEAVES, *LEAVES])
        self.assertEqual([KNOWN, "l2", "l3"], self.found(ALL))


class TestLacking(testtools.TestCase):
    def test_no_extension_no_request(self):
        cloud = Tree()
        self.assertIn("branches", Branch().lacking(cloud))
        self.assertEqual([], [*Branch().list(cloud)])
        self.assertEqual([], cloud.calls)

    def test_no_service_no_request(self):
        class Lantern(Leaf):
            service = "lanterns-of-a-test"
            api = endpoints.Service("v9", optional=True)

        cloud = Tree()
        self.assertIn(Lantern.service, Lantern().lacking(cloud))
        self.assertEqual([], [*Lantern().list(cloud)])
        self.assertEqual([], cloud.calls)
        there = Tree(catalogue=("image", Lantern.service))
        self.assertEqual("", Lantern().lacking(there))
        self.assertEqual(3, len([*Lantern().list(there)]))

    def test_a_service_that_every_cloud_has_is_asked_and_says_what_is_wrong(self):
        """A wrong region must not look like a cloud without images."""
        self.assertEqual("", Leaf().lacking(Tree(catalogue=())))

    def test_a_service_has_one_version(self):
        endpoints.register("lanterns-of-a-test", endpoints.Service("v9", optional=True))
        self.assertRaises(
            ValueError,
            endpoints.register,
            "lanterns-of-a-test",
            endpoints.Service("v1", optional=True),
        )
        self.assertRaises(
            ValueError, endpoints.register, "network", endpoints.Service("v3")
        )


class TestFind(testtools.TestCase):
    def test_an_id_is_not_looked_for_by_name(self):
        cloud = Tree()
        self.assertEqual([KNOWN], ids(Leaf().find(cloud, [KNOWN])))
        self.assertEqual([f"/leaves/{KNOWN}"], [path for path, _ in cloud.asked()])

    def test_a_name_costs_one_request(self):
        cloud = Tree()
        self.assertEqual(["l2", "l3"], ids(Leaf().find(cloud, ["green"])))
        self.assertEqual([("/leaves", {"called": "green"})], cloud.asked())

    def test_a_name_that_looks_like_an_id(self):
        odd = str(uuid.UUID(int=8))
        cloud = Tree().on("GET", "/leaves", [{**LEAVES[1], "name": odd}])
        self.assertEqual(["l2"], ids(Leaf().find(cloud, [odd])))

    def test_without_a_filter_for_names_all_come_along(self):
        cloud = Tree(extensions=("branches",))
        self.assertEqual([KNOWN, "l2", "l3"], ids(Branch().find(cloud, ["green"])))
