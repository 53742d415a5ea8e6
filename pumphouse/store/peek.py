# SPDX-License-Identifier: Apache-2.0
"""A look at a database without bringing it up to date, as opening a store would."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from pumphouse import exceptions
from pumphouse.store import connect, schema
from pumphouse.store.tables import intents, runs


@dataclass(frozen=True)
class Peek:
    """What a database is right now.

    :param name: in an operator's words
    :param schema: the revision it is at
    :param newest: the one that this version of Pumphouse brings it to
    :param unfinished: ids of runs that have not ended, if it is at the newest
    :param open_intents: steps of which the end is not known, if it is
    :param skew: seconds that its server's clock is ahead of this machine's; None
        where it has none
    """

    name: str
    schema: str
    newest: str
    unfinished: tuple[str, ...] = ()
    open_intents: int = 0
    skew: float | None = None


def peek(url: str, lock_timeout: float = connect.LOCK_TIMEOUT) -> Peek:
    """Read it; makes and changes nothing.

    :param lock_timeout: seconds to wait for another process's write
    :raises NoDatabase: there is none yet
    :raises StoreError: it cannot be used, or is of another program
    """
    engine = connect.make_engine(url, lock_timeout, existing=True)
    name = connect.display_name(engine.url)
    sqlite = engine.dialect.name == "sqlite"
    reader = engine.execution_options(**{connect.READ_ONLY: True})
    try:
        with reader.begin() as connection:
            skew = None
            if not sqlite:
                began = time.time()
                now = connection.scalar(
                    text("SELECT extract(epoch FROM clock_timestamp())")
                )
                skew = float(now or 0) - (began + time.time()) / 2
            schema.not_empty(connection, name)
            newest = schema.REVISIONS.head
            found = Peek(name, schema.REVISIONS.current(connection), newest, skew=skew)
            if found.schema != newest:
                return found
            begun = select(runs.c.id).where(runs.c.finished_at == "")
            still = select(func.count()).select_from(intents)
            still = still.where(intents.c.outcome == "")
            return Peek(
                name,
                found.schema,
                newest,
                tuple(str(row.id) for row in connection.execute(begun)),
                int(connection.scalar(still) or 0),
                skew,
            )
    except (SQLAlchemyError, UnicodeError) as error:
        path = str(engine.url.database or "") if sqlite else ""
        raise connect.store_error(error, name, path) from None
    finally:
        engine.dispose()


def file_of(url: str) -> Path | None:
    """The file of SQLite's that *url* means, which need not exist; None of a server.

    :raises StoreError: the URL is wrong
    """
    found = connect.parsed(url)
    if found.get_backend_name() != "sqlite":
        return None
    with contextlib.suppress(RuntimeError, ValueError):
        return Path(found.database or "").expanduser().absolute()
    raise exceptions.StoreError("is not a path", resource=connect.display_name(found))
