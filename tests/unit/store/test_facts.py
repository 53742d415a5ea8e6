# SPDX-License-Identifier: Apache-2.0
"""Facts about data are kept by its hash, whatever becomes of plans and runs."""

from __future__ import annotations

from pumphouse import exceptions
from tests.unit.store.base import StoreTest

RAW = {"formats": ["raw"], "unsafe": {}}
QCOW = {"formats": ["qcow2"], "unsafe": {"qcow2": ["backing_file"]}}


class TestFacts(StoreTest):
    def test_what_was_learnt_is_known_to_whoever_comes_later(self) -> None:
        self.assertEqual({}, self.store.known("image format", ["a"]))
        self.store.learn("image format", {"a": RAW, "b": QCOW})
        later = self.open()
        self.assertEqual(
            {"a": RAW, "b": QCOW}, later.known("image format", ["a", "b", "c"])
        )
        self.assertEqual({}, later.known("something else", ["a"]))

    def test_the_latest_counts(self) -> None:
        self.store.learn("image format", {"a": RAW, "b": RAW})
        self.store.learn("image format", {"a": QCOW})
        known = self.store.known("image format", ["a", "b"])
        self.assertEqual({"a": QCOW, "b": RAW}, known)

    def test_many(self) -> None:
        facts = {f"sha512:{number:0128x}": RAW for number in range(1201)}
        self.store.learn("image format", facts)
        self.assertEqual(facts, self.store.known("image format", list(facts)))

    def test_nothing(self) -> None:
        self.store.learn("image format", {})
        self.assertEqual({}, self.store.known("image format", []))

    def test_no_secrets(self) -> None:
        secret = {"a": {"password": "canary"}}
        self.assertRaises(exceptions.StoreError, self.store.learn, "x", secret)
