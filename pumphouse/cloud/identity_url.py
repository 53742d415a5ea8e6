# SPDX-License-Identifier: Apache-2.0
"""How a Keystone database is opened: by which driver, and for reading only or not."""

from __future__ import annotations

import os
import sqlite3
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL

_CONNECT = 10  # seconds
# What may stand before the colon: as in Keystone's own file, and the driver there is.
_DRIVERS = {
    "mysql": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mysql+mysqldb": "mysql+pymysql",
    "mysql+mysqlconnector": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgresql+psycopg2": "postgresql+psycopg",
    "sqlite": "sqlite",
}
# A transaction begun after this one is refused every write by the server.
_READ_ONLY = {
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
}


class Unsupported(ValueError):
    """Of a kind of database that Keystone does not run on; says nothing of it."""


def parse(text: str) -> URL:
    """The URL, with a driver that is installed or can be.

    :raises Unsupported: of another kind of database
    :raises sqlalchemy.exc.ArgumentError: no URL
    """
    url = sa.make_url(text)
    if url.drivername not in _DRIVERS:
        raise Unsupported  # what stands there may be a secret
    return url.set(drivername=_DRIVERS[url.drivername])


def engine(url: URL, *, read_only: bool) -> sa.Engine:
    """An engine on *url*.  SQLite's file has to exist, and is not made.

    :raises ImportError: its driver is not installed
    """
    options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True}
    backend = url.get_backend_name()
    if backend == "sqlite":
        mode = "ro" if read_only else "rw"
        path = quote(os.path.abspath(url.database or ""))

        def connect() -> sqlite3.Connection:
            # Used by one thread at a time, not always by the same
            name = f"file:{path}?mode={mode}"
            return sqlite3.connect(name, uri=True, check_same_thread=False)

        return sa.create_engine(url, creator=connect, **options)
    made = sa.create_engine(url, connect_args={"connect_timeout": _CONNECT}, **options)
    if read_only:

        @event.listens_for(made, "connect")
        def _connected(connection: Any, _record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(_READ_ONLY[backend])
            connection.commit()

    return made
