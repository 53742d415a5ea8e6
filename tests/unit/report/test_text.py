# SPDX-License-Identifier: Apache-2.0
"""Text for terminals."""

from __future__ import annotations

import testtools

from pumphouse.report import text


class TestPlain(testtools.TestCase):
    def test_marks_go_and_words_stay(self):
        for markup, expected in (
            (
                "A route.  Its id is ``<router>/<hop>``.",
                "A route. Its id is <router>/<hop>.",
            ),
            ("see `pumphouse register` and\n   ``x``", "see pumphouse register and x"),
            (":class:`~a.B` and :doc:`page`", "a.B and page"),
            ("Neutron's own, users' own", "Neutron's own, users' own"),
            ("a lone ` stays", "a lone ` stays"),
        ):
            self.assertEqual(expected, text.plain(markup))
