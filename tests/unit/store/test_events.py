# SPDX-License-Identifier: Apache-2.0
"""Events are kept in their order and can be followed."""

from __future__ import annotations

from pumphouse import exceptions
from tests.unit.store.base import SERVER, StoreTest


class Events(StoreTest):
    def test_in_order_and_in_pieces(self) -> None:
        """A follower asks for what came after the last it saw, and misses nothing."""
        run, other = self.new_run().id, self.new_run().id
        for number in range(5):
            self.store.event(run, "step", SERVER, number=number, name="any name")
            self.store.event(other, "noise")
        seen: list[int] = []
        last = 0
        while piece := self.store.events(run, after=last, limit=2):
            last = piece[-1].number
            seen += [event.details["number"] for event in piece]
        self.assertEqual([0, 1, 2, 3, 4], seen)

    def test_fields(self) -> None:
        """An event has its time, and a reference only where it is about one."""
        run = self.new_run().id
        self.store.event(run, "started")
        self.store.event(run, "done", ref=SERVER)
        first, second = self.store.events(run)
        self.assertEqual((None, SERVER), (first.ref, second.ref))
        self.assertEqual(("started", {}), (first.name, first.details))
        self.assertLessEqual(first.at, second.at)

    def test_unknown_run(self) -> None:
        """Events belong to a run that exists."""
        self.assertRaises(exceptions.StoreError, self.store.event, "none", "started")
