# SPDX-License-Identifier: Apache-2.0
"""Writers that wait share a commit, and nothing else."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from sqlalchemy import event, text

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.store import Store, connect
from tests.unit.store.base import PAIR, StoreTest, created, only_sqlite

PATIENCE = 30  # seconds; never waited for unless the test fails


class SharedCommitTest(StoreTest):
    """Several threads write while the first one of them is inside."""

    def setUp(self) -> None:
        super().setUp()
        self.commits = 0
        event.listen(self.store.engine, "commit", self.count)

    def count(self, connection: Any) -> None:
        if not connection.get_execution_options().get(connect.READ_ONLY):
            self.commits += 1

    def crowd(self, writers: int, write: Any) -> list[Future[Any]]:
        """All of them want to write while one is inside; then it goes."""
        pool = ThreadPoolExecutor(writers + 1)
        self.addCleanup(pool.shutdown)
        inside, go = threading.Event(), threading.Event()

        def first() -> None:
            self.store.transact(lambda _: inside.set() or go.wait(PATIENCE))

        done = [pool.submit(first)]
        self.assertTrue(inside.wait(PATIENCE))
        done += [pool.submit(write, number) for number in range(writers)]
        waiting = self.store._shared._waiting
        pause = threading.Event()
        while len(waiting) < writers:
            pause.wait(0.001)
        self.commits = 0
        go.set()
        return done

    def bind(self, number: int) -> None:
        self.store.register(PAIR, created(Ref("port", str(number)), f"d{number}"))

    def test_who_waits_shares_a_commit(self) -> None:
        """Twenty writers, one commit; all that they wrote is there."""
        for each in self.crowd(20, self.bind):
            each.result(PATIENCE)
        self.assertEqual(1, self.commits)
        self.assertEqual(20, len(self.store.bindings(PAIR)))

    def test_who_writes_does_it_for_those_that_wait(self) -> None:
        """Without a change of threads; each gets what it asked for, or its error."""
        threads = set()

        def write(number: int) -> int:
            def function(connection: Any) -> int:
                threads.add(threading.get_ident())
                if number == 3:
                    raise ValueError(number)
                query = text("SELECT :number")
                return int(connection.execute(query, {"number": number}).scalar())

            return self.store.transact(function)

        done = self.crowd(10, write)[1:]
        self.assertIsInstance(done.pop(3).exception(PATIENCE), ValueError)
        expected = [number for number in range(10) if number != 3]
        self.assertEqual(expected, [each.result(PATIENCE) for each in done])
        self.assertEqual((1, 1), (len(threads), self.commits))

    def test_an_interrupt_of_who_writes_for_others_is_told_to_all(self) -> None:
        """Nobody thinks that it was written, and the next can write."""

        def write(number: int) -> None:
            if number != 2:
                return self.bind(number)

            def function(connection: Any) -> None:
                raise KeyboardInterrupt

            self.store.transact(function)

        first, *done = self.crowd(5, write)
        self.assertIsInstance(first.exception(PATIENCE), KeyboardInterrupt)
        errors = [each.exception(PATIENCE) for each in done]
        self.assertIsInstance(errors[2], KeyboardInterrupt)
        written = {str(n) for n, error in enumerate(errors) if error is None}
        there = {binding.ref.id for binding in self.store.bindings(PAIR)}
        self.assertEqual(written, there)

    def test_a_chain_ends(self) -> None:
        """Nobody waits for a hundred others."""
        for each in self.crowd(100, self.bind):
            each.result(PATIENCE)
        self.assertEqual(4, self.commits)
        self.assertEqual(100, len(self.store.bindings(PAIR)))

    def test_an_error_is_its_writers_own(self) -> None:
        """What it wrote is undone; what others wrote with it is not."""

        def write(number: int) -> None:
            def function(connection: Any) -> None:
                connection.execute(text("UPDATE bindings SET name = 'x'"))
                raise ValueError(number)

            self.store.transact(function)

        for number in range(3):
            self.bind(number)
        done = self.crowd(5, lambda n: write(n) if n == 2 else self.bind(10 + n))
        failed = [each for each in done if each.exception(PATIENCE)]
        self.assertEqual(["ValueError(2)"], [repr(f.exception()) for f in failed])
        found = self.store.bindings(PAIR)
        self.assertEqual(7, len(found))
        self.assertEqual({""}, {binding.name for binding in found})

    def test_nobody_returns_before_it_is_on_disk(self) -> None:
        """Another connection sees each write as soon as its writer has returned."""

        def write(number: int) -> int:
            self.bind(number)
            return int(other.binding(PAIR, Ref("port", str(number))) is not None)

        other = self.open()
        done = self.crowd(20, write)[1:]
        self.assertEqual([1] * 20, [each.result(PATIENCE) for each in done])

    def test_nobody_returns_before_the_commit(self) -> None:
        """Neither whoever commits nor those for whom it wrote."""
        committing, go = threading.Event(), threading.Event()

        def commit(connection: Any) -> None:
            if not connection.get_execution_options().get(connect.READ_ONLY):
                committing.set()
                self.assertTrue(go.wait(PATIENCE))

        event.listen(self.store.engine, "commit", commit)
        done = self.crowd(5, self.bind)
        self.assertTrue(committing.wait(PATIENCE))
        self.assertEqual(set(), wait(done, 0.2).done)
        go.set()
        for each in done:
            each.result(PATIENCE)
        self.assertEqual(1, self.commits)

    @only_sqlite
    def test_a_commit_that_fails_fails_for_all(self) -> None:
        """Each of its writers is told, and nothing of it is there."""
        real = connect._Connection.commit
        fail = [True]

        def commit(connection: Any) -> None:
            if connection._writing and fail:
                fail.pop()
                connection.rollback()
                raise sqlite3.OperationalError("disk I/O error")
            real(connection)

        self.patch(connect._Connection, "commit", commit)
        done = self.crowd(10, self.bind)
        for each in done:
            self.assertIsInstance(each.exception(PATIENCE), exceptions.StoreError)
        self.assertEqual([], self.store.bindings(PAIR))
        self.bind(1)
        self.assertEqual(1, len(self.store.bindings(PAIR)))

    def test_a_transaction_that_broke_fails_for_all(self) -> None:
        """Some errors undo the whole transaction: nobody may think it was written."""

        def write(number: int) -> None:
            if number != 5:
                return self.bind(number)

            def function(connection: Any) -> None:
                connection.exec_driver_sql("ROLLBACK")  # as a full disk does
                raise ValueError("disk full")

            self.store.transact(function)

        done = self.crowd(10, write)
        for number, each in enumerate(done[1:]):
            error = each.exception(PATIENCE)
            there = {binding.ref.id for binding in self.store.bindings(PAIR)}
            self.assertEqual(error is None, str(number) in there, (number, error))

    def test_patience_ends(self) -> None:
        """Who waits too long is told that the database is locked."""
        store = Store(self.url, lock_timeout=0.05)
        self.addCleanup(store.close)
        inside, go = threading.Event(), threading.Event()

        def first() -> None:
            store.transact(lambda _: inside.set() or go.wait(PATIENCE))

        thread = threading.Thread(target=first)
        thread.start()
        self.assertTrue(inside.wait(PATIENCE))
        error = self.assertRaises(
            exceptions.StoreError,
            store.register,
            PAIR,
            created(Ref("port", "1"), "d1"),
        )
        self.assertIn("locked", str(error))
        go.set()
        thread.join(PATIENCE)
        store.register(PAIR, created(Ref("port", "1"), "d1"))
