# SPDX-License-Identifier: Apache-2.0
"""One commit for all who wait to write, on whatever database.

A commit has to reach the disk, and that takes longer than all else.  Whoever has
written while others wait also writes what they have handed in, and commits for all.
Each still returns only when what it wrote is on disk, and what one of them raises
undoes nothing of the others: all but the first write after a savepoint of their own.

SQLite has one writer at a time anyway; PostgreSQL's writers of one run would wait for
each other at its fence.  What is handed in costs no change of threads, of which each
may take as long as all other threads of the process like to run.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

T = TypeVar("T")
Function = Callable[[Connection], Any]

LONGEST = 32  # writers that share a commit, so that the first need not wait long
_SAVEPOINT = "pumphouse_write"


class _Chain:
    """A transaction that several write in, one after the other.

    :param first: the one who began it, and who commits it
    """

    def __init__(self, engine: Engine, first: _Waiter) -> None:
        self._begun = engine.begin()
        self._connection = self._begun.__enter__()
        driver: Any = self._connection.connection.dbapi_connection
        self._sqlite = driver if isinstance(driver, sqlite3.Connection) else None
        self._passed: set[Function] = set()  # fences
        self._writers: list[_Waiter] = []
        self._first = first
        self.error: BaseException | None = None

    @property
    def has_room(self) -> bool:
        """Whether another may write in it."""
        return self.error is None and len(self._writers) < LONGEST

    def write(self, waiter: _Waiter) -> None:
        """Write for *waiter*; it is told when the chain has ended."""
        waiter.chain = self
        self._writers.append(waiter)
        passed = set(self._passed)
        first = waiter is self._first
        try:
            if not first:
                self._savepoint("SAVEPOINT")
            if waiter.fence is not None and waiter.fence not in passed:
                waiter.fence(self._connection)
                self._passed.add(waiter.fence)
            waiter.result = waiter.function(self._connection)
        except Exception as error:  # noqa: BLE001 - it is that one's own
            waiter.error = error
            self._passed = passed  # the locks go with the savepoint
            if first:
                self.error = error
        except BaseException as error:  # noqa: BLE001 - meant for this thread
            self.error = error
        if not first:
            self._release(undo=waiter.error is not None)

    def _release(self, *, undo: bool) -> None:
        """What was written since the savepoint stays, or not.

        Some errors (a full disk) end the whole transaction: then there is no such
        savepoint any more, and nobody in the chain has written anything.
        """
        try:
            if undo:
                self._savepoint("ROLLBACK TO")
            self._savepoint("RELEASE")
        except SQLAlchemyError as error:
            self.error = self.error or error

    def _savepoint(self, verb: str) -> None:
        """Set it, go back to it or release it.  Past SQLAlchemy: twice for each write.

        :raises SQLAlchemyError: there is none
        """
        if self._sqlite is None:
            self._connection.exec_driver_sql(f"{verb} {_SAVEPOINT}")
            return
        try:
            self._sqlite.execute(f"{verb} {_SAVEPOINT}")
        except sqlite3.Error as error:
            raise OperationalError(verb, None, error) from error

    def end(self) -> None:
        """Commit, and tell all that wrote in it; raises for none of them."""
        try:
            if self.error is None:
                self._begun.__exit__(None, None, None)
            else:
                self._begun.__exit__(type(self.error), self.error, None)
        except BaseException as error:  # noqa: BLE001 - each writer raises it
            self.error = self.error or error
        for each in self._writers:
            each.wake()


class _Waiter:
    """A writer, and what became of it.

    :param function: what it wants to write
    :param fence: what has to hold in the transaction first, once for all who name it
    """

    def __init__(self, function: Function, fence: Function | None) -> None:
        self.function = function
        self.fence = fence
        self.chain: _Chain | None = None
        self.result: Any = None
        self.error: BaseException | None = None
        self._turn = threading.Lock()  # cheaper than an Event, and there are many
        self._turn.acquire()

    def wait(self, seconds: float = -1) -> bool:
        """Whether it was woken in that time."""
        return self._turn.acquire(timeout=seconds)

    def wake(self) -> None:
        self._turn.release()

    def outcome(self) -> Any:
        """What its function returned, once its chain has ended."""
        if self.error is not None:
            raise self.error
        if self.chain is not None and self.chain.error is not None:
            raise self.chain.error
        return self.result


class SharedCommit:
    """Has functions write, as many as there are in one transaction.

    :param engine: whose transactions begin as those of a writer
    :param patience: seconds to wait for one's turn
    """

    def __init__(self, engine: Engine, patience: float) -> None:
        self._engine = engine
        self._patience = patience
        self._lock = threading.Lock()  # of what follows; held for moments only
        self._busy = False
        self._waiting: deque[_Waiter] = deque()

    def run(
        self, function: Callable[[Connection], T], fence: Function | None = None
    ) -> T:
        """What *function* returns, called with a transaction; on disk afterwards.

        It is called by whatever thread writes: it must not wait for anything, and not
        write to this database in any other way.

        :param fence: called first, once in each transaction: what it raises keeps
            *function* from being called
        :raises SQLAlchemyError: the database refused
        """
        waiter = _Waiter(function, fence)
        if self._begins(waiter):
            self._lead(waiter)
        result: T = waiter.outcome()
        return result

    def _begins(self, waiter: _Waiter) -> bool:
        """Whether *waiter* is to begin a transaction; or another has written for it."""
        with self._lock:
            if not self._busy:
                self._busy = True
                return True
            self._waiting.append(waiter)
        try:
            if not waiter.wait(self._patience):
                locked = sqlite3.OperationalError("database is locked")
                raise OperationalError(_SAVEPOINT, None, locked)
        except BaseException as error:
            with self._lock:
                came = waiter not in self._waiting
                if not came:
                    self._waiting.remove(waiter)
            if came:
                waiter.wait()
                if waiter.chain is None:  # its turn: somebody else's, then
                    self._next()
                elif isinstance(error, OperationalError):
                    return False  # it has been written after all
            raise
        return waiter.chain is None

    def _lead(self, waiter: _Waiter) -> None:
        """Write in a new transaction, and for those that wait; then end it."""
        try:
            chain = _Chain(self._engine, waiter)
        except BaseException:
            self._next()
            raise
        next_one: _Waiter | None = waiter
        while next_one is not None:
            chain.write(next_one)
            with self._lock:
                more = self._waiting and chain.has_room
                next_one = self._waiting.popleft() if more else None
        chain.end()
        self._next()

    def _next(self) -> None:
        """Let the next one write, in a transaction of its own."""
        with self._lock:
            if not self._waiting:
                self._busy = False
                return
            waiter = self._waiting.popleft()
        waiter.wake()
