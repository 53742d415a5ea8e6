# SPDX-License-Identifier: Apache-2.0
"""Many threads and several processes write at once; nothing is lost or refused."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from pumphouse.models import Ref
from tests.unit.store.base import PAIR, StoreTest, created

THREADS = 64


class Threads(StoreTest):
    def test_each_write_arrives(self) -> None:
        """64 threads journal, bind, report and read at the same time."""
        writer = self.new_writer()
        run = writer.run_id

        def migrate(number: int) -> None:
            for ref in (Ref("port", str(number)), Ref("server", str(number))):
                writer.node_started(ref, "create")
                intent = writer.open_intent(PAIR, "create", ref)
                writer.bind(PAIR, created(ref, f"d{number}"), closes=intent.id)
                writer.node_done(ref, "create", {"n": number})
                writer.event("done", ref)
                assert self.store.binding(PAIR, ref)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(migrate, range(THREADS)))
        self.assertEqual(2 * THREADS, len(self.store.bindings(PAIR)))
        names = Counter(event.name for event in self.store.events(run))
        told = dict.fromkeys(("node.started", "node.finished", "done"), 2 * THREADS)
        self.assertEqual(told, names)
        self.assertEqual({"done"}, {str(n.state) for n in self.store.nodes(run)})
        self.assertEqual([], self.store.open_intents())

    def test_one_intent_is_new(self) -> None:
        """Of threads that open the same intent at once, one is the first."""
        writer = self.new_writer()
        start = threading.Barrier(16)

        def opened(_number: int) -> bool:
            start.wait()
            ref = Ref("server", "same")
            return writer.open_intent(PAIR, "create", ref).reopened

        with ThreadPoolExecutor(16) as pool:
            self.assertEqual([False] + [True] * 15, sorted(pool.map(opened, range(16))))

    def test_a_failed_write_lets_the_next_one_in(self) -> None:
        """An error within a transaction gives the queue's place back."""
        for _ in range(3):
            error = (ZeroDivisionError, self.store.transact, lambda _: 1 / 0)
            self.assertRaises(*error)
        self.assertFalse(self.store.unregister(PAIR, Ref("server", "none")))

    def test_shared_engine_queues_too(self) -> None:
        """Who uses the engine itself, as TaskFlow does, waits for its turn."""
        writer = self.new_writer()
        engine = self.store.engine
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE others (number INTEGER)"))

        def write(number: int) -> None:
            with engine.begin() as connection:
                last = connection.scalar(text("SELECT count(*) FROM others"))
                values = {"n": last}
                connection.execute(text("INSERT INTO others VALUES (:n)"), values)
            writer.event("wrote", number=number)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(write, range(48)))
        self.assertEqual(48, len(self.store.events(writer.run_id)))


class Processes(StoreTest):
    def test_writers_of_two_processes(self) -> None:
        """Two processes with several threads each write to one database."""
        code = (
            "from concurrent.futures import ThreadPoolExecutor\n"
            "writer = store.writer(store.run(sys.argv[2]))\n"
            "def write(n): writer.event('wrote', number=n)\n"
            "with ThreadPoolExecutor(8) as pool: list(pool.map(write, range(50)))\n"
            "print('ok')"
        )
        run = self.new_run().id
        processes = [self.process(code, run) for _ in range(2)]
        self.assertEqual(["ok\n"] * 2, [p.communicate()[0] for p in processes])
        numbers = [event.number for event in self.store.events(run)]
        self.assertEqual(100, len(set(numbers)))
        self.assertEqual(sorted(numbers), numbers)
