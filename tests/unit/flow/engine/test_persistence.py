# SPDX-License-Identifier: Apache-2.0
"""States in the database: complete, in few transactions, and only by their owner.

Each test runs on SQLite and, where it is installed, on PostgreSQL.
"""

from __future__ import annotations

import threading
import uuid
from concurrent import futures
from typing import Any

import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from taskflow import states as st
from taskflow.persistence import models

from pumphouse import exceptions
from pumphouse.flow import engine as engines
from pumphouse.flow.engine.storage import schema, tables
from tests import postgresql
from tests.unit.flow.engine import base


class PersistenceTest(base.EngineTestCase):
    def count_commits(self) -> list[int]:
        commits: list[int] = []
        sqlalchemy.event.listen(self.sql, "commit", lambda _c: commits.append(1))
        return commits

    def test_results_survive(self) -> None:
        """What a task gave is read back equal by the next process."""
        value = {"id": "x", "numbers": [1, 2.5, None, True], "text": "ü\u2028"}
        self.log.actions["w0:a"] = lambda: value
        self.load(base.workloads(self.log, 1)).run()
        self.backend.close()
        engine = self.load(base.workloads(self.log, 1), backend=self.again())
        self.assertEqual(value, engine.storage.get("w0:a"))

    def again(self) -> engines.Backend:
        """As another process would have it."""
        backend = engines.persistence(self.sql)
        self.addCleanup(backend.close)
        return backend

    def test_in_few_transactions(self) -> None:
        """Hundreds of changes of state are committed in groups."""
        flow = base.workloads(self.log, 100)
        engine = self.load(flow)
        commits = self.count_commits()
        engine.run()
        self.assertEqual(300, len(self.names_in(st.SUCCESS)))
        self.assertLess(len(commits), 100)

    def test_changes_do_not_wait_for_the_next(self) -> None:
        """While the only task runs on, its state is there for others to see."""
        inside, gate = threading.Event(), threading.Event()
        self.addCleanup(gate.set)

        def wait() -> None:
            inside.set()
            gate.wait(30)

        self.log.actions["w0:b"] = wait
        engine = self.load(base.workloads(self.log, 1))
        thread = threading.Thread(target=engine.run)
        thread.start()
        self.assertTrue(inside.wait(30))
        other = self.again()
        expected = {"w0:a": "SUCCESS", "w0:b": "RUNNING", "w0:c": "PENDING"}
        self.poll(lambda: engines.states(other, self.flow_id) == expected)
        gate.set()
        thread.join(30)

    def poll(self, condition: Any) -> None:
        tick = threading.Event()
        for _ in range(3000):
            if condition():
                return
            tick.wait(0.01)
        self.fail("it did not come about")

    def test_progress_is_not_saved(self) -> None:
        """A thousand progress reports cost no transaction; the last one is known."""

        class Chunks(base.Step):
            def execute(self) -> None:
                for number in range(1000):
                    self.update_progress(number / 1000)

        task = Chunks("w0:a", self.log)
        engine = self.load(engines.GraphFlow("f").add(task))
        engine.compile()
        engine.prepare()
        commits = self.count_commits()
        engine.run()
        self.assertLess(len(commits), 20)
        self.assertEqual(1.0, engine.storage.get_task_progress("w0:a"))

    def test_the_failure_that_is_stored(self) -> None:
        """Type and message; no traceback, arguments or causes, and no secret."""

        def act() -> None:
            password = "canary-local"
            try:
                raise KeyError(password)
            except KeyError as error:
                raise ValueError("login with password='canary-message'", 7) from error

        self.log.actions["w0:a"] = act
        self.load(base.workloads(self.log, 1)).run()
        with self.sql.connect() as connection:
            query = sqlalchemy.text("SELECT * FROM atomdetails WHERE name = 'w0:a'")
            row = connection.execute(query).one()
        self.assertNotIn("canary", str(row))
        self.assertNotIn("test_persistence", str(row))
        self.assertIn("ValueError", str(row))
        self.assertIn("login with", str(row))

    def test_bad_results_are_failures_of_their_task(self) -> None:
        """Not JSON, too large, secret: the task fails, the run goes on."""
        bad: dict[str, Any] = {
            "w0:a": {1: "a number as key"},
            "w1:a": {"set": {1}},
            "w2:a": object(),
            "w3:a": float("nan"),
            "w4:a": "x" * 20000,
            "w5:a": {"password": "canary-secret"},
            "w6:a": b"bytes",
        }
        for name, value in bad.items():
            self.log.actions[name] = lambda value=value: value
        result = self.load(base.workloads(self.log, 8)).run()
        self.assertEqual(set(bad), set(result.failures))
        self.assertEqual(3, result.counts["SUCCESS"])
        for failure in result.failures.values():
            self.assertNotIn("canary", failure.message)

    def test_long_names(self) -> None:
        """A keypair's id holds its name, and steps come after it."""
        name = "keypair:" + "u" * 32 + "/" + "ü" * 255 + ":ensure"
        task = base.Step(name, self.log)
        self.assertTrue(self.load(engines.GraphFlow("f").add(task)).run().succeeded)
        self.assertEqual({name: "SUCCESS"}, self.states())

    def test_a_flow_is_opened_twice(self) -> None:
        """The first time makes book and flow, the second finds them."""
        for _ in range(2):
            self.backend.ensure_flow(self.book_id, self.flow_id, "name")
        other = str(uuid.uuid4())
        self.backend.ensure_flow(self.book_id, other, "other")
        connection = self.backend.get_connection()
        book = connection.get_logbook(self.book_id)
        self.assertEqual({self.flow_id, other}, {flow.uuid for flow in book})
        self.backend.take_over(other)
        connection.destroy_logbook(self.book_id)
        with self.sql.connect() as sql:
            self.assertEqual(
                [], sql.execute(sqlalchemy.select(tables.flow_owners)).all()
            )
        self.assertEqual({}, engines.states(self.backend, self.flow_id))

    def test_unknown_flow_has_no_states(self) -> None:
        """Nothing is known of a flow that was never loaded."""
        self.assertEqual({}, engines.states(self.backend, str(uuid.uuid4())))

    def test_reset(self) -> None:
        """Named atoms run again, whatever became of them; others do not."""
        self.load(base.workloads(self.log, 2)).run()
        engine = self.load(base.workloads(self.log, 2))
        self.log.clear()
        engines.reset(engine, ["w1:a", "w1:b", "w1:c"])
        self.assertEqual(["w1:a", "w1:b", "w1:c"], self.names_in("PENDING"))
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(["w1:a", "w1:b", "w1:c"], self.log.executed)

    def test_a_plan_may_grow(self) -> None:
        """Atoms that are new run; those that are done do not."""
        self.load(base.workloads(self.log, 2)).run()
        self.log.clear()
        self.assertTrue(self.load(base.workloads(self.log, 3)).run().succeeded)
        self.assertEqual(["w2:a", "w2:b", "w2:c"], self.log.executed)

    def test_tables_are_as_the_code_has_them(self) -> None:
        """Migrations bring a database to exactly what the metadata says."""

        def ours(item: Any, name: Any, kind: str, *_: Any) -> bool:
            return kind != "table" or name in tables.metadata.tables

        options = {"version_table": schema.REVISIONS.table, "include_object": ours}
        with self.sql.connect() as connection:
            context = MigrationContext.configure(connection, opts=options)
            self.assertEqual([], compare_metadata(context, tables.metadata))
            self.assertTrue(schema.REVISIONS.at_head(connection))

    def test_tables_of_a_newer_version(self) -> None:
        """They are left alone, with a hint."""
        with self.sql.begin() as connection:
            table = schema.REVISIONS.table
            connection.execute(
                sqlalchemy.text(f"UPDATE {table} SET version_num='9999'")
            )
        error = self.assertRaises(exceptions.StoreError, engines.persistence, self.sql)
        self.assertIn("newer Pumphouse", str(error))

    def test_upgrade_is_for_whoever_comes_first(self) -> None:
        """Several at once: one makes the tables, all can use them."""
        errors: list[BaseException] = []
        fresh = self.make_database()

        def open_it() -> None:
            try:
                engines.persistence(fresh)
            except BaseException as error:  # noqa: BLE001
                errors.append(error)

        threads = [threading.Thread(target=open_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual([], errors)

    def test_saves_for_flows_of_others_are_as_in_taskflow(self) -> None:
        """Without a lease the backend is TaskFlow's: read, merge, write."""
        self.backend.ensure_flow(self.book_id, self.flow_id, "f")
        detail = self.backend.get_connection().get_flow_details(self.flow_id)
        atom = models.TaskDetail("a", str(uuid.uuid4()))
        detail.add(atom)
        connection = self.backend.get_connection()
        connection.update_flow_details(detail)
        atom.state = st.RUNNING
        connection.update_atom_details(atom)
        self.assertEqual({"a": "RUNNING"}, self.states())


class FencingTest(base.EngineTestCase):
    """Two processes, one run."""

    def test_a_paused_owner_cannot_overwrite(self) -> None:
        """It wakes up after another has finished its run: its saves are refused."""
        inside, gate = threading.Event(), threading.Event()
        self.addCleanup(gate.set)

        def wait() -> None:
            inside.set()
            gate.wait(30)

        now = [0.0]
        self.backend.clock = lambda: now[0]
        slow = base.Log()
        slow.actions["w0:b"] = wait
        outcome: list[Any] = []

        def run() -> None:
            try:
                outcome.append(first.run())
            except exceptions.PumphouseError as error:
                outcome.append(error)

        first = self.load(base.workloads(slow, 2), owner="first")
        thread = threading.Thread(target=run)
        thread.start()
        self.assertTrue(inside.wait(30))

        second = engines.persistence(self.sql)
        self.addCleanup(second.close)
        engine = self.load(base.workloads(self.log, 2), backend=second, owner="second")
        self.assertTrue(engine.run().succeeded)
        now[0] += 3600
        gate.set()  # the first one wakes up
        thread.join(30)
        self.assertIsInstance(outcome[0], exceptions.RunBusy)
        self.assertNotIn("w0:c", slow.executed)
        self.assertEqual(
            {"SUCCESS"}, set(engines.states(second, self.flow_id).values())
        )

    def test_owner_and_epoch_are_on_record(self) -> None:
        """Who has the flow, and how many had it."""
        for name in ("one", "two", "three"):
            self.load(base.workloads(self.log, 1), owner=name)
        with self.sql.connect() as connection:
            row = connection.execute(sqlalchemy.select(tables.flow_owners)).one()
        self.assertEqual((self.flow_id, 3, "three"), tuple(row))

    def test_loaded_as_taskflow_loads(self) -> None:
        """Also an engine that TaskFlow makes, by name, takes its flow over."""
        self.load(base.workloads(self.log, 1), owner="first").run()
        self.log.clear()
        stale = self.backend.get_connection().get_flow_details(self.flow_id)
        for atom in stale:
            atom.state = st.PENDING  # what is in the database counts
        engine = engines.KeepGoingEngine(
            base.workloads(self.log, 2), stale, self.backend, {"owner": "second"}
        )
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(["w1:a", "w1:b", "w1:c"], self.log.executed)
        with self.sql.connect() as connection:
            row = connection.execute(sqlalchemy.select(tables.flow_owners)).one()
        self.assertEqual("second", row.owner)

    def test_two_engines_of_one_process(self) -> None:
        """The older one has lost its flow, as it would have to another process."""
        older = self.load(base.workloads(self.log, 1))
        newer = self.load(base.workloads(self.log, 1))
        self.assertRaises(exceptions.RunBusy, older.run)
        self.assertTrue(newer.run().succeeded)

    def test_no_thread_is_left(self) -> None:
        """After a run nothing waits to be written."""
        before = threading.active_count()
        with futures.ThreadPoolExecutor(2) as pool:
            self.load(base.workloads(self.log, 1), executor=pool).run()
        self.assertEqual(before, threading.active_count())

    def test_one_that_lost_its_flow_stops_starting_tasks(self) -> None:
        """At its next save, so within a moment."""
        needs = {number: [0] for number in range(1, 50)}  # it is lost at the start
        engine = self.load(base.workloads(self.log, 50, needs=needs))
        other = engines.persistence(self.sql)
        self.addCleanup(other.close)

        def lose() -> None:
            other.take_over(self.flow_id)
            engine.persistence.saves.flush()  # the moment is over

        self.log.actions["w0:a"] = lose
        self.assertRaises(exceptions.RunBusy, engine.run)
        self.assertLess(len(self.log.executed), 150)


class LessTest(base.EngineTestCase):
    def test_a_flow_may_have_less_in_it_than_is_saved(self) -> None:
        """What was done earlier may be left out: it is neither read nor changed."""
        self.log.actions["w2:b"] = base.fail(ValueError("no"))
        self.load(base.workloads(self.log)).run()
        before = self.states()
        self.log.clear()
        left = engines.GraphFlow("workloads")
        left.add(list(base.workloads(self.log, 3))[2])
        engine = self.load(left)
        for name in ("w1:a", "w2:a"):
            found = engine.storage.detail_of(name)
            self.assertEqual(name == "w2:a", found is not None, name)
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(["w2:b", "w2:c"], self.log.executed)
        self.assertEqual(
            {**before, "w2:b": "SUCCESS", "w2:c": "SUCCESS"}, self.states()
        )

    def test_of_thousands_each_is_read(self) -> None:
        """They are read in batches."""
        self.load(base.workloads(self.log, 400)).run()
        self.log.clear()
        self.assertTrue(self.load(base.workloads(self.log, 400)).run().succeeded)
        self.assertEqual([], self.log.executed)


class PostgreSQL:
    """Mixed in before a test case: the same on PostgreSQL."""

    def make_database(self: Any) -> sqlalchemy.Engine:
        engine = postgresql.server().engine()
        self.addCleanup(engine.dispose)
        return engine


class PersistenceOnPostgreSQLTest(PostgreSQL, PersistenceTest):
    pass


class LessOnPostgreSQLTest(PostgreSQL, LessTest):
    pass


class FencingOnPostgreSQLTest(PostgreSQL, FencingTest):
    pass
