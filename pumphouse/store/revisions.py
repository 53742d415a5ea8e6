# SPDX-License-Identifier: Apache-2.0
"""Brings one set of tables to its newest revision, once, whoever comes first.

An upgrade is one transaction under a lock that other processes wait for: they find it
done, or not begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from pumphouse import exceptions


@dataclass(frozen=True)
class Revisions:
    """The revisions of one set of tables; several sets may share a database.

    :param what: the set, in an operator's words
    :param folder: the migrations, which alembic runs
    :param table: says which revision a database is at
    :param head: the newest one: spares most starts the import of alembic
    :param lock: PostgreSQL's advisory locks are numbers
    """

    what: str
    folder: Path
    table: str
    head: str
    lock: int

    def current(self, connection: sa.Connection) -> str:
        """The revision that a database is at, "" for none."""
        if not sa.inspect(connection).has_table(self.table):
            return ""
        query = sa.text(f"SELECT version_num FROM {self.table}")
        return str(connection.scalar(query) or "")

    def at_head(self, connection: sa.Connection) -> bool:
        """Whether there is nothing to upgrade."""
        return self.current(connection) == self.head

    def wait_for_others(self, connection: sa.Connection) -> None:
        """Be the only one who upgrades, until the transaction ends."""
        if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(self.lock)))

    def upgrade(self, connection: sa.Connection, name: str) -> None:
        """Create or upgrade the tables, in the transaction of *connection*.

        :param name: the database in an operator's words
        :raises StoreError: the tables are of a newer version
        """
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        script = ScriptDirectory.from_config(config)
        current = self.current(connection)
        known = {each.revision for each in script.walk_revisions()}
        if current and current not in known:
            raise exceptions.StoreError(
                f"was made by a newer Pumphouse ({self.what} {current})",
                resource=name,
                hint="Use that version, or another database",
            )
        command.upgrade(config, "head")
