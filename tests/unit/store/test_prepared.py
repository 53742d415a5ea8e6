# SPDX-License-Identifier: Apache-2.0
"""What every step of a run writes and asks is turned into SQL once."""

from __future__ import annotations

from unittest import mock

from pumphouse.models import Ref
from pumphouse.store.prepared import Prepared
from tests.unit.store.base import PAIR, StoreTest, created


class PreparedTest(StoreTest):
    def test_once_for_each_kind_of_statement(self) -> None:
        """A hundred steps look at no more statements than the first one does."""
        writer = self.new_writer()
        real = Prepared._compiled
        with mock.patch.object(
            Prepared, "_compiled", autospec=True, side_effect=real
        ) as compiled:
            seen = []
            for number in range(5):
                ref = Ref("port", str(number))
                writer.node_started(ref, "ensure")
                self.store.open_intents(PAIR, kinds=["create"], ref=ref)
                intent = writer.open_intent(PAIR, "create", ref)
                writer.bind(PAIR, created(ref, f"d{number}"), closes=intent.id)
                writer.event("made", ref, n=number)
                writer.node_done(ref, "ensure", {"n": number})
                seen.append(compiled.call_count)
        self.assertEqual({seen[0]}, set(seen))
        self.assertEqual([], self.store.open_intents())
        self.assertEqual([{"n": n} for n in range(5)], self.details(writer.run_id))

    def details(self, run: str) -> list[object]:
        return [dict(node.details) for node in self.store.nodes(run)]
