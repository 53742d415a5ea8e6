# SPDX-License-Identifier: Apache-2.0
"""What a PostgreSQL server is told by each connection."""

from __future__ import annotations

import testtools
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pumphouse.store import Store, connect
from tests import postgresql

TOO_LONG = "25P03"  # idle_in_transaction_session_timeout


class Limits(testtools.TestCase):
    def shown(self, store: Store, name: str, *, reads: bool = False) -> str:
        engine = store.engine.execution_options(**{connect.READ_ONLY: reads})
        with engine.begin() as connection:
            return str(connection.scalar(text(f"SHOW {name}")))

    def open(self, lock_timeout: float) -> Store:
        store = Store(postgresql.server().database(), lock_timeout=lock_timeout)
        self.addCleanup(store.close)
        return store

    def test_a_transaction_may_stand_still_for_ten_seconds(self) -> None:
        """Less, where others do not wait for as long: half of what they wait."""
        for seconds, waits, idle in (
            (connect.LOCK_TIMEOUT, "20s", "10s"),
            (60.0, "1min", "10s"),
            (4.0, "4s", "2s"),
        ):
            store = self.open(seconds)
            for reads in (False, True):
                found = [
                    self.shown(store, name, reads=reads)
                    for name in ("lock_timeout", "idle_in_transaction_session_timeout")
                ]
                self.assertEqual([waits, idle], found)

    def test_on_each_connection_and_after_a_rollback(self) -> None:
        """What is set in a transaction would go with it."""
        store = self.open(4.0)
        with store.engine.connect() as first, store.engine.connect() as second:
            for connection in (first, second):
                connection.rollback()
                query = text("SHOW idle_in_transaction_session_timeout")
                self.assertEqual("2s", connection.scalar(query))

    def test_the_server_ends_one_that_stands_still_for_longer(self) -> None:
        """And whoever waits for what it has locked goes on."""
        url, lock = (
            postgresql.server().database(),
            text("SELECT pg_advisory_xact_lock(1)"),
        )
        engines = [connect.make_engine(url, seconds) for seconds in (0.2, 20.0)]
        for engine in engines:
            self.addCleanup(engine.dispose)
        with engines[0].connect() as connection:
            connection.execute(lock)
            with engines[1].begin() as other:
                other.execute(lock)
            error = self.assertRaises(DBAPIError, connection.execute, lock)
            self.assertEqual(TOO_LONG, getattr(error.orig, "sqlstate", None))
            connection.invalidate()
