# SPDX-License-Identifier: Apache-2.0
"""Brings Pumphouse's own tables to this version, unless the database is not ours."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, Engine

from pumphouse import exceptions
from pumphouse.store.revisions import Revisions

REVISIONS = Revisions(
    what="schema",
    folder=Path(__file__).parent / "migrations",
    table="pumphouse_version",  # TaskFlow keeps its own in the same database
    head="0003",
    lock=0x70756D70,
)


def upgrade(engine: Engine, reader: Engine, name: str, existing: bool = False) -> None:
    """Create or upgrade the tables.

    :param reader: the same engine, for transactions that only read
    :param name: the database in an operator's words
    :param existing: make no tables where there are none
    :raises StoreError: the tables are of a newer version, or of another program; or
        there are none
    """
    with reader.begin() as connection:
        current = REVISIONS.current(connection)
        if current == REVISIONS.head:
            return
        if existing:
            not_empty(connection, name)
    with engine.begin() as connection:
        REVISIONS.wait_for_others(connection)
        if not REVISIONS.current(connection):
            _refuse_foreign(connection, name)
        REVISIONS.upgrade(connection, name)


def not_empty(connection: Connection, name: str) -> None:
    """Whether there are tables of ours, of whatever revision.

    :raises NoDatabase: there are no tables
    :raises StoreError: they are another program's
    """
    if REVISIONS.current(connection):
        return
    _refuse_foreign(connection, name)
    raise exceptions.NoDatabase(
        "has no tables of Pumphouse's yet",
        resource=name,
        hint="'pumphouse plan' makes them; --database and PUMPHOUSE_DATABASE "
        "name another",
    )


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
