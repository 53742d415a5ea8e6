# SPDX-License-Identifier: Apache-2.0
"""Statements that are turned into SQL once, not each time they are run.

For those that every step of a run needs: SQLAlchemy takes several times as long to
look at a statement than SQLite to carry it out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler


class Prepared:
    """The statements of one database, by what they are called.

    Their parameters are ``bindparam``; all columns hold text or integers, which need
    no conversion.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[Hashable, tuple[str, dict[str, Any], list[str] | None]] = {}

    def run(
        self,
        connection: Connection,
        name: Hashable,
        make: Callable[[], Executable],
        /,
        **values: Any,
    ) -> CursorResult[Any]:
        """Run the statement called *name*, which *make* makes the first time."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._compiled(make())
        text, fixed, order = known
        given = {**fixed, **values}
        if order is None:
            return connection.exec_driver_sql(text, given)
        return connection.exec_driver_sql(text, tuple(given[key] for key in order))

    def _compiled(
        self, statement: Executable
    ) -> tuple[str, dict[str, Any], list[str] | None]:
        compiled = statement.compile(dialect=self._dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        order = list(compiled.positiontup or ()) if compiled.positional else None
        return compiled.string, dict(compiled.params), order
