# SPDX-License-Identifier: Apache-2.0
"""Brings a database to the tables of this version, once, whoever comes first.

All of an upgrade is one transaction under a lock that other processes wait for:
they find it done, or not begun.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from pumphouse import exceptions

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "pumphouse_version"  # TaskFlow keeps its own in the same database
_LOCK = 0x70756D70  # PostgreSQL's advisory locks are numbers


def upgrade(engine: Engine, name: str) -> None:
    """Create or upgrade the tables.

    :param name: the database in an operator's words
    :raises StoreError: the tables are of a newer version, or of another program
    """
    script = ScriptDirectory(str(MIGRATIONS))
    with engine.begin() as connection:
        if _current(connection) == script.get_current_head():
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(
                sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(_LOCK))
            )
        current = _current(connection)
        if current is None:
            _refuse_foreign(connection, name)
        elif current not in {revision.revision for revision in script.walk_revisions()}:
            raise exceptions.StoreError(
                f"was made by a newer Pumphouse (schema {current})",
                resource=name,
                hint="use that version, or another database",
            )
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _current(connection: Connection) -> str | None:
    context = MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    )
    return context.get_current_revision()


def _refuse_foreign(connection: Connection, name: str) -> None:
    """SQLite: tables without our version belong to some other program."""
    if connection.dialect.name != "sqlite":
        return  # servers are shared, and a clash of names shows by itself
    tables = sqlalchemy.inspect(connection).get_table_names()
    if tables:
        raise exceptions.StoreError(
            f"belongs to another program (it has the table {tables[0]})",
            resource=name,
            hint="use another file",
        )
