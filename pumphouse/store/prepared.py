# SPDX-License-Identifier: Apache-2.0
"""Statements that are turned into SQL once, not each time they are run.

For those that every step of a run needs: SQLAlchemy takes several times as long to
look at a statement than SQLite to carry it out.  With SQLite they go to the driver
itself, past SQLAlchemy's cursors and rows, which take longer than the rest of it.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler


class Found(Protocol):
    """What a statement brought, as SQLAlchemy has it; rows have named columns."""

    @property
    def rowcount(self) -> int: ...

    def first(self) -> Any: ...

    def one(self) -> Any: ...

    def scalar(self) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class _Rows:
    """What SQLite's driver brought."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        (row,) = self._rows
        return row

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)


def _row(names: list[str]) -> Callable[[Any], Any]:
    """Makes rows with these columns."""
    kind: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    make: Callable[[Any], Any] = kind._make
    return make


class _Statement:
    """One statement's text, with what it is always given and the order of it all."""

    def __init__(self, compiled: SQLCompiler) -> None:
        self._text = compiled.string
        self._fixed = dict(compiled.params)
        self._order = list(compiled.positiontup or ()) if compiled.positional else None
        self._row: Any = None

    def run(self, connection: Connection, values: dict[str, Any]) -> Found:
        given = {**self._fixed, **values}
        if self._order is None:
            return connection.exec_driver_sql(self._text, given)
        arguments = tuple([given[key] for key in self._order])
        driver: object = connection.connection.dbapi_connection
        if isinstance(driver, sqlite3.Connection):
            return self._rows(driver, arguments)
        return connection.exec_driver_sql(self._text, arguments)

    def rows(self, driver: sqlite3.Connection, values: dict[str, Any]) -> Found:
        """Run it without SQLAlchemy's connection."""
        given = {**self._fixed, **values}
        order = self._order or ()
        return self._rows(driver, tuple([given[key] for key in order]))

    def _rows(self, driver: sqlite3.Connection, arguments: tuple[Any, ...]) -> _Rows:
        try:
            cursor = driver.execute(self._text, arguments)
            rows = cursor.fetchall() if cursor.description else []
        except sqlite3.Error as error:
            raise DBAPIError.instance(
                *(self._text, None, error, sqlite3.Error), hide_parameters=True
            ) from error
        if rows:
            if self._row is None:
                names = [column[0] for column in cursor.description]
                self._row = _row(names)
            rows = list(map(self._row, rows))
        return _Rows(rows, cursor.rowcount)


class Prepared:
    """The statements of one database, by what they are called.

    Their parameters are ``bindparam``; all columns hold text or integers, which need
    no conversion.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[Hashable, _Statement] = {}

    def run(
        self,
        connection: Connection,
        name: Hashable,
        make: Callable[[], Executable],
        /,
        **values: Any,
    ) -> Found:
        """Run the statement called *name*, which *make* makes the first time."""
        return self._statement(name, make).run(connection, values)

    def look(
        self,
        engine: Engine,
        name: Hashable,
        make: Callable[[], Executable],
        /,
        **values: Any,
    ) -> list[Any]:
        """What the statement called *name*, which only reads, finds."""
        statement = self._statement(name, make)
        if self._dialect.name != "sqlite":
            with engine.begin() as connection:
                return list(statement.run(connection, values))
        # one statement is a transaction of its own: it need not be begun and ended
        taken = engine.raw_connection()
        try:
            driver = cast(sqlite3.Connection, taken.driver_connection)
            return list(statement.rows(driver, values))
        finally:
            taken.close()

    def _statement(self, name: Hashable, make: Callable[[], Executable]) -> _Statement:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._compiled(make())
        return known

    def _compiled(self, statement: Executable) -> _Statement:
        compiled = statement.compile(dialect=self._dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        return _Statement(compiled)
