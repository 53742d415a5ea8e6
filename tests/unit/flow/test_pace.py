# SPDX-License-Identifier: Apache-2.0
"""The first look comes shortly before what is waited for can be expected."""

from __future__ import annotations

import testtools

from pumphouse.flow.pace import Pace


class TestPace(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.pace = Pace()

    def first(self, kind="suspend", guess=1.0, longest=3.0):
        return self.pace.first_look(kind, guess, longest)

    def test_a_guess_until_something_is_known(self):
        self.pace.took("resume", 1.0, 2.0)
        self.assertEqual(1.0, self.first())
        self.assertEqual(0.5, self.first(longest=0.5))

    def test_goes_by_what_was_seen(self):
        self.pace.took("suspend", 1.9, 2.1)
        self.assertAlmostEqual(1.8, self.first())

    def test_follows_a_cloud_that_gets_slower_or_faster(self):
        for missed, found, end in ((0.9, 1.1, 1.0), (1.9, 2.1, 2.0), (0.4, 0.6, 0.5)):
            for _ in range(12):
                self.pace.took("suspend", missed, found)
            self.assertAlmostEqual(end * 0.9, self.first(), places=2)

    def test_what_is_there_at_the_first_look_is_looked_at_sooner(self):
        """Or nobody would ever notice that it takes less."""
        self.pace.took("suspend", 1.9, 2.1)
        before = self.first()
        self.pace.took("suspend", 0.0, before)
        self.assertTrue(self.first() < before)

    def test_trouble_does_not_stay_unseen_for_all_of_a_long_time(self):
        self.pace.took("boot", 59.0, 61.0)
        self.assertEqual(30.0, self.first("boot"))
