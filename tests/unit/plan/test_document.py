# SPDX-License-Identifier: Apache-2.0
"""The saved plan: what is in it, and that nobody changed it."""

from __future__ import annotations

import dataclasses
import json

import testtools

from pumphouse.plan.document import Plan
from tests.unit.plan.planning import house


class TestDocument(testtools.TestCase):
    def test_a_plan_survives_being_saved(self):
        plan = house("h1", "inn")
        again = Plan.loads(plan.dumps())
        self.assertEqual(plan.digest, again.digest)
        self.assertEqual(list(plan.nodes), list(again.nodes))
        self.assertEqual(plan.edges, again.edges)
        self.assertEqual(plan.totals, again.totals)

    def test_the_order_in_which_a_cloud_said_it_stays(self):
        """A server's networks are in the order of its NICs."""
        plan = house("inn")
        node = next(iter(plan.nodes.values()))
        record = {"z": {"b": 1, "a": 2}, "a": 3}
        changed = dataclasses.replace(
            node, resource=dataclasses.replace(node.resource, record=record)
        )
        plan = dataclasses.replace(plan, nodes={**plan.nodes, node.ref: changed})
        again = Plan.loads(plan.dumps()).nodes[node.ref].resource.record
        self.assertEqual([*record, *record["z"]], [*again, *again["z"]])

    def test_a_text_that_was_changed_with_its_digest_is_refused(self):
        """What says that the text is as it was written is not taken at its word."""
        plan = house("inn")
        data = json.loads(plan.dumps())
        data["title"] = "another"
        text = json.dumps(data, separators=(",", ":"))
        self.assertRaises(ValueError, Plan.loads, text)

    def test_a_secret_is_not_in_it(self):
        self.assertNotIn("dear", house("h1").dumps())

    def test_a_changed_document_is_refused(self):
        text = house("inn").dumps().replace('"inn"', '"out"')
        self.assertRaises(ValueError, Plan.loads, text)

    def test_a_document_may_be_written_in_another_way(self):
        """Its digest is about what it says."""
        plan = house("inn")
        for how in ({"indent": 1}, {"separators": (",", ":")}, {"sort_keys": True}):
            text = json.dumps(json.loads(plan.dumps()), **how)
            self.assertEqual(plan, Plan.loads(text))
        data = json.loads(plan.dumps())
        shuffled = {name: data[name] for name in sorted(data, reverse=True)}
        self.assertEqual(plan.digest, Plan.loads(json.dumps(shuffled)).digest)

    def test_the_same_clouds_give_the_same_digest(self):
        self.assertEqual(house("inn").digest, house("inn").digest)

    def test_totals_count_what_is_to_be_created(self):
        totals = house("h1", "inn").totals
        self.assertEqual(5, totals["resources"])
        self.assertEqual(200, totals["bytes"])
        self.assertEqual(5, totals["actions"]["create"])
