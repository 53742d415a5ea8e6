# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, SIGTERM and a lost terminal suspend a run cleanly."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stoppable(Protocol):
    """What is to be stopped: a runner."""

    @property
    def stopping(self) -> threading.Event: ...

    def stop(self) -> None: ...


@contextlib.contextmanager
def stopping(runner: Stoppable, say: Callable[[str], None]) -> Iterator[None]:
    """While the block lasts, these signals stop *runner* at its next safe points.

    One that is ignored (SIGHUP under nohup) stays ignored.
    """
    # A handler runs in the middle of whatever the main thread is doing, which may
    # hold any lock or be writing to stderr.  This queue is made for such callers.
    came: queue.SimpleQueue[int] = queue.SimpleQueue()
    over = 0

    def listen() -> None:
        while came.get() != over:
            first = not runner.stopping.is_set()
            runner.stop()
            with contextlib.suppress(OSError, ValueError):  # the terminal is gone
                say(_STOPPING if first else _STILL.format(os.getpid()))

    listener = threading.Thread(target=listen, name="signals", daemon=True)
    listener.start()
    before = {
        number: signal.signal(number, lambda number, frame: came.put(number))
        for number in SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        came.put(over)
        listener.join()


_STOPPING = "stopping: what is under way comes to a safe point first"
_STILL = (
    "already stopping: waiting for what is under way. If that takes too long, "
    "'kill -9 {}' loses nothing: 'pumphouse resume' goes on from there"
)
