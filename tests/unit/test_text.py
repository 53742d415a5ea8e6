# SPDX-License-Identifier: Apache-2.0
"""Words that errors, notes and reports have in common."""

from __future__ import annotations

import testtools

from pumphouse.text import count, some


class TestCount(testtools.TestCase):
    def test_one_is_not_many(self):
        counted = [count(n, "resource") for n in (0, 1, 2)]
        self.assertEqual(["0 resources", "1 resource", "2 resources"], counted)


class TestSome(testtools.TestCase):
    def test_the_first_are_named_and_the_others_counted(self):
        for names, expected in (
            ("", ""),
            ("ab", "a, b"),
            ("abc", "a, b and 1 more"),
            ("abcd", "a, b and 2 more"),
        ):
            self.assertEqual(expected, some([*names], 2))

    def test_sentences_stay_apart(self):
        self.assertEqual("a; b; and 2 more", some([*"abcd"], 2, "; "))
