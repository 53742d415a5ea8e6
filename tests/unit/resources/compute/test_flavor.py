# SPDX-License-Identifier: Apache-2.0
"""Flavors: releases say the same thing in different forms."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Origin
from pumphouse.resources.compute.flavor import Flavor
from pumphouse.resources.listing import ID, where
from tests.unit.resources.fakes import FakeCloud, FakeContext

KIND = Flavor()
RECORD = {
    "id": "7",
    "name": "m1.small",
    "ram": 2048,
    "vcpus": 1,
    "disk": 20,
    "swap": "",
    "OS-FLV-EXT-DATA:ephemeral": 0,
    "rxtx_factor": 1.0,
    "os-flavor-access:is_public": True,
    "OS-FLV-DISABLED:disabled": False,
    "description": None,
    "extra_specs": {"hw:cpu_policy": "dedicated"},
    "links": [],
}
THERE = {**RECORD, "id": "uuid-9", "swap": 0}


def flavor(**more):
    return KIND.resource({**RECORD, **more})


class TestFlavor(testtools.TestCase):
    def context(self, **more):
        return FakeContext(**more)

    def compare(self, there, options=None, **more):
        found = KIND.compare(
            flavor(**more), KIND.resource(there), {}.get, options or Options()
        )
        return [d.field for d in found]

    def test_body(self):
        body = KIND.body(self.context(), flavor())
        self.assertEqual(
            {
                "name": "m1.small",
                "ram": 2048,
                "vcpus": 1,
                "disk": 20,
                "swap": 0,
                "OS-FLV-EXT-DATA:ephemeral": 0,
                "rxtx_factor": 1.0,
                "os-flavor-access:is_public": True,
            },
            body,
        )

    def test_the_id_is_kept_only_if_asked_to(self):
        keep = Options(keep_flavor_ids=True)
        self.assertEqual("7", KIND.body(self.context(options=keep), flavor())["id"])
        self.assertEqual([], self.compare(THERE))
        self.assertEqual(["id"], self.compare(THERE, keep))

    def test_an_old_destination_gets_no_description(self):
        for newest, sent in (("2.54", False), ("2.55", True)):
            cloud = FakeCloud(newest={"compute": newest})
            body = KIND.body(self.context(destination=cloud), flavor(description="x"))
            self.assertIs(sent, "description" in body)

    def test_forms_that_mean_the_same_are_equal(self):
        self.assertEqual([], self.compare({**THERE, "swap": 0}))
        newer = {k: v for k, v in THERE.items() if k != "rxtx_factor"}
        del newer["OS-FLV-DISABLED:disabled"]
        self.assertEqual([], self.compare(newer))
        self.assertEqual([], self.compare({**THERE, "rxtx_factor": ""}))

    def test_size_and_extra_specs_count(self):
        for field, value in (("ram", 1), ("swap", 5), ("extra_specs", {})):
            self.assertEqual([field], self.compare({**THERE, field: value}))

    def test_extra_specs_come_with_the_list_or_one_by_one(self):
        old = {k: v for k, v in RECORD.items() if k != "extra_specs"}
        cloud = FakeCloud().on("GET", "/flavors/detail", [old, {**RECORD, "id": "8"}])
        cloud.on("GET", "/flavors/7/os-extra_specs", {"a": "b"})
        found = {
            r.ref.id: r.record for r in KIND.list(cloud, where(ID, ["7", "8", "9"]))
        }
        self.assertEqual({"7", "8"}, set(found))
        self.assertEqual({"a": "b"}, found["7"]["extra_specs"])
        self.assertEqual(2, len(cloud.calls))
        self.assertIn("None", cloud.calls[0].params["is_public"])

    def test_extra_specs_are_a_step_where_there_are_any(self):
        def names(resource):
            return KIND.tasks(resource, lambda name, step: name)

        self.assertEqual(["ensure", "extra-specs"], names(flavor()))
        self.assertEqual(["ensure"], names(flavor(extra_specs={})))

    def test_extra_specs_go_onto_what_was_made_only(self):
        for origin, requests in ((Origin.CREATED, 1), (Origin.ADOPTED, 0)):
            ctx = self.context()
            ctx.destination.on("POST", "/flavors/uuid-9/os-extra_specs", {})
            ctx.bind(flavor().ref, "uuid-9", origin)
            KIND.extra_specs(ctx, flavor())
            self.assertEqual(requests, len(ctx.destination.calls))

    def test_after_a_lost_answer_it_is_found_without_its_extra_specs(self):
        cloud = FakeCloud().on("POST", "/flavors", exceptions.LostAnswer("lost"))
        cloud.on("GET", "/flavors/detail", [{**THERE, "extra_specs": {}}])
        ctx = self.context(destination=cloud)
        self.assertEqual({"id": "uuid-9"}, KIND.ensure(ctx, flavor()))
        self.assertEqual(Origin.CREATED, ctx.binding(flavor().ref).origin)

    def test_a_namesake_that_differs_is_not_taken(self):
        cloud = FakeCloud().on("POST", "/flavors", exceptions.Conflict("exists"))
        cloud.on("GET", "/flavors/detail", [{**THERE, "extra_specs": {"a": "b"}}])
        error = self.assertRaises(
            exceptions.DestinationDiffers,
            KIND.ensure,
            self.context(destination=cloud),
            flavor(),
        )
        self.assertIn("extra_specs", str(error))
