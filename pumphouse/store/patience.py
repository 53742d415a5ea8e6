# SPDX-License-Identifier: Apache-2.0
"""Tries again while a database server is away: restarted, failed over, cut off.

What is tried again is a whole transaction, of which nobody may know whether it took
effect when its commit was cut off: it has to be one that may run twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from pumphouse import exceptions

LOG = logging.getLogger(__name__)
T = TypeVar("T")

SECONDS = 120.0
"""How long a run goes on without its database before it ends."""
_FIRST, _LONGEST = 0.1, 2.0  # seconds between two tries

# SQLSTATEs of PostgreSQL: classes and single ones of what goes away by itself
_CLASSES = ("08", "53", "57")  # connection, resources, operator intervention
_STATES = ("25P03", "40001", "40P01", "55P03")  # idle too long, rollbacks, lock timeout
_CANCELLED = "57014"  # e.g. a statement_timeout of the server's: it would come again


def passing(error: BaseException | None) -> bool:
    """Whether a database server may answer otherwise in a moment; no file does."""
    if isinstance(error, exceptions.StoreError):
        error = error.__cause__
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # it did not come to speak with the server
        kind = type(error.orig)
        return kind.__name__ == "OperationalError" and "psycopg" in kind.__module__
    known = state[:2] in _CLASSES or state in _STATES
    return known and state != _CANCELLED


class Patience:
    """Runs transactions, again and again while the database is away.

    :param name: the database in an operator's words
    :param seconds: after which it gives up
    :param sleep: waits that many seconds
    """

    def __init__(
        self,
        name: str,
        seconds: float = SECONDS,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._name = name
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._away = False  # and it was said

    def run(self, function: Callable[[], T]) -> T:
        """What *function* returns, once it does.

        :raises SQLAlchemyError, StoreError: as *function* does: the database refused,
            or it was away for too long
        """
        until: float | None = None
        pause = _FIRST
        while True:
            try:
                found = function()
            except (DBAPIError, exceptions.StoreError) as error:
                if not passing(error):
                    raise
                now = self._clock()
                until = now + self.seconds if until is None else until
                if now + pause > until:
                    raise
                self._said(away=True)
            else:
                self._said(away=False)
                return found
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST)

    def _said(self, *, away: bool) -> None:
        if self._away == away:
            return
        with self._lock:
            changed, self._away = self._away != away, away
        if changed and away:
            LOG.warning("%s is away; trying for %.0f s", self._name, self.seconds)
        elif changed:
            LOG.warning("%s is back", self._name)
