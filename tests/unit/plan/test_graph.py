# SPDX-License-Identifier: Apache-2.0
"""The graph of references: order, cycles, picture."""

from __future__ import annotations

import itertools

import testtools
from hypothesis import given
from hypothesis import strategies as st

from pumphouse import exceptions
from pumphouse.models import Need, Ref
from pumphouse.plan import graph

A, B, C = Ref("a", "1"), Ref("b", "1"), Ref("c", "1")


class TestGraph(testtools.TestCase):
    def test_what_is_needed_comes_first(self):
        built = graph.build([A, B, C], [(A, Need(B, "why")), (B, Need(C, "why"))])
        self.assertEqual([C, B, A], list(graph.order(built)))

    def test_needs_of_others_are_left_out(self):
        built = graph.build([A], [(A, Need(B, "why")), (C, Need(A, "why"))])
        self.assertEqual([A], list(built))

    def test_a_cycle_is_spelled_out(self):
        needs = [(A, Need(B, "its b")), (B, Need(C, "its c")), (C, Need(A, "its a"))]
        error = self.assertRaises(
            exceptions.PlanningFailed, graph.build, [A, B, C], needs
        )
        for piece in ("a:1 needs b:1 (its b)", "c:1 needs a:1 (its a)"):
            self.assertIn(piece, str(error))

    @given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=80))
    def test_any_acyclic_graph_is_ordered_and_keeps_types_together(self, pairs):
        refs = [Ref("abc"[n % 3], str(n)) for n in range(31)]
        # Only from lower to higher type, so that the types can stay together.
        needs = [
            (refs[a], Need(refs[b], "why"))
            for a, b in pairs
            if refs[a].type > refs[b].type
        ]
        built = graph.build(refs, needs)
        ordered = list(graph.order(built))
        place = {ref: n for n, ref in enumerate(ordered)}
        for before, after in built.edges:
            self.assertLess(place[before], place[after])
        kinds = [r.type for r in ordered]
        changes = sum(x != y for x, y in itertools.pairwise(kinds))
        self.assertEqual(len(set(kinds)) - 1, changes)

    def test_the_picture_quotes_what_names_may_contain(self):
        built = graph.build([A], [])
        text = graph.dot(built, {A: 'say "hi"\nthere'}, {A: "white"})
        self.assertIn(r'label="say \"hi\"\nthere"', text)
