# SPDX-License-Identifier: Apache-2.0
"""Connections to a database server: none waits for ever, none keeps others waiting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

_IDLE = 10.0  # seconds that a transaction may stand still at most
_CONNECT = 10  # seconds until a server has to have answered
_TCP: Mapping[str, int] = {  # a server that is gone without a word is noticed
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}


def make_engine(url: URL, lock_timeout: float) -> Engine:
    """The engine for PostgreSQL at *url*.

    A process that is stopped within a transaction loses it soon, and with it its
    locks; whoever takes its run over need not wait longer than that.

    :param lock_timeout: seconds to wait for another process's write
    """
    given = {"connect_timeout": _CONNECT, **_TCP}
    engine = sqlalchemy.create_engine(
        url,
        connect_args={k: v for k, v in given.items() if k not in url.query},
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        pool_timeout=60,
        hide_parameters=True,
    )
    idle = min(_IDLE, lock_timeout / 2)  # or who waits for its locks would give up
    limits = (
        f"SET lock_timeout = {round(lock_timeout * 1000)}",
        f"SET idle_in_transaction_session_timeout = {round(idle * 1000)}",
    )

    # Said in a statement: poolers refuse it among what a connection begins with.
    @event.listens_for(engine, "connect")
    def _connected(driver: Any, record: Any) -> None:
        driver.autocommit = True
        for limit in limits:
            driver.execute(limit)
        driver.autocommit = False

    return engine
