# SPDX-License-Identifier: Apache-2.0
"""One commit for all who wait to write: SQLite has one writer at a time.

A commit has to reach the disk, and that takes longer than all else.  Whoever has
written while others wait hands its open transaction on to the next of them, and
the last one commits for all.  Each still returns only when what it wrote is on
disk, and what one of them raises undoes nothing of the others: each writes after a
savepoint of its own.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

LONGEST = 32  # writers that share a commit, so that the first need not wait long
_SAVEPOINT = "pumphouse_write"


class _Chain:
    """A transaction that several write in, one after the other."""

    def __init__(self, engine: Engine) -> None:
        self._begun = engine.begin()
        self.connection = self._begun.__enter__()
        self.writers = 0
        self.ended = threading.Event()
        self.error: BaseException | None = None

    def end(self) -> None:
        """Commit, and tell all that wrote in it; raises for none of them."""
        try:
            if self.error is None:
                self._begun.__exit__(None, None, None)
            else:
                self._begun.__exit__(type(self.error), self.error, None)
        except BaseException as error:  # noqa: BLE001 - each writer raises it
            self.error = error
        self.ended.set()


@contextlib.contextmanager
def _savepoint(chain: _Chain) -> Iterator[None]:
    """What is written inside, or nothing of it.

    Some errors (a full disk) end the whole transaction: then there is no such
    savepoint any more, and nobody in the chain has written anything.
    """
    run = chain.connection.exec_driver_sql
    wrote = False
    try:
        run(f"SAVEPOINT {_SAVEPOINT}")
        yield
        wrote = True
    finally:
        try:
            if not wrote:
                run(f"ROLLBACK TO {_SAVEPOINT}")
            run(f"RELEASE {_SAVEPOINT}")
        except SQLAlchemyError as error:
            chain.error = error
            if wrote:
                raise


@dataclass(eq=False)
class _Waiter:
    """A writer that waits for its turn."""

    turn: threading.Event = field(default_factory=threading.Event)
    chain: _Chain | None = None


class SharedCommit:
    """Hands out transactions to write in.

    :param engine: SQLite
    :param patience: seconds to wait for one's turn
    """

    def __init__(self, engine: Engine, patience: float) -> None:
        self._engine = engine
        self._patience = patience
        self._lock = threading.Lock()  # of what follows; held for moments only
        self._busy = False
        self._waiting: deque[_Waiter] = deque()

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: on disk when the block has ended, or nothing of it.

        :raises SQLAlchemyError: the database refused
        """
        chain = self._enter()
        chain.writers += 1
        try:
            with _savepoint(chain):
                yield chain.connection
        finally:
            self._leave(chain)
        chain.ended.wait()
        if chain.error is not None:
            raise chain.error

    def _enter(self) -> _Chain:
        with self._lock:
            if not self._busy:
                self._busy = True
                waiter = None
            else:
                waiter = _Waiter()
                self._waiting.append(waiter)
        if waiter is not None:
            self._wait(waiter)
            if waiter.chain is not None:
                return waiter.chain
        try:
            return _Chain(self._engine)
        except BaseException:
            self._next(None)
            raise

    def _wait(self, waiter: _Waiter) -> None:
        """Until it is this one's turn; it may lose patience, or be interrupted."""
        try:
            if waiter.turn.wait(self._patience):
                return
            locked = sqlite3.OperationalError("database is locked")
            raise OperationalError(_SAVEPOINT, None, locked)
        except BaseException:
            with self._lock:
                came = waiter not in self._waiting
                if not came:
                    self._waiting.remove(waiter)
            if came:  # its turn: somebody else's, then
                waiter.turn.wait()
                if waiter.chain is None:
                    self._next(None)
                else:
                    self._leave(waiter.chain)
            raise

    def _leave(self, chain: _Chain) -> None:
        with self._lock:
            room = chain.writers < LONGEST and chain.error is None
            go_on = bool(self._waiting) and room
        if go_on:
            self._next(chain)
            return
        chain.end()
        self._next(None)

    def _next(self, chain: _Chain | None) -> None:
        """Let the next one write: in *chain*, or in a transaction of its own."""
        with self._lock:
            if not self._waiting:
                assert chain is None
                self._busy = False
                return
            waiter = self._waiting.popleft()
        waiter.chain = chain
        waiter.turn.set()
