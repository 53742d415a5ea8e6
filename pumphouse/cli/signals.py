# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, SIGTERM and a lost terminal suspend a run cleanly."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, Protocol

from pumphouse import exceptions
from pumphouse.text import printable, some

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


def leave(app: Any, run_id: str, under_way: Sequence[str]) -> NoReturn:
    """End the process at once, without waiting for its threads.

    They are in the middle of these steps, and have to be over when the next process
    takes up the run; what they did is in the journal.
    """
    app.stderr.write(
        f"pumphouse: run {run_id}: stopped on request; still under way when its time "
        f"was up: {printable(some(under_way, _SHOWN))}. 'pumphouse resume {run_id}' "
        "goes on\n"
    )
    for stream in (app.stdout, app.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    logging.shutdown()
    os._exit(exceptions.EXIT_SUSPENDED)


_SHOWN = 5  # steps that are named
_STOPPING = "stopping: what is under way comes to a safe point first"
_STILL = (
    "already stopping: waiting for what is under way. If that takes too long, "
    "'kill -9 {}' loses nothing: 'pumphouse resume' goes on from there"
)
