# SPDX-License-Identifier: Apache-2.0
"""An intent is known before its request, and open until its outcome is known."""

from __future__ import annotations

from pumphouse import exceptions
from pumphouse.models import CloudPair
from tests.unit.store.base import IMAGE, PAIR, SERVER, StoreTest

OTHER = CloudPair(PAIR.source, "elsewhere")


class Journal(StoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.writer = self.new_writer()

    def test_new_intent(self) -> None:
        """A first intent is not reopened."""
        intent = self.writer.open_intent(PAIR, "create", SERVER, {"name": "web"})
        self.assertFalse(intent.reopened)
        self.assertEqual(
            (self.writer.run_id, "create", SERVER, {"name": "web"}),
            (intent.run_id, intent.kind, intent.ref, intent.details),
        )

    def test_is_on_disk_for_others(self) -> None:
        """After a kill the next process sees it, with what was first intended."""
        intent = self.writer.open_intent(PAIR, "create", SERVER, {"name": "web"})
        code = (
            "from pumphouse.models import *\n"
            "pair = CloudPair(*sys.argv[2:4])\n"
            "ref = Ref.parse(sys.argv[4])\n"
            "writer = store.writer(store.run(sys.argv[5]))\n"
            "i = writer.open_intent(pair, 'create', ref, {})\n"
            "print(i.id, i.reopened, i.run_id, i.details)"
        )
        words = (PAIR.source, PAIR.destination, str(SERVER), self.new_run().id)
        other = self.process(code, *words)
        said = other.communicate()[0].strip()
        self.assertEqual(
            f"{intent.id} True {self.writer.run_id} {{'name': 'web'}}", said
        )

    def test_one_of_each_pair_kind_and_reference(self) -> None:
        """Only the same side effect is the same intent."""
        first = self.writer.open_intent(PAIR, "create", SERVER)
        others = [
            self.writer.open_intent(PAIR, "suspended", SERVER),
            self.writer.open_intent(PAIR, "create", IMAGE),
            self.writer.open_intent(OTHER, "create", SERVER),
        ]
        again = self.writer.open_intent(PAIR, "create", SERVER)
        self.assertEqual([False] * 3, [each.reopened for each in others])
        self.assertEqual((first.id, True), (again.id, again.reopened))
        self.assertNotIn(first.id, [each.id for each in others])

    def test_closed_is_not_reopened(self) -> None:
        """After an outcome the next intent is a new one."""
        first = self.writer.open_intent(PAIR, "create", SERVER)
        self.writer.close_intent(first.id, "failed", {"status": 503})
        second = self.writer.open_intent(PAIR, "create", SERVER)
        self.assertFalse(second.reopened)
        self.assertGreater(second.id, first.id)

    def test_outcomes(self) -> None:
        """The same outcome may be said twice, another one may not."""
        intent = self.writer.open_intent(PAIR, "keypair", SERVER)
        close = self.writer.close_intent
        close(intent.id, "undone")
        close(intent.id, "undone")
        for intent_id, outcome in (
            (intent.id, "done"),
            (intent.id, "odd"),
            (99, "done"),
        ):
            self.assertRaises(exceptions.StoreError, close, intent_id, outcome)

    def test_open_ones(self) -> None:
        """What is left to finish is found by pair, run and kind, oldest first."""
        other = self.new_writer()
        for pair, writer, kind in (
            (PAIR, self.writer, "create"),
            (PAIR, self.writer, "isolated"),
            (PAIR, other, "suspended"),
            (OTHER, other, "create"),
        ):
            writer.open_intent(pair, kind, SERVER)
        done = self.writer.open_intent(PAIR, "create", IMAGE)
        self.writer.close_intent(done.id, "done")
        opened = self.store.open_intents
        kinds = [
            [intent.kind for intent in each]
            for each in (
                opened(),
                opened(PAIR),
                opened(run_id=other.run_id),
                opened(PAIR, kinds=iter(["isolated", "suspended"])),
            )
        ]
        self.assertEqual(
            [
                ["create", "isolated", "suspended", "create"],
                ["create", "isolated", "suspended"],
                ["suspended", "create"],
                ["isolated", "suspended"],
            ],
            kinds,
        )
