# SPDX-License-Identifier: Apache-2.0
"""A world whose database is on a PostgreSQL server of its own."""

from __future__ import annotations

from typing import Any

import psycopg

from tests import postgresql
from tools.crashproof.world import World

_NAME = "pumphouse"
_AGGREGATE = ("group_concat(distinct n.state)", "string_agg(distinct n.state, ',')")
_LET_GO = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"


class PostgresWorld(World):
    """Goes back by making the database anew, of a template."""

    def __enter__(self) -> PostgresWorld:
        postgresql.install()
        self._server = postgresql.Server()
        self._admin(f"create database {_NAME}")
        super().__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._server.stop()

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"postgresql+psycopg://postgres@/{_NAME}?host={self._server.folder}"

    def keep_database(self, name: str) -> None:
        """The database as it is now, to go back to it."""
        self._let_go()
        self._admin(f"drop database if exists {_NAME}_{name}")
        self._admin(f"create database {_NAME}_{name} template {_NAME}")

    def database_back(self, name: str) -> None:
        """The database as it was then."""
        self._let_go()
        self._admin(f"drop database {_NAME}")
        self._admin(f"create database {_NAME} template {_NAME}_{name}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of Pumphouse's database; none if it has no tables yet."""
        with self._connected(_NAME) as connection:
            try:
                return connection.execute(query.replace(*_AGGREGATE)).fetchall()
            except psycopg.errors.UndefinedTable:
                return []

    def _let_go(self) -> None:
        with self._connected("postgres") as connection:
            connection.execute(_LET_GO, (_NAME,))

    def _admin(self, statement: str) -> None:
        with self._connected("postgres") as connection:
            connection.execute(statement)

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        folder = str(self._server.folder)
        return psycopg.connect(
            dbname=name, user="postgres", host=folder, autocommit=True
        )
