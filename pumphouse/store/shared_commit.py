# SPDX-License-Identifier: Apache-2.0
"""One commit for all who wait to write: SQLite has one writer at a time.

A commit has to reach the disk, and that takes longer than all else.  Whoever has
written while others wait also writes what they have handed in (``run``), or hands its
open transaction on to one that writes itself (``write``), and the last one commits for
all.  Each still returns only when what it wrote is on disk, and what one of them raises
undoes nothing of the others: each writes after a savepoint of its own.

What is handed in costs no change of threads, of which each may take as long as all
other threads of the process like to run.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

T = TypeVar("T")
Function = Callable[[Connection], Any]

LONGEST = 32  # writers that share a commit, so that the first need not wait long
_SAVEPOINT = "pumphouse_write"


class _Chain:
    """A transaction that several write in, one after the other."""

    def __init__(self, engine: Engine) -> None:
        self._begun = engine.begin()
        self.connection = self._begun.__enter__()
        self._driver = cast(
            sqlite3.Connection, self.connection.connection.dbapi_connection
        )
        self.writers = 0
        self.ended = threading.Event()
        self.error: BaseException | None = None
        self.guests: list[_Waiter] = []  # whose functions were called

    def savepoint(self, verb: str) -> None:
        """Set it, release it or go back to it.  Past SQLAlchemy: twice for each write.

        :raises SQLAlchemyError: there is none
        """
        try:
            self._driver.execute(f"{verb} {_SAVEPOINT}")
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
            self.error = error
        self.ended.set()
        for guest in self.guests:
            guest.wake()


@contextlib.contextmanager
def _savepoint(chain: _Chain) -> Iterator[None]:
    """What is written inside, or nothing of it.

    Some errors (a full disk) end the whole transaction: then there is no such
    savepoint any more, and nobody in the chain has written anything.
    """
    run = chain.savepoint
    wrote = False
    try:
        run("SAVEPOINT")
        yield
        wrote = True
    finally:
        try:
            if not wrote:
                run("ROLLBACK TO")
            run("RELEASE")
        except SQLAlchemyError as error:
            chain.error = error
            if wrote:
                raise


class _Waiter:
    """A writer that waits for its turn, or for another to write what it wants to.

    :param function: what it wants to write; None: it writes itself
    """

    def __init__(self, function: Function | None) -> None:
        self.function = function
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

    def call(self, chain: _Chain) -> None:
        """Write for it, in *chain*; it is told when the chain has ended."""
        assert self.function is not None
        self.chain = chain
        chain.writers += 1
        chain.guests.append(self)
        try:
            with _savepoint(chain):
                self.result = self.function(chain.connection)
        except Exception as error:  # noqa: BLE001 - it is that one's own
            self.error = error
        except BaseException as error:  # noqa: BLE001 - meant for this thread
            chain.error = error


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
        waiter = self._enter(None)
        chain = waiter.chain if waiter else None
        if chain is None:
            chain = self._begin()
        chain.writers += 1
        try:
            with _savepoint(chain):
                yield chain.connection
        finally:
            self._leave(chain)
        chain.ended.wait()
        if chain.error is not None:
            raise chain.error

    def run(self, function: Callable[[Connection], T]) -> T:
        """What *function* returns, called with a transaction; on disk afterwards.

        It is called by whatever thread writes: it must not wait for anything, and not
        write to this database in any other way.

        :raises SQLAlchemyError: the database refused
        """
        waiter = self._enter(function)
        if waiter is None or waiter.chain is None:
            waiter = waiter or _Waiter(function)
            chain = self._begin()
            waiter.call(chain)
            self._leave(chain)
            chain.ended.wait()
        if waiter.error is not None:
            raise waiter.error
        if waiter.chain is not None and waiter.chain.error is not None:
            raise waiter.chain.error
        result: T = waiter.result
        return result

    def _begin(self) -> _Chain:
        try:
            return _Chain(self._engine)
        except BaseException:
            self._next()
            raise

    def _enter(self, function: Function | None) -> _Waiter | None:
        """None: nobody else writes.  Otherwise one whose turn has come.

        Without a chain it is to begin one; with a chain it writes in that, or what it
        handed in has been written.
        """
        with self._lock:
            if not self._busy:
                self._busy = True
                return None
            waiter = _Waiter(function)
            self._waiting.append(waiter)
        self._wait(waiter)
        return waiter

    def _wait(self, waiter: _Waiter) -> None:
        """Until it is this one's turn; it may lose patience, or be interrupted."""
        try:
            if waiter.wait(self._patience):
                return
            locked = sqlite3.OperationalError("database is locked")
            raise OperationalError(_SAVEPOINT, None, locked)
        except BaseException as error:
            with self._lock:
                came = waiter not in self._waiting
                if not came:
                    self._waiting.remove(waiter)
            if came:
                waiter.wait()
                if waiter.function is not None and waiter.chain is not None:
                    if isinstance(error, OperationalError):
                        return  # it has been written after all
                elif waiter.chain is None:  # its turn: somebody else's, then
                    self._next()
                else:
                    self._leave(waiter.chain)
            raise

    def _leave(self, chain: _Chain) -> None:
        """One has written: others may, in the same chain, or it ends."""
        while True:
            with self._lock:
                room = chain.writers < LONGEST and chain.error is None
                waiter = self._waiting.popleft() if self._waiting and room else None
            if waiter is None:
                break
            if waiter.function is None:
                waiter.chain = chain
                waiter.wake()
                return
            waiter.call(chain)
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
