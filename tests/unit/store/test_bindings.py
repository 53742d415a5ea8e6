# SPDX-License-Identifier: Apache-2.0
"""A reference becomes one thing, and what was created belongs to one reference."""

from __future__ import annotations

import dataclasses

import sqlalchemy

from pumphouse import exceptions
from pumphouse.models import Binding, CloudPair, Origin, Ref
from tests.unit.store.base import IMAGE, PAIR, SERVER, StoreTest, created

OTHER = CloudPair(PAIR.source, "https://other.example.org/v3|one")


class Bind(StoreTest):
    def test_comes_back_as_it_was_bound(self) -> None:
        """Every field survives."""
        time = "2026-01-02T03:04:05.000000+00:00"
        binding = Binding(SERVER, "dst", Origin.CREATED, "run", "wéb", time)
        self.store.register(PAIR, binding)
        self.assertEqual(binding, self.store.binding(PAIR, SERVER))
        self.assertIsNone(self.store.binding(OTHER, SERVER))

    def test_same_again(self) -> None:
        """Binding again does nothing; what a run created stays created."""
        self.store.register(PAIR, created(SERVER, "dst"))
        self.store.register(PAIR, Binding(SERVER, "dst", Origin.ADOPTED))
        (binding,) = self.store.bindings()
        self.assertIs(Origin.CREATED, binding.origin)

    def test_another_destination_is_refused(self) -> None:
        """A bound reference does not move; the error says how to forget it."""
        self.store.register(PAIR, created(SERVER, "dst"))
        error = self.assertRaises(
            exceptions.StoreError, self.store.register, PAIR, created(SERVER, "other")
        )
        self.assertIn("is bound to dst, not to other", str(error))
        self.assertIn("pumphouse unregister server", error.hint)

    def test_created_belongs_to_one(self) -> None:
        """Two references never share what a run created: it would be deleted twice."""
        self.store.register(PAIR, created(SERVER, "dst"))
        second = created(Ref("server", "second"), "dst")
        error = self.assertRaises(
            exceptions.StoreError, self.store.register, PAIR, second
        )
        self.assertIn("created for another reference", str(error))
        self.assertIsNone(self.store.binding(PAIR, second.ref))

    def test_adopted_may_be_shared(self) -> None:
        """What was there before may take the place of several."""
        for number in range(3):
            ref = Ref("network", str(number))
            self.store.register(PAIR, Binding(ref, "ext", Origin.REGISTERED))
        self.assertEqual(3, len(self.store.bindings(PAIR, type="network")))

    def test_unbind(self) -> None:
        """A forgotten reference can be bound anew."""
        self.store.register(PAIR, created(SERVER, "dst"))
        self.assertFalse(self.store.unregister(OTHER, SERVER))
        self.assertTrue(self.store.unregister(PAIR, SERVER))
        self.assertFalse(self.store.unregister(PAIR, SERVER))
        self.store.register(PAIR, created(SERVER, "other"))


class BindAndClose(StoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.writer = self.new_writer()
        self.intent = self.writer.open_intent(PAIR, "create", SERVER)

    def test_in_one_commit(self) -> None:
        """Binding and outcome are one commit: no crash can come between them."""
        commits = []
        sqlalchemy.event.listen(self.store.engine, "commit", commits.append)
        self.writer.bind(PAIR, created(SERVER, "dst"), closes=self.intent.id)
        self.assertEqual(1, len(commits))
        self.assertEqual([], self.store.open_intents(PAIR))

    def test_again_is_fine(self) -> None:
        """A task that runs twice says the same twice."""
        for _ in range(2):
            self.writer.bind(PAIR, created(SERVER, "dst"), closes=self.intent.id)

    def test_neither_where_the_binding_fails(self) -> None:
        """Without the binding the intent stays open."""
        self.writer.bind(PAIR, created(IMAGE, "dst"))
        self.writer.bind(PAIR, created(SERVER, "first"))
        self.assertRaises(
            exceptions.StoreError,
            self.writer.bind,
            PAIR,
            created(SERVER, "second"),
            closes=self.intent.id,
        )
        self.assertEqual(1, len(self.store.open_intents(PAIR)))

    def test_neither_where_the_intent_ended_otherwise(self) -> None:
        """What was undone is not there to be bound."""
        self.writer.close_intent(self.intent.id, "undone")
        for intent_id in (self.intent.id, 4711):
            self.assertRaises(
                exceptions.StoreError,
                self.writer.bind,
                PAIR,
                created(SERVER, "dst"),
                closes=intent_id,
            )
        self.assertIsNone(self.store.binding(PAIR, SERVER))


class ListBindings(StoreTest):
    def test_by_pair_type_and_run(self) -> None:
        """Each filter narrows; without any, all are listed as they were made."""
        self.store.register(PAIR, created(SERVER, "s", "run1"))
        self.store.register(PAIR, created(IMAGE, "i", "run2"))
        self.store.register(OTHER, created(IMAGE, "i", "run2"))
        found = {
            "all": self.store.bindings(),
            "pair": self.store.bindings(PAIR),
            "type": self.store.bindings(type="image"),
            "run": self.store.bindings(PAIR, run_id="run2"),
        }
        ids = {name: [b.destination_id for b in each] for name, each in found.items()}
        self.assertEqual(
            {
                "all": ["s", "i", "i"],
                "pair": ["s", "i"],
                "type": ["i", "i"],
                "run": ["i"],
            },
            ids,
        )

    def test_of_many_references(self) -> None:
        """More references than one statement holds are looked up, types mixed."""
        refs = [Ref(kind, str(n)) for n in range(700) for kind in ("port", "subnet")]
        for ref in refs[::2]:
            self.store.register(PAIR, created(ref, f"dst-{ref.id}"))
        found = self.store.bindings_of(PAIR, iter(refs))
        self.assertEqual(set(refs[::2]), set(found))
        self.assertEqual("dst-699", found[Ref("port", "699")].destination_id)
        self.assertEqual({}, self.store.bindings_of(PAIR, []))

    def test_times_are_filled_in(self) -> None:
        """A binding without a time gets the store's."""
        self.store.register(
            PAIR, dataclasses.replace(created(SERVER, "s"), created_at="")
        )
        self.assertTrue(self.store.bindings()[0].created_at.endswith("+00:00"))
