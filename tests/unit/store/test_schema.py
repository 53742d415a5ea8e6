# SPDX-License-Identifier: Apache-2.0
"""Opening a store brings its tables up to date, wholly or not at all."""

from __future__ import annotations

import dataclasses
import sqlite3
from unittest import mock

import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from pumphouse import exceptions
from pumphouse.store import Store, schema
from pumphouse.store.tables import metadata
from tests.unit.store.base import PLAN, StoreTest, only_sqlite


class Upgrade(StoreTest):
    def test_migrations_make_the_tables_of_the_code(self) -> None:
        """From empty to the newest revision gives what the code uses."""
        with self.store.engine.begin() as connection:
            options = {"version_table": schema.REVISIONS.table}
            context = MigrationContext.configure(connection, opts=options)
            self.assertEqual([], compare_metadata(context, metadata))

    def test_head_is_the_newest_revision(self) -> None:
        """The constant that spares starts a look at the revisions is true."""
        script = ScriptDirectory(str(schema.REVISIONS.folder))
        self.assertEqual(script.get_current_head(), schema.REVISIONS.head)

    def test_opening_again_changes_nothing(self) -> None:
        """What is in the database stays there."""
        self.store.save_plan(PLAN)
        self.assertEqual(PLAN.id, self.open().plan(PLAN.id).id)

    def test_what_an_older_one_holds_stays(self) -> None:
        """Of its plans and runs nobody knows who it was."""
        self.url = self.sqlite_url("older.db") if self.sqlite else self.new_url()
        older = dataclasses.replace(schema.REVISIONS, head="0002")
        upgrade = command.upgrade
        to_older = lambda config, to: upgrade(config, older.head)  # noqa: E731
        with (
            mock.patch.object(command, "upgrade", to_older),
            mock.patch.object(schema, "REVISIONS", older),
        ):
            store = self.open()
        self.assertRaises(exceptions.StoreError, store.plans)
        with store.engine.begin() as connection:
            for row in (
                "plans (id, digest, title) VALUES ('p', 'd', 'server web')",
                "runs (id, plan_id, state) VALUES ('r', 'p', 'failed')",
            ):
                connection.execute(sqlalchemy.text(f"INSERT INTO {row}"))
        store = self.open()
        plan = store.plan("p")
        self.assertEqual(("server web", ""), (plan.title, plan.planned_by))
        run = store.run("r")
        self.assertEqual(
            ("", "", None), (run.applied_by, run.approved_by, run.approval)
        )

    @only_sqlite
    def test_processes_at_once(self) -> None:
        """Of processes that open a new database together, each finds it complete."""
        self.url = self.sqlite_url("new/folder/other.db")
        processes = [self.process("print(store.runs())") for _ in range(4)]
        self.assertEqual(["[]\n"] * 4, [p.communicate()[0] for p in processes])

    @only_sqlite
    def test_all_or_nothing(self) -> None:
        """A crash within an upgrade leaves an empty database, which works later."""
        real = command.upgrade

        def crash(*arguments: object) -> None:
            real(*arguments)
            raise sqlalchemy.exc.OperationalError("", {}, Exception("disk full"))

        url = self.sqlite_url("half.db")
        with mock.patch.object(command, "upgrade", crash):
            error = self.assertRaises(exceptions.StoreError, Store, url)
        self.assertIn("disk full", str(error))
        with sqlite3.connect(self.folder / "half.db") as connection:
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        connection.close()
        self.assertEqual([], tables)
        Store(url).close()

    def test_newer_database_is_refused(self) -> None:
        """Older code does not touch a newer database."""
        with self.store.engine.begin() as connection:
            table = schema.REVISIONS.table
            newer = f"UPDATE {table} SET version_num = '9999'"
            connection.execute(sqlalchemy.text(newer))
        error = self.assertRaises(exceptions.StoreError, Store, self.url)
        self.assertIn("newer Pumphouse (schema 9999)", str(error))

    @only_sqlite
    def test_another_programs_database_is_refused(self) -> None:
        """A file that has tables already is somebody else's."""
        with sqlite3.connect(self.folder / "other.db") as connection:
            connection.execute("CREATE TABLE things (id)")
        connection.close()
        url = self.sqlite_url("other.db")
        error = self.assertRaises(exceptions.StoreError, Store, url)
        self.assertIn("belongs to another program", str(error))
