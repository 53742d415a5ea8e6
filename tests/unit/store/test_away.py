# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server is stopped and started again: nobody notices but for the time."""

from __future__ import annotations

import dataclasses
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from pumphouse.models import Ref
from pumphouse.store import Owner, Store
from tests import postgresql
from tests.unit.store.base import PAIR, StoreTest, created

BOUND = 60  # seconds; never waited for unless the test fails
ELSEWHERE = dataclasses.replace(Owner.current(), host="elsewhere")


class AwayTestCase(StoreTest):
    """Has a server of its own."""

    def new_url(self) -> str:
        self.server = postgresql.Server()
        self.addCleanup(self.server.stop)
        return self.server.database()


class Restarted(AwayTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.run_ = self.store.acquire_run(self.new_run().id, Owner.current())
        self.writer = self.store.writer(self.run_)
        self.writer.event("first")
        self.pool = ThreadPoolExecutor(16)
        self.addCleanup(self.pool.shutdown)

    def begin(self) -> list[Future[Any]]:
        """Reads and writes of all kinds, at once."""
        ref = Ref("port", "p")
        ways: list[Any] = [
            lambda: self.writer.event("second"),
            lambda: self.writer.node_started(ref, "ensure"),
            lambda: self.writer.open_intent(PAIR, "create", ref),
            lambda: self.store.register(PAIR, created(ref, "there")),
            lambda: self.store.run(self.run_.id),
            lambda: self.store.events(self.run_.id),
            lambda: self.store.open_intents(PAIR),
            lambda: self.writer.confirm(),
        ]
        return [self.pool.submit(way) for way in ways]

    def test_all_that_was_begun_meanwhile_comes_to_its_end(self) -> None:
        self.server.down()
        begun = self.begin()
        self.assertEqual(set(), wait(begun, 1.0).done)
        self.server.up()
        for each in begun:
            each.result(BOUND)
        names = [event.name for event in self.store.events(self.run_.id)]
        self.assertEqual(["first", "node.started", "second"], sorted(names))
        self.assertEqual(1, len(self.store.open_intents(PAIR)))
        self.assertEqual(1, len(self.store.bindings(PAIR)))

    def test_a_transaction_that_was_cut_off_is_done_again(self) -> None:
        """Nothing of the first try is there."""
        times = []

        def write(connection: Any) -> None:
            self.writer._event(connection, f"try {len(times)}", None, "")
            times.append(1)
            if len(times) == 1:
                self.server.down()
                self.server.up()

        self.writer.transact(write)
        names = [event.name for event in self.store.events(self.run_.id)]
        self.assertEqual(["first", "try 1"], names)

    def test_a_run_is_not_taken_twice_by_who_takes_it(self) -> None:
        """The commit took effect, and nobody was told: the second try finds that."""
        store = Store(self.url)
        self.addCleanup(store.close)
        real, left = store._shared.run, [1]

        def cut_off(function: Any, fence: Any = None) -> Any:
            found = real(function, fence)
            if left:
                left.pop()
                self.server.down()
                self.server.up()
                return real(function, fence)
            return found

        self.patch(store._shared, "run", cut_off)
        run = store.acquire_run(self.run_.id, ELSEWHERE, force=True)
        self.assertEqual((ELSEWHERE, 2), (run.owner, run.epoch))
        self.assertEqual(run, store.run(run.id))


class Stalled(AwayTestCase):
    def test_who_stands_still_in_a_transaction_keeps_nobody_waiting(self) -> None:
        """As a process that was stopped: the server takes its locks away."""
        store = Store(self.url, lock_timeout=1.0)
        self.addCleanup(store.close)
        run = store.acquire_run(self.new_run().id, Owner.current())
        writer = store.writer(run)
        inside, go, begun = threading.Event(), threading.Event(), time.monotonic()

        def stand_still(connection: Any) -> None:
            inside.set()
            go.wait(BOUND)

        first = threading.Thread(target=self._lost, args=(writer, stand_still))
        first.start()
        self.assertTrue(inside.wait(BOUND))
        other = Store(self.url, lock_timeout=30.0)
        self.addCleanup(other.close)
        run = other.acquire_run(run.id, ELSEWHERE, force=True)
        self.assertEqual(2, run.epoch)
        self.assertLess(time.monotonic() - begun, 25)
        go.set()
        first.join(BOUND)
        self.assertTrue(writer.fence.lost.is_set())

    def _lost(self, writer: Any, function: Any) -> None:
        try:
            writer.transact(function)
        except Exception as error:  # noqa: BLE001 - the test looks at the fence
            self.error = error
