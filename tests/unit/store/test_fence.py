# SPDX-License-Identifier: Apache-2.0
"""Who lost a run writes nothing any more, by whatever way."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.store import Owner, Writer
from pumphouse.store.fence import Fence
from pumphouse.store.tables import metadata
from tests.unit.store.base import IMAGE, PAIR, SERVER, StoreTest, created

ELSEWHERE = dataclasses.replace(Owner.current(), host="elsewhere")


class FenceTest(StoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.run_ = self.store.acquire_run(self.new_run().id, Owner.current())
        self.writer = self.store.writer(self.run_)

    def take_over(self) -> Writer:
        """The run belongs to another process from now on."""
        run = self.store.acquire_run(self.run_.id, ELSEWHERE, force=True)
        return self.store.writer(run)

    def all(self) -> Any:
        """Every row of every table."""
        tables = metadata.sorted_tables
        return self.store.read(
            lambda each: [
                sorted(each.execute(select(t)).all(), key=str) for t in tables
            ]
        )


class Closed(FenceTest):
    def ways(self, writer: Writer) -> dict[str, Callable[[], Any]]:
        """All that can be written for a run."""
        intent = writer.open_intent(PAIR, "create", SERVER)
        writer.bind(PAIR, created(IMAGE, "i"))
        ways = {
            "open_intent": lambda: writer.open_intent(PAIR, "create", IMAGE),
            "bind": lambda: writer.bind(PAIR, created(SERVER, "d"), closes=intent.id),
            "close_intent": lambda: writer.close_intent(intent.id, "done"),
            "unbind": lambda: writer.unbind(PAIR, IMAGE),
            "add_nodes": lambda: writer.add_nodes([SERVER]),
            "node_started": lambda: writer.node_started(SERVER, "create"),
            "node_said": lambda: writer.node_said(SERVER, {"bytes": 1}),
            "node_done": lambda: writer.node_done(SERVER, "create"),
            "node_failed": lambda: writer.node_failed(SERVER, "create", "no", "X"),
            "node_again": lambda: writer.node_again(SERVER, "create", "no", "X"),
            "node_stopped": lambda: writer.node_stopped(SERVER, "create"),
            "event": lambda: writer.event("odd"),
        }
        public = {name for name in dir(Writer) if not name.startswith("_")}
        self.assertEqual(public - {"transact", "check", "confirm"}, set(ways))
        return ways

    def test_a_former_owner_changes_nothing(self) -> None:
        """Whatever it tries; each time it is told who has the run."""
        ways = self.ways(self.writer)
        self.take_over()
        before = self.all()
        for name, way in ways.items():
            error = self.assertRaises(exceptions.RunBusy, way)
            self.assertIn("on elsewhere", str(error), name)
        self.assertEqual(before, self.all())

    def test_the_present_owner_writes(self) -> None:
        ways = self.ways(self.take_over())
        for way in ways.values():
            way()
        self.assertFalse(self.writer.fence.lost.is_set())

    def test_it_is_told_once_and_remembers(self) -> None:
        told: list[int] = []
        self.writer.fence.on_lost = lambda: told.append(1)
        self.writer.check()
        self.take_over()
        self.writer.check()  # nobody has noticed yet
        for _ in range(2):
            self.assertRaises(exceptions.RunBusy, self.writer.event, "odd")
        self.assertRaises(exceptions.RunBusy, self.writer.check)
        self.assertEqual([1], told)

    def test_a_run_that_was_given_up_again_is_not_had_back(self) -> None:
        other = self.store.acquire_run(self.run_.id, ELSEWHERE, force=True)
        self.store.release_run(other.id, other.epoch, "suspended", {})
        error = self.assertRaises(exceptions.RunBusy, self.writer.event, "odd")
        self.assertIn("given up since", str(error))


class Confirm(FenceTest):
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.writer.fence.clock = lambda: self.now
        self.writer.fresh_for = 5.0

    def test_asks_where_nothing_was_written_for_a_while(self) -> None:
        """As after this process was stopped."""
        self.writer.event("odd")
        self.take_over()
        self.now += 4.9
        self.writer.confirm()
        self.now += 0.2
        self.assertRaises(exceptions.RunBusy, self.writer.confirm)
        self.now -= 5.0
        self.assertRaises(exceptions.RunBusy, self.writer.confirm)

    def test_a_look_is_as_good_as_a_write(self) -> None:
        self.writer.confirm()
        self.assertEqual(100.0, self.writer.fence.seen_at)
        self.writer.fresh_for = 0.0
        self.take_over()
        self.now += 0.1
        self.assertRaises(exceptions.RunBusy, self.writer.confirm)


class OncePerCommit(FenceTest):
    def crowd(self, *functions: Callable[[Any], Any]) -> list[Any]:
        """What became of them, written in one transaction, in this order."""
        inside, go = threading.Event(), threading.Event()
        found: list[Any] = [None] * len(functions)

        def write(number: int) -> None:
            try:
                found[number] = self.writer.transact(functions[number])
            except Exception as error:  # noqa: BLE001 - the test looks at it
                found[number] = error

        first = threading.Thread(
            target=self.store.transact, args=(lambda _: inside.set() or go.wait(30),)
        )
        first.start()
        self.assertTrue(inside.wait(30))
        threads = []
        pause = threading.Event()
        for number in range(len(functions)):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            while len(self.store._shared._waiting) <= number:
                pause.wait(0.001)
        go.set()
        for thread in (first, *threads):
            thread.join(30)
        return found

    def passed(self) -> list[int]:
        """Gets an entry for each time that the fence is passed."""
        passed: list[int] = []
        real = Fence.__call__

        def call(fence: Fence, connection: Any) -> None:
            passed.append(1)
            real(fence, connection)

        self.patch(Fence, "__call__", call)
        return passed

    def test_once_for_all_that_share_it(self) -> None:
        passed = self.passed()
        self.assertEqual([0, 1, 2], self.crowd(*[lambda _, n=n: n for n in range(3)]))
        self.assertEqual([1], passed)

    def test_again_where_the_one_who_passed_it_was_undone(self) -> None:
        """With what it wrote went the lock of the run's row."""
        passed = self.passed()
        error, *others = self.crowd(lambda _: 1 / 0, lambda _: 1, lambda _: 2)
        self.assertIsInstance(error, ZeroDivisionError)
        self.assertEqual([1, 2], others)
        self.assertEqual([1, 1], passed)

    def test_nobody_writes_behind_a_closed_one(self) -> None:
        self.take_over()
        wrote: list[int] = []
        found = self.crowd(*[lambda _: wrote.append(1)] * 3)
        kinds = {type(each) for each in found}
        self.assertEqual(({exceptions.RunBusy}, []), (kinds, wrote))

    def test_a_take_over_waits_for_who_has_passed(self) -> None:
        """What it writes is part of what the next owner finds."""
        inside, go = threading.Event(), threading.Event()
        ref = Ref("port", "p")

        def write(connection: Any) -> None:
            self.writer._set(connection, ref, state="done")
            inside.set()
            go.wait(30)

        other = self.open()
        slow = threading.Thread(target=self.writer.transact, args=(write,))
        slow.start()
        self.assertTrue(inside.wait(30))
        taking = threading.Thread(
            target=other.acquire_run,
            args=(self.run_.id, ELSEWHERE),
            kwargs={"force": True},
        )
        taking.start()
        taking.join(0.2)
        self.assertTrue(taking.is_alive())
        go.set()
        for thread in (slow, taking):
            thread.join(30)
        self.assertEqual(2, other.run(self.run_.id).epoch)
        self.assertEqual([ref], [node.ref for node in other.nodes(self.run_.id)])
