# SPDX-License-Identifier: Apache-2.0
"""From a database URL to an engine that is safe for many threads and processes.

SQLite: a private file (0600), write-ahead log, every commit on disk, foreign keys,
and transactions that say at their start whether they are going to write: one that
reads first and writes later could not wait for another writer.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from pumphouse import exceptions
from pumphouse.conf import secrets
from pumphouse.store import locks, server

READ_ONLY = "pumphouse_read_only"
"""Execution option of connections whose transactions never write."""

LOCK_TIMEOUT = 20.0
"""Seconds to wait for another process's write."""

_WRITE = "BEGIN IMMEDIATE"
_READERS = 64  # as many threads as a run may have read at once
_HINT = "See [database] connection in pumphouse.conf"
_READ_ONLY_FILE = "read_only"


def make_engine(
    url_text: str, lock_timeout: float, *, existing: bool = False
) -> Engine:
    """The engine for *url_text*; makes SQLite's folder and file where missing.

    :param lock_timeout: seconds to wait for another process's write
    :param existing: make nothing; a file that cannot be written is opened for
        reading
    :raises StoreError: the URL is wrong or the file cannot be made
    """
    url = parsed(url_text)
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(_private_file(url, existing), lock_timeout)
        return server.make_engine(url, lock_timeout)
    except ModuleNotFoundError as error:
        raise exceptions.StoreError(
            f"the driver {error.name} is not installed",
            resource=display_name(url),
            hint="Run: pip install 'pumphouse[postgresql]'",
        ) from None


def parsed(text: str) -> URL:
    """The URL, of a kind of database that there is.

    :raises StoreError: it is none
    """
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        # the text is not repeated: it may hold a password
        raise exceptions.StoreError(
            "the database URL cannot be understood",
            hint="Write sqlite:////PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
        ) from None
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise exceptions.StoreError(
            f"{backend} ({url.drivername}) is not supported",
            resource=display_name(url),
            hint="Use sqlite:////PATH or postgresql+psycopg://...",
        )
    return url


def display_name(url: URL) -> str:
    """The database in an operator's words, without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return f"database {url.database or ':memory:'}"
    port = f":{url.port}" if url.port else ""
    return f"database {url.get_backend_name()}://{url.host or ''}{port}/{url.database}"


def _private_file(url: URL, existing: bool) -> URL:
    """The URL with an absolute path; the file exists and is the operator's own."""
    if not url.database or url.database == ":memory:" or url.query:
        raise exceptions.StoreError(
            "the database has to be a file, without options: it must outlive the run",
            hint="Write sqlite:////PATH",
        )
    path = Path(os.path.abspath(os.path.expanduser(url.database)))
    url = url.set(database=str(path))
    if existing:
        return _found(path, url)
    try:
        for folder in reversed(path.parents):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            # SQLite gives its -wal and -shm files the mode of this one.  EXCL: closing
            # a file that is in use would drop SQLite's locks on it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if not path.is_file():
            raise exceptions.StoreError(
                "is not a file", resource=display_name(url), hint=_HINT
            )
    except (OSError, ValueError) as error:  # also a path with NUL
        why = getattr(error, "strerror", None) or "not a path"
        raise exceptions.StoreError(
            f"cannot be made: {why}", resource=display_name(url), hint=_HINT
        ) from None
    if not _writable(path):
        raise exceptions.StoreError(
            "cannot be written", resource=display_name(url), hint=_HINT
        )
    return url


def _found(path: Path, url: URL) -> URL:
    """The URL of a file that is there; for reading only, if nobody may write it."""
    if not path.exists():
        raise exceptions.NoDatabase(
            "is not there yet",
            resource=display_name(url),
            hint="'pumphouse plan' makes it; --database and PUMPHOUSE_DATABASE name "
            "another",
        )
    if not path.is_file():
        raise exceptions.StoreError(
            "is not a file", resource=display_name(url), hint=_HINT
        )
    if not os.access(path, os.R_OK):
        raise exceptions.StoreError(
            "cannot be read", resource=display_name(url), hint=_HINT
        )
    return url if _writable(path) else url.set(query={_READ_ONLY_FILE: "yes"})


def _writable(path: Path) -> bool:
    """Whether this process may write the file, and those that SQLite puts beside."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _for_reading(path: str) -> str:
    """The name by which SQLite opens a file without writing anything, or beside it."""
    # With a write-ahead log beside it that log is part of it; without, nobody is at it.
    log = os.path.exists(f"{path}-wal")
    return f"file:{quote(path)}?mode=ro" + ("" if log else "&immutable=1")


def _sqlite_engine(url: URL, lock_timeout: float) -> Engine:
    writers = threading.Lock()
    reading = _READ_ONLY_FILE in url.query
    url = url.set(query={})

    def connected(path: str, **kwargs: Any) -> sqlite3.Connection:
        if reading:
            kwargs.pop("timeout")
            name = _for_reading(path)
            opened: sqlite3.Connection = sqlite3.connect(
                name, uri=True, isolation_level=None, **{**kwargs, "factory": _Reading}
            )
            return opened
        return _Connection(path, writers=writers, **kwargs)

    engine = sqlalchemy.create_engine(
        url,
        connect_args={
            "timeout": lock_timeout,
            "factory": connected,
            # one thread at a time has a connection, but not always the same
            "check_same_thread": False,
        },
        pool_size=8,
        max_overflow=_READERS,
        pool_timeout=lock_timeout,
        hide_parameters=True,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(READ_ONLY):
            connection.exec_driver_sql("BEGIN")
            return
        driver = cast("_Connection", connection.connection.dbapi_connection)
        driver.queue()
        try:
            connection.exec_driver_sql(_WRITE)
        except BaseException:
            driver.leave()
            raise

    return engine


class _Connection(sqlite3.Connection):
    """SQLite's connection, whose writing transactions queue within the process.

    SQLite itself lets writers poll for its lock, in no order: under many threads one
    could wait until its time is up.  Only other processes are left to that.
    """

    def __init__(
        self, path: str, *, writers: threading.Lock, timeout: float, **kwargs: Any
    ) -> None:
        # Python must not begin transactions on its own
        super().__init__(path, timeout=timeout, isolation_level=None, **kwargs)
        self._writers = writers
        self._timeout = timeout
        self._writing = False
        try:
            self.execute("PRAGMA foreign_keys=ON")
            _write_ahead(self, timeout)
            self.execute("PRAGMA synchronous=FULL")
        except BaseException:
            super().close()
            raise

    def queue(self) -> None:
        """Wait until this connection is the process's writer."""
        if not self._writers.acquire(timeout=self._timeout):
            locked = sqlite3.OperationalError("database is locked")
            raise OperationalError(_WRITE, None, locked)
        self._writing = True

    def leave(self) -> None:
        """Let the next writer in.  Without having queued it does nothing."""
        if self._writing:
            self._writing = False
            self._writers.release()

    def commit(self) -> None:
        super().commit()
        self.leave()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.leave()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.leave()


class _Reading(sqlite3.Connection):
    """One on a file that nobody may write; SQLite refuses what would."""

    def queue(self) -> None:
        """There are no writers to wait for."""

    def leave(self) -> None:
        """As little to leave."""


def _write_ahead(connection: sqlite3.Connection, lock_timeout: float) -> None:
    """Switch to the write-ahead log.  SQLite does not wait for its lock here."""
    deadline = time.monotonic() + lock_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def store_error(
    error: SQLAlchemyError | UnicodeError, name: str, file: str = ""
) -> exceptions.StoreError:
    """One clear line for what a database said, without parameters or passwords.

    :param file: of SQLite: for who has locked it
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = " ".join(secrets.mask(str(cause)).split()) or type(error).__name__
    if "database is locked" in said:
        who = locks.writer_of(file) if file else ""
        return exceptions.StoreError(
            f"is locked by {who or 'another process'}",
            resource=name,
            hint="Wait until that process has finished (or let it go on, if it was "
            "stopped), then try again",
        )
    if "readonly" in said:
        return exceptions.StoreError("cannot be written", resource=name, hint=_HINT)
    if "not a database" in said or "malformed" in said:
        return exceptions.StoreError(
            "is damaged, or not a database", resource=name, hint=_HINT
        )
    return exceptions.StoreError(said[:500], resource=name)
