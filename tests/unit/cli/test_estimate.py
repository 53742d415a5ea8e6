# SPDX-License-Identifier: Apache-2.0
"""Time left: told by type, and not at all while nobody can know."""

from __future__ import annotations

import testtools

from pumphouse.cli.estimate import Estimate
from pumphouse.models import Ref

RULES = [Ref("rule", str(n)) for n in range(20)]
SERVERS = [Ref("server", str(n)) for n in range(4)]


class TestEstimate(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 0.0
        self.estimate = Estimate([*RULES, *SERVERS], lambda: self.now)

    def carry(self, *refs: Ref, took: float) -> None:
        """One after the other."""
        for ref in refs:
            self.estimate.step(ref, "started")
            self.now += took
            self.estimate.step(ref, "finished")

    def test_nothing_is_said_at_first(self):
        self.carry(*RULES[:2], took=0.1)
        self.assertEqual("", str(self.estimate))
        self.assertIsNone(self.estimate.seconds_left)

    def test_no_time_while_a_type_that_is_left_has_no_basis(self):
        """All rules done says nothing of servers, which come last."""
        self.carry(*RULES, took=0.5)
        self.assertEqual(120.0, self.estimate.a_minute)
        self.assertIsNone(self.estimate.seconds_left)
        self.assertEqual("120 a minute", str(self.estimate))

    def test_what_is_left_takes_as_long_as_its_like(self):
        self.carry(*RULES[:10], took=1.0)
        self.carry(SERVERS[0], took=50.0)
        self.assertEqual(10 * 1.0 + 3 * 50.0, self.estimate.seconds_left)
        self.assertIn("about 3 min left", str(self.estimate))

    def test_as_many_go_on_side_by_side_as_did(self):
        self.carry(*RULES, took=0.0)
        for server in SERVERS[:2]:
            self.estimate.step(server, "started")
        self.now += 60.0
        for server in SERVERS[:2]:
            self.estimate.step(server, "finished")
        self.assertEqual(60.0, self.estimate.seconds_left)

    def test_a_step_that_is_tried_again_counts_from_its_beginning(self):
        self.carry(*RULES, took=0.0)
        self.estimate.step(SERVERS[0], "started")
        self.now += 30.0
        self.estimate.step(SERVERS[0], "again")
        self.estimate.step(SERVERS[0], "started")
        self.now += 30.0
        self.estimate.step(SERVERS[0], "finished")
        self.assertEqual(180.0, self.estimate.seconds_left)

    def test_when_all_is_done_nothing_is_left(self):
        self.carry(*RULES, *SERVERS, took=1.0)
        self.assertIsNone(self.estimate.seconds_left)

    def test_slow_ones_are_told_by_the_hour(self):
        self.carry(SERVERS[0], took=600.0)
        self.assertEqual("6 an hour", str(self.estimate))

    def test_what_was_done_before_does_not_count(self):
        self.carry(Ref("rule", "earlier"), took=10.0)
        self.assertEqual(0.0, self.estimate.a_minute)
