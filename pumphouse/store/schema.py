# SPDX-License-Identifier: Apache-2.0
"""Brings a database to the tables of this version, once, whoever comes first.

All of an upgrade is one transaction under a lock that other processes wait for:
they find it done, or not begun.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, Engine

from pumphouse import exceptions

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0001"  # the newest revision: spares most starts the import of alembic
VERSION_TABLE = "pumphouse_version"  # TaskFlow keeps its own in the same database
_LOCK = 0x70756D70  # PostgreSQL's advisory locks are numbers


def upgrade(engine: Engine, reader: Engine, name: str) -> None:
    """Create or upgrade the tables.

    :param reader: the same engine, for transactions that only read
    :param name: the database in an operator's words
    :raises StoreError: the tables are of a newer version, or of another program
    """
    with reader.begin() as connection:
        if _current(connection) == HEAD:
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            lock = sqlalchemy.func.pg_advisory_xact_lock(_LOCK)
            connection.execute(sqlalchemy.select(lock))
        current = _current(connection)
        if not current:
            _refuse_foreign(connection, name)
        _to_head(connection, current, name)


def _current(connection: Connection) -> str:
    """The revision that the database is at, "" for none."""
    if not sqlalchemy.inspect(connection).has_table(VERSION_TABLE):
        return ""
    query = sqlalchemy.text(f"SELECT version_num FROM {VERSION_TABLE}")
    return str(connection.scalar(query) or "")


def _to_head(connection: Connection, current: str, name: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    if current and current not in {each.revision for each in script.walk_revisions()}:
        raise exceptions.StoreError(
            f"was made by a newer Pumphouse (schema {current})",
            resource=name,
            hint="Use that version, or another database",
        )
    command.upgrade(config, "head")


def _refuse_foreign(connection: Connection, name: str) -> None:
    """SQLite: tables without our version belong to some other program."""
    if connection.dialect.name != "sqlite":
        return  # servers are shared, and a clash of names shows by itself
    tables = sqlalchemy.inspect(connection).get_table_names()
    if tables:
        raise exceptions.StoreError(
            f"belongs to another program (it has the table {tables[0]})",
            resource=name,
            hint="Use another file",
        )
