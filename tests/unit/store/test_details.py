# SPDX-License-Identifier: Apache-2.0
"""Details are small JSON without secrets, wherever they are handed in."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import testtools
from hypothesis import given
from hypothesis import strategies as st

from pumphouse import exceptions
from pumphouse.store import Owner
from pumphouse.store.database import MAX_DETAILS, dump, load
from tests.unit.store.base import PAIR, PLAN, SERVER, StoreTest, only_sqlite

CANARY = "hunter2-canary"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
).filter(lambda value: value not in (math.inf, -math.inf))


class Dump(testtools.TestCase):
    @given(st.dictionaries(st.text(), VALUES))
    def test_what_is_stored_comes_back(self, details: dict[str, Any]) -> None:
        """Details either come back equal or are refused with a StoreError."""
        try:
            text = dump(details, "test")
        except exceptions.StoreError:
            return
        text.encode("ascii")
        self.assertEqual(details, load(text))

    def test_not_json(self) -> None:
        """Objects and not-a-number are refused when written, not when read."""
        for value in (object(), {1, 2}, b"x", math.nan):
            self.assertRaises(exceptions.StoreError, dump, {"v": value}, "test")

    def test_bounded(self) -> None:
        """Details larger than a row should hold are refused."""
        self.assertRaises(exceptions.StoreError, dump, {"v": "x" * MAX_DETAILS}, "test")


class NoSecrets(StoreTest):
    def test_refused_everywhere(self) -> None:
        """No way into the database takes a password, and none repeats it."""
        run = self.store.acquire_run(self.new_run().id, Owner.current())
        secret = {"user": {"adminPass": CANARY}}
        writer = self.store.writer(run)
        intent = writer.open_intent(PAIR, "credential", SERVER)
        plan = dataclasses.replace(PLAN, id="other", summary=secret)
        ways: list[Any] = [
            lambda: self.store.save_plan(plan),
            lambda: writer.open_intent(PAIR, "create", SERVER, secret),
            lambda: writer.close_intent(intent.id, "done", secret),
            lambda: writer.node_done(SERVER, "create", secret),
            lambda: writer.event("odd", SERVER, **secret),
            lambda: self.store.update_run(run.id, 1, summary=secret),
            lambda: self.store.release_run(run.id, 1, "failed", secret),
        ]
        for way in ways:
            error = self.assertRaises(exceptions.StoreError, way)
            self.assertIn("user.adminPass", str(error))
            self.assertNotIn(CANARY, repr(error))

    @only_sqlite
    def test_nothing_of_it_on_disk(self) -> None:
        """What was refused or masked is in none of the database's files."""
        writer = self.new_writer()
        error = f"said: password={CANARY}, mysql://keystone:{CANARY}@db/keystone"
        writer.node_failed(SERVER, "create", error, "ServiceError")
        files = list(self.folder.iterdir())
        self.assertIn("pumphouse.db-wal", [file.name for file in files])
        for file in files:
            self.assertNotIn(CANARY.encode(), file.read_bytes())
