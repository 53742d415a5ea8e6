# SPDX-License-Identifier: Apache-2.0
"""Brings a database to the tables of this version, once, whoever comes first."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from pumphouse import exceptions

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0001"  # the newest revision: spares most starts the import of alembic
VERSION_TABLE = "pumphouse_flow_version"  # the store keeps its own beside it
_LOCK = 0x70756D71  # PostgreSQL's advisory locks are numbers


def is_current(connection: sa.Connection) -> bool:
    """Whether there is nothing to upgrade."""
    return _current(connection) == HEAD


def upgrade(connection: sa.Connection, name: str) -> None:
    """Create or upgrade the tables, in the transaction of *connection*.

    :param name: the database in an operator's words
    :raises StoreError: the tables are of a newer version
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    current = _current(connection)
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    if current and current not in {each.revision for each in script.walk_revisions()}:
        raise exceptions.StoreError(
            f"was made by a newer Pumphouse (flow schema {current})",
            resource=name,
            hint="Use that version, or another database",
        )
    command.upgrade(config, "head")


def _current(connection: sa.Connection) -> str:
    """The revision that the database is at, "" for none."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return ""
    return str(connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")))
