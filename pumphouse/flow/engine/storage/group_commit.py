# SPDX-License-Identifier: Apache-2.0
"""Gathers changes for a moment and writes them in one transaction.

What is written is always a state that the engine was in: all of the changes up to
some moment, none after it.  A crash loses the last moment, and what was done in it
is done again; the tasks have to stand that anyway.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from pumphouse import exceptions
from pumphouse.store.fence import boot_time

LOG = logging.getLogger(__name__)

INTERVAL = 0.05
"""Seconds that a change may wait for others."""
STALE = 1.0
"""Seconds after which a change is written at once: perhaps this process was asleep,
and what it is about to do is another one's by now."""
_ATTEMPTS = 6  # after 0.1, 0.2, 0.4, 0.8, 1.6 s: a database may be restarted

Changes = Mapping[str, Any]


class GroupCommit:
    """A buffer of changes by key, and a thread that empties it.

    :param write: writes changes in one transaction; raises, and then wrote nothing
    :param interval: seconds that a change may wait for others
    :param clock: seconds, going on while the machine sleeps
    """

    def __init__(
        self,
        write: Callable[[Changes], None],
        interval: float = INTERVAL,
        clock: Callable[[], float] = boot_time,
    ) -> None:
        self._write = write
        self._interval = interval
        self._clock = clock
        self._written_at = float("-inf")
        self._changes: dict[str, Any] = {}
        self._error: exceptions.StoreError | None = None
        self._lock = threading.Lock()  # of the buffer: never held during a write
        self._writing = threading.Lock()  # keeps writes in order
        self._some = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, key: str, change: Any) -> None:
        """Have *change* written soon.  It replaces an unwritten one of the same key.

        :raises StoreError: an earlier change could not be written
        """
        with self._lock:
            if self._error is not None:
                raise self._error
            self._changes[key] = change
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="pumphouse-states", daemon=True
                )
                self._thread.start()
        self._some.set()
        if self._clock() - self._written_at > STALE:
            self.flush()

    def flush(self) -> None:
        """Write what is there; returns when it is on disk.

        :raises StoreError: it could not be written
        """
        with self._writing:
            self._flush()

    def close(self) -> None:
        """Write what is there and end the thread.

        :raises StoreError: it could not be written
        """
        self._closing.set()
        self._some.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._closing.clear()
        self.flush()

    def _flush(self) -> None:
        with self._lock:
            if self._error is not None:
                raise self._error
            changes, self._changes = self._changes, {}
            self._some.clear()
        if not changes:
            return
        written = False
        try:
            self._write_patiently(changes)
            written = True
        finally:
            if not written:  # e.g. an interrupt: they are to be written with the next
                with self._lock:
                    self._changes = {**changes, **self._changes}

    def _write_patiently(self, changes: Changes) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._write(changes)
                self._written_at = self._clock()
                return
            except exceptions.RunBusy as error:
                self._fail(error)
            except exceptions.StoreError as error:
                if attempt == _ATTEMPTS:
                    self._fail(error)
                LOG.warning("%s; trying again", error)
            except Exception as error:  # noqa: BLE001 - it must reach the engine
                what = f"the run's state cannot be saved: {type(error).__name__}"
                self._fail(exceptions.StoreError(what))
            self._closing.wait(0.05 * 2**attempt)

    def _fail(self, error: exceptions.StoreError) -> NoReturn:
        with self._lock:
            self._error = error
        raise error

    def _run(self) -> None:
        while not self._closing.is_set():
            self._some.wait()
            self._closing.wait(self._interval)
            try:
                self.flush()
            except exceptions.StoreError:
                return  # kept: the engine gets it with its next change
