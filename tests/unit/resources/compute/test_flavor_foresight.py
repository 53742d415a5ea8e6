# SPDX-License-Identifier: Apache-2.0
"""What a plan foresees of flavors: ids that change, names and ids that are taken."""

from __future__ import annotations

import testtools

from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision
from pumphouse.resources.compute.flavor import Flavor
from pumphouse.resources.outlook import Outlook
from tests.unit.resources.compute.test_flavor import RECORD
from tests.unit.resources.fakes import FakeCloud

KIND = Flavor()
KEEP = Options(keep_flavor_ids=True)


def flavor(name, flavor_id="42", **more):
    return KIND.resource({**RECORD, "name": name, "id": flavor_id, **more})


class TestForesight(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.there = []
        self.destination = FakeCloud().on("GET", "/flavors/detail", self.there)

    def stands(self, name, flavor_id):
        self.there.append({**RECORD, "name": name, "id": flavor_id})

    def folds(self, *ids):
        """The destination finds something by these ids."""
        for each in ids:
            self.destination.on("GET", f"/flavors/{each}", {})

    def foreseen(self, *wanted, options=KEEP, decision=None):
        decision = decision or Decision(Action.CREATE, "")
        outlook = Outlook(
            source=FakeCloud(),
            destination=self.destination,
            options=options,
            resources={each.ref: each for each in wanted},
            decisions={each.ref: decision for each in wanted},
            translate={}.get,
        )
        return list(KIND.foresee(outlook))

    def blocked(self, *wanted, **more):
        return [f.blocked for f in self.foreseen(*wanted, **more) if f.blocked]

    def probes(self):
        return [c.path for c in self.destination.calls if c.path != "/flavors/detail"]

    # -- ids -----------------------------------------------------------------
    def test_ids_that_change_are_noted(self):
        adopted = Decision(Action.ADOPT, "", destination_id="17")
        for decision in (None, adopted):
            wanted = flavor("m2", "43"), flavor("m1")
            (finding,) = self.foreseen(*wanted, options=Options(), decision=decision)
            self.assertIsNone(finding.ref)
            self.assertIn("flavors m1 (42), m2 (43): ", finding.notes[0])
            self.assertIn("keep_flavor_ids", finding.notes[0])

    def test_many_are_counted(self):
        wanted = [flavor(f"m{i:02}", str(i)) for i in range(13)]
        (finding,) = self.foreseen(*wanted, options=Options())
        self.assertIn("m09 (9) and 3 more: ", finding.notes[0])

    def test_one_that_does_not_change_is_not(self):
        same = Decision(Action.ADOPT, "", destination_id="42")
        self.assertEqual(
            [], self.foreseen(flavor("m1"), options=Options(), decision=same)
        )
        self.assertEqual([], self.foreseen(flavor("m1")))
        mapped = Decision(Action.MAP, "", destination_id="9")
        self.assertEqual(
            [], self.foreseen(flavor("m1"), options=Options(), decision=mapped)
        )

    def test_an_id_that_another_has_blocks_one_that_is_to_keep_it(self):
        self.stands("big", "42")
        (reason,) = self.blocked(flavor("m1"))
        self.assertIn("its id 42 is that of flavor 'big'", reason)
        self.assertEqual([], self.blocked(flavor("m1"), options=Options()))
        self.assertEqual([], self.probes())

    def test_so_does_one_that_the_database_takes_for_it(self):
        self.stands("big", "Gold")
        self.assertEqual([], self.blocked(flavor("m1", "gold")))
        self.folds("gold")
        self.assertEqual(1, len(self.blocked(flavor("m1", "gold"))))
        self.assertEqual(["/flavors/gold"] * 2, self.probes())

    # -- names ---------------------------------------------------------------
    def test_a_name_that_is_taken_but_for_case_or_accents(self):
        """Where an id, asked for in other case, is found all the same."""
        self.stands("m1.big", "ab-1")
        for mine in ("M1.Big", "m1.b\u00edg"):
            self.assertEqual([], self.blocked(flavor(mine)))
        self.folds("AB-1")
        for mine in ("M1.Big", "m1.b\u00edg"):
            (reason,) = self.blocked(flavor(mine))
            self.assertIn("'m1.big'", reason)

    def test_any_id_with_letters_tells(self):
        self.stands("m1.big", "1")
        self.stands("other", "ab-1")
        self.assertEqual([], self.blocked(flavor("M1.big")))
        self.assertEqual(["/flavors/AB-1"], self.probes())

    def test_where_none_tells_it_may_be(self):
        self.stands("m1.big", "1")
        self.assertEqual(1, len(self.blocked(flavor("M1.big"))))
        self.assertEqual([], self.probes())

    def test_two_of_one_plan(self):
        self.stands("other", "ab-1")
        self.folds("AB-1")
        found = self.blocked(flavor("m1", "7"), flavor("M1", "8"))
        self.assertEqual(2, len(found))

    def test_one_list_is_all_that_is_asked_ordinarily(self):
        self.stands("other", "ab-1")
        self.assertEqual([], self.foreseen(flavor("m1"), flavor("m2", "43")))
        self.assertEqual(1, len(self.destination.calls))

    # -- what cannot be set ----------------------------------------------------
    def test_a_disabled_flavor_is_announced(self):
        (finding,) = self.foreseen(flavor("m1", **{"OS-FLV-DISABLED:disabled": True}))
        self.assertEqual(("OS-FLV-DISABLED:disabled",), finding.announced)
        self.assertIn("disabled", finding.notes[0])

    def test_so_is_a_description_that_the_destination_has_not(self):
        self.assertEqual([], self.foreseen(flavor("m1", description="old")))
        self.destination = FakeCloud(newest={"compute": "2.54"})
        self.destination.on("GET", "/flavors/detail", [])
        (finding,) = self.foreseen(flavor("m1", description="old"))
        self.assertEqual(("description",), finding.announced)
        self.assertEqual([], self.foreseen(flavor("m1", description=None)))
