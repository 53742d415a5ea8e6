# SPDX-License-Identifier: Apache-2.0
"""Reading and writing: transactions, the write lock, JSON, errors in one line.

Every write is one short transaction, on disk when it returns.  All are functions that
are called with a connection, and called again where a database server was away.
"""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection, Engine, Executable, Table
from sqlalchemy.exc import SQLAlchemyError

from pumphouse import exceptions
from pumphouse.conf import secrets
from pumphouse.store import connect, schema
from pumphouse.store.connect import READ_ONLY
from pumphouse.store.patience import Patience
from pumphouse.store.prepared import Prepared
from pumphouse.store.shared_commit import SharedCommit

if TYPE_CHECKING:
    from sqlalchemy.dialects import sqlite

T = TypeVar("T")

MAX_DETAILS = 16 * 1024
"""Bytes of JSON that one row's details may take."""
MAX_SUMMARY = 1024 * 1024
"""Bytes of JSON that the summary of a plan or run may take."""


def utc_now() -> str:
    """The time as rows hold it: ISO 8601, UTC, microseconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


class Database:
    """One database: the parts of the store are built on this.

    :param url: ``sqlite:////path/pumphouse.db`` or ``postgresql+psycopg://...``
    :param lock_timeout: seconds to wait for another process's write
    :param now: the clock, ISO 8601
    :param existing: make nothing: neither the database nor its tables
    :raises StoreError: it cannot be opened, is damaged, or is of a newer version
    """

    engine: Engine

    def __init__(
        self,
        url: str,
        *,
        lock_timeout: float = connect.LOCK_TIMEOUT,
        now: Callable[[], str] = utc_now,
        existing: bool = False,
    ) -> None:
        self.now = now
        self.engine = connect.make_engine(url, lock_timeout, existing=existing)
        self.name = connect.display_name(self.engine.url)
        self._reader = self.engine.execution_options(**{READ_ONLY: True})
        self._sqlite = self.engine.dialect.name == "sqlite"
        self.prepared = Prepared(self.engine.dialect)
        self.patience = Patience(self.name)
        self._shared = SharedCommit(self.engine, lock_timeout)
        try:
            with self._errors():
                schema.upgrade(self.engine, self._reader, self.name, existing)
        except exceptions.StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Close all connections.  The store cannot be used afterwards."""
        self.engine.dispose()

    def transact(
        self,
        function: Callable[[Connection], T],
        fence: Callable[[Connection], None] | None = None,
    ) -> T:
        """What *function* returns, called with a transaction that may write.

        Committed when this returns, or nothing of it.  Whoever writes already calls
        it, so it must not wait for anything; and it may be called again after a
        commit of which nobody knows whether it took effect.

        :param fence: called first, once in each transaction: what it raises keeps
            *function* from being called
        :raises StoreError: the database refused
        """
        with self._errors():
            return self.patience.run(lambda: self._shared.run(function, fence))

    def read(self, function: Callable[[Connection], T]) -> T:
        """What *function* returns, called with a transaction that only reads.

        It sees one state of the database, and may be called again.

        :raises StoreError: the database refused
        """

        def reading() -> T:
            with self._reader.begin() as connection:
                return function(connection)

        with self._errors():
            return self.patience.run(reading)

    def look(
        self, name: Hashable, make: Callable[[], Executable], /, **values: Any
    ) -> list[Any]:
        """What one prepared statement finds, which only reads.

        :raises StoreError: the database refused
        """
        with self._errors():
            return self.patience.run(
                lambda: self.prepared.look(self._reader, name, make, **values)
            )

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, UnicodeError) as error:
            file = str(self.engine.url.database or "") if self._sqlite else ""
            raise connect.store_error(error, self.name, file) from error

    def insert(self, table: Table) -> sqlite.Insert:
        """An INSERT of this database's dialect, which knows ON CONFLICT."""
        if self._sqlite:
            from sqlalchemy.dialects import sqlite

            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql

        # the two classes have the same methods, but no common base for them
        return cast("sqlite.Insert", postgresql.insert(table))


def dump(details: Mapping[str, Any] | None, what: str, limit: int = MAX_DETAILS) -> str:
    """Details as JSON text.

    :param what: what the details belong to, for the error
    :raises StoreError: not JSON, too large, or holding a secret
    """
    if not details:
        return ""
    found = secrets.find(details)
    if found:
        raise exceptions.StoreError(
            f"refused to store a secret ({found})", resource=what
        )
    try:
        text = json.dumps(details, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise exceptions.StoreError(
            f"details are not JSON: {error}", resource=what
        ) from error
    if len(text) > limit:  # it is ASCII
        raise exceptions.StoreError(
            f"details are larger than {limit} bytes", resource=what
        )
    return text


def load(text: str) -> dict[str, Any]:
    """The details that :func:`dump` wrote."""
    return cast("dict[str, Any]", json.loads(text)) if text else {}


def plain(text: str) -> str:
    """*text* without what no database's text can hold: NUL and half characters."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
