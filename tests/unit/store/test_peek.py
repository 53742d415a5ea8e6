# SPDX-License-Identifier: Apache-2.0
"""A look at a database that changes nothing in it."""

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock

from pumphouse.resources.compute.server_halt import SUSPENDED
from pumphouse.store import peek as module
from pumphouse.store.peek import file_of, peek
from pumphouse.store.schema import REVISIONS
from tests.unit.store import base


class PeekTest(base.StoreTest):
    def test_what_is_unfinished(self) -> None:
        writer = self.new_writer()
        writer.open_intent(base.PAIR, SUSPENDED, base.SERVER)
        found = peek(self.url)
        self.assertEqual((REVISIONS.head, REVISIONS.head), (found.schema, found.newest))
        self.assertEqual((writer.run_id,), found.unfinished)
        self.assertEqual(1, found.open_intents)

    def test_the_clock_of_a_server(self) -> None:
        """SQLite has none."""
        skew = peek(self.url).skew
        self.assertEqual(self.sqlite, skew is None)
        self.assertLess(abs(skew or 0), 5)

    def test_an_older_one_stays_so(self) -> None:
        newer = SimpleNamespace(head="9999", current=REVISIONS.current)
        with mock.patch.object(module.schema, "REVISIONS", newer):
            found = peek(self.url)
        self.assertEqual((REVISIONS.head, "9999"), (found.schema, found.newest))
        self.assertEqual(REVISIONS.head, peek(self.url).schema)

    def test_where_it_is(self) -> None:
        file = file_of(self.url)
        self.assertEqual(self.sqlite, file is not None)
        self.assertIsNone(file_of("postgresql://u:p@host/name"))
