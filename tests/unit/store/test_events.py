# SPDX-License-Identifier: Apache-2.0
"""Events are kept in their order and can be followed."""

from __future__ import annotations

import dataclasses

from pumphouse import exceptions
from tests.unit.store.base import SERVER, StoreTest


class Events(StoreTest):
    def test_in_order_and_in_pieces(self) -> None:
        """A follower asks for what came after the last it saw, and misses nothing."""
        writer, other = self.new_writer(), self.new_writer()
        run = writer.run_id
        for number in range(5):
            writer.event("step", SERVER, number=number, name="any name")
            other.event("noise")
        seen: list[int] = []
        last = 0
        while piece := self.store.events(run, after=last, limit=2):
            last = piece[-1].number
            seen += [event.details["number"] for event in piece]
        self.assertEqual([0, 1, 2, 3, 4], seen)

    def test_fields(self) -> None:
        """An event has its time, and a reference only where it is about one."""
        writer = self.new_writer()
        writer.event("started")
        writer.event("done", ref=SERVER)
        first, second = self.store.events(writer.run_id)
        self.assertEqual((None, SERVER), (first.ref, second.ref))
        self.assertEqual(("started", {}), (first.name, first.details))
        self.assertLessEqual(first.at, second.at)

    def test_of_one_name(self) -> None:
        """Whoever wants to know of one thing need not read all the others."""
        writer = self.new_writer()
        for name in ("a", "b", "a"):
            writer.event(name)
        found = self.store.events(writer.run_id, name="a")
        self.assertEqual(["a", "a"], [event.name for event in found])

    def test_unknown_run(self) -> None:
        """Events belong to a run that exists."""
        none = dataclasses.replace(self.new_run(), id="none")
        event = self.store.writer(none).event
        self.assertRaises(exceptions.StoreError, event, "started")
