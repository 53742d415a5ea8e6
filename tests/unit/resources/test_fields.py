# SPDX-License-Identifier: Apache-2.0
"""Fields: places of references, translated values, comparable forms."""

from __future__ import annotations

import copy
import types

import testtools
from hypothesis import given
from hypothesis import strategies as st

from pumphouse.models import Need, Ref
from pumphouse.resources import fields

IDS = st.text("abcdef0123456789", min_size=1, max_size=6)
NOTHING = st.sampled_from([None, ""])


class TestRewrite(testtools.TestCase):
    """``rewrite`` changes the ids at a path, and nothing else."""

    def test_each_kind_of_path(self):
        def change(source_id):
            return source_id.upper()

        for value, path, expected in (
            ("a", "", "A"),
            (["a", "b"], "[]", ["A", "B"]),
            ({"id": "a", "x": "b"}, "id", {"id": "A", "x": "b"}),
            ([{"s": "a", "ip": "b"}], "[].s", [{"s": "A", "ip": "b"}]),
            ({"p": [{"q": "a"}]}, "p.[].q", {"p": [{"q": "A"}]}),
            ({"x": "b"}, "id", {"x": "b"}),
            ({"p": None}, "p.q", {"p": None}),
            (None, "[].s", None),
            ("", "", ""),
        ):
            self.assertEqual(expected, fields.rewrite(value, path, change))

    @given(st.lists(st.fixed_dictionaries({"a": IDS | NOTHING, "b": IDS})))
    def test_identity_changes_nothing_and_the_source_is_left_alone(self, value):
        before = copy.deepcopy(value)
        self.assertEqual(value, fields.rewrite(value, "[].a", str))
        fields.rewrite(value, "[].a", lambda i: "changed")
        self.assertEqual(before, value)

    @given(st.lists(st.fixed_dictionaries({"a": IDS | NOTHING, "b": IDS})))
    def test_every_id_is_seen_once_in_order(self, value):
        seen = []
        fields.rewrite(value, "[].a", seen.append)
        self.assertEqual([item["a"] for item in value if item["a"]], seen)

    @given(st.lists(IDS), st.dictionaries(IDS, IDS))
    def test_rewriting_composes(self, value, mapping):
        """Twice with two changes is once with both of them."""

        def one(i):
            return mapping.get(i, i)

        def two(i):
            return f"{i}!"

        self.assertEqual(
            fields.rewrite(fields.rewrite(value, "[]", one), "[]", two),
            fields.rewrite(value, "[]", lambda i: two(one(i))),
        )


class TestField(testtools.TestCase):
    def test_needs_name_the_type_and_say_why(self):
        field = fields.references("groups", "security-group", "who may reach it")
        self.assertEqual(
            [
                Need(Ref("security-group", "a"), "who may reach it"),
                Need(Ref("security-group", "b"), "who may reach it"),
            ],
            list(field.needs({"groups": ["a", "b"]})),
        )
        self.assertEqual([], list(field.needs({})))

    def test_a_weak_reference_is_a_weak_need(self):
        field = fields.reference("p", "project", "home", must=False, brings=False)
        (need,) = field.needs({"p": "a"})
        self.assertFalse(need.must)
        self.assertFalse(need.brings)

    def test_translated_maps_what_stands_for_it(self):
        field = fields.copied("ips", refs={"[].subnet_id": "subnet"})
        record = {"ips": [{"subnet_id": "a", "ip_address": "10.0.0.1"}]}
        bound = {Ref("subnet", "a"): "A"}
        self.assertEqual(
            [{"subnet_id": "A", "ip_address": "10.0.0.1"}],
            field.translated(record, bound.get),
        )

    def test_what_nothing_stands_for_never_looks_like_an_id(self):
        """A must is marked as missing, anything else is left empty."""
        strong = fields.reference("p", "project", "owner")
        weak = fields.reference("p", "project", "home", must=False)
        record = {"p": "a"}
        self.assertEqual(fields.UNMAPPED, strong.translated(record, lambda r: None))
        self.assertIsNone(weak.translated(record, lambda r: None))

    def test_active_follows_the_option(self):
        on = types.SimpleNamespace(keep_it=True)
        off = types.SimpleNamespace(keep_it=False)
        field = fields.optional("mac", "keep_it")
        self.assertTrue(field.active(on))
        self.assertFalse(field.active(off))
        self.assertTrue(fields.copied("mac").active(off))
        self.assertFalse(fields.dropped("mac", "of no use").active(on))

    def test_comparable_takes_absence_for_the_default(self):
        field = fields.copied("tags", default=[], normal=sorted)
        self.assertEqual([], field.comparable(None))
        self.assertEqual(["a", "b"], field.comparable(["b", "a"]))
        self.assertIsNone(fields.copied("tags", normal=sorted).comparable(None))

    @given(st.lists(st.fixed_dictionaries({"a": IDS, "b": IDS | st.none()})))
    def test_by_key_forgets_the_order_only(self, items):
        normal = fields.by_key("a", "b")
        self.assertEqual(normal(items), normal(list(reversed(items))))
        self.assertCountEqual(items, normal(items))

    def test_compared_and_dropped_are_never_sent(self):
        self.assertFalse(fields.compared("status").send)
        self.assertFalse(fields.dropped("id", "its own").send)
