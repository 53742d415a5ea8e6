# SPDX-License-Identifier: Apache-2.0
"""One process of Pumphouse that stops at a point, or wakes another one at a point."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import threading
import types
from typing import Any

from pumphouse.store import owner
from tools.crashproof.child import Trap

_WROTE = "select pg_current_xact_id_if_assigned()"  # nothing, if it only read


class PauseTrap(Trap):
    """Counts points; at one of them this process is stopped, or another goes on.

    :param told: a file that gets the name of the point it was stopped at
    :param stop_at: 1 is the first; 0 never
    :param wake: the process to wake
    :param wake_at: at which point; 0 never
    :param host: what this process takes for the name of its host; "": the real one
    """

    def __init__(
        self,
        told: str,
        stop_at: int = 0,
        wake: int = 0,
        wake_at: int = 0,
        host: str = "",
    ) -> None:
        super().__init__(told=told)
        self._stop_at = stop_at
        self._wake = wake
        self._wake_at = wake_at
        self._host = host

    def hit(self, name: str) -> None:
        """One more point."""
        with self._lock:
            self.passed.append(name)
            if len(self.passed) == self._stop_at:
                self.tell(name)
                # To this thread: if another one got it, this one might still go on.
                signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
            if len(self.passed) == self._wake_at:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._wake, signal.SIGCONT)

    def set(self) -> None:
        """From now on all points are counted, those of PostgreSQL as well."""
        super().set()
        if self._host:
            host = self._host
            named: Any = types.SimpleNamespace(gethostname=lambda: host)
            owner.socket = named  # type: ignore[attr-defined]
        with contextlib.suppress(ImportError):
            self._set_psycopg()

    def _set_psycopg(self) -> None:
        from psycopg import Connection

        inner = Connection.commit

        @functools.wraps(inner)
        def commit(connection: Any) -> None:
            wrote = connection.execute(_WROTE).fetchone()[0]
            if not wrote:
                return inner(connection)
            self.hit("before commit")
            inner(connection)
            self.hit("after commit")

        Connection.commit = commit  # type: ignore[method-assign]
