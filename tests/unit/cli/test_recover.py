# SPDX-License-Identifier: Apache-2.0
"""``binding recover``: what it shows, asks and keeps."""

from __future__ import annotations

from pumphouse import exceptions
from pumphouse.models import Origin
from tests.unit.cli.base import CommandTestCase


class TestBindingRecover(CommandTestCase):
    WORDS = ("binding", "recover", "house", "h1")

    def setUp(self) -> None:
        super().setUp()
        self.destination.records["town"] = [{"id": "T", "name": "Ulm"}]

    def kept(self) -> dict[str, str]:
        return {b.ref.id: b.destination_id for b in self.store.bindings()}

    def test_it_keeps_what_it_found_when_told_so(self):
        ended = self.pumphouse(*self.WORDS, "--yes", "-f", "json")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        by_type = {row["Type"]: row for row in ended.json}
        self.assertEqual("T", by_type["town"]["Destination ID"])
        self.assertEqual("", by_type["house"]["Destination ID"])
        self.assertEqual("not on the destination", by_type["house"]["Why"])
        self.assertIn("1 binding kept", ended.err)
        self.assertIn("not found: plan again", ended.err)
        self.assertEqual({"t1": "T"}, self.kept())
        (binding,) = self.store.bindings()
        self.assertIs(Origin.ADOPTED, binding.origin)

    def test_what_was_kept_is_verified_by_a_plan_without_a_run(self):
        self.destination.records["house"] = [
            {"id": "H", "name": "mill", "town": "T", "floors": 2}
        ]
        self.pumphouse(*self.WORDS, "--yes")
        self.pumphouse("plan", "project", "h1")
        plan = self.newest("plan")
        ended = self.pumphouse("verify", "--plan", plan)
        self.assertIn("2 verified, 0 differences", ended.err)
        nothing = self.pumphouse("verify")
        self.assertEqual(exceptions.EXIT_NOT_FOUND, nothing.code)

    def test_at_a_terminal_it_asks(self):
        ended = self.pumphouse(*self.WORDS, answer="n\n")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertEqual({}, self.kept())
        self.assertEqual(0, self.pumphouse(*self.WORDS, answer="yes\n").code)
        self.assertEqual({"t1": "T"}, self.kept())

    def test_without_a_terminal_it_keeps_nothing_unasked(self):
        ended = self.pumphouse(*self.WORDS)
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn("--yes", ended.err)
        self.assertEqual({}, self.kept())

    def test_a_second_time_only_what_is_unknown_is_told(self):
        self.pumphouse(*self.WORDS, "--yes")
        ended = self.pumphouse(*self.WORDS, "--yes", "-f", "json")
        self.assertNotIn("town", [row["Type"] for row in ended.json])
        self.assertEqual(exceptions.EXIT_OK, ended.code)

    def test_an_unknown_name_is_one_line(self):
        ended = self.pumphouse("binding", "recover", "house", "castle", "--yes")
        self.assertEqual(exceptions.EXIT_NOT_FOUND, ended.code)
        self.assertEqual(1, ended.err.count("\n"), ended.err)

    def test_an_unknown_type_is_one_line(self):
        ended = self.pumphouse("binding", "recover", "castle", "x", "--yes")
        self.assertNotEqual(exceptions.EXIT_OK, ended.code)
        self.assertEqual(1, ended.err.count("\n"), ended.err)
