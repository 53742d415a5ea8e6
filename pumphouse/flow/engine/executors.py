# SPDX-License-Identifier: Apache-2.0
"""The pools that tasks run in: threads, or green threads with the extra for those.

``threaded`` is the default, and the faster one.  ``greenthreaded`` needs eventlet,
which is imported only when it is asked for.
"""

from __future__ import annotations

import importlib
from concurrent import futures
from typing import Any

import futurist

from pumphouse import exceptions
from pumphouse.flow.engine.pool import Completions

THREADED = "threaded"
GREENTHREADED = "greenthreaded"
KINDS = (THREADED, GREENTHREADED)

_LOOK = 0.1  # seconds after which a green wait looks whether it is to stop


def make_executor(kind: str, workers: int) -> futures.Executor:
    """A pool for one or several engines; whoever makes it shuts it down.

    :param kind: ``threaded`` or ``greenthreaded``
    :param workers: how many tasks run at once
    :raises InputError: no such kind, or eventlet is not installed
    """
    if kind == THREADED:
        return futures.ThreadPoolExecutor(workers, thread_name_prefix="step")
    if kind != GREENTHREADED:
        raise exceptions.InputError(
            f"there is no executor {kind!r}", hint=f"Use one of {', '.join(KINDS)}"
        )
    try:
        importlib.import_module("eventlet")
    except ImportError:
        raise exceptions.InputError(
            "the executor greenthreaded needs eventlet, which is not installed",
            hint="Run: pip install 'pumphouse[eventlet]', or use threaded",
        ) from None
    pool: futures.Executor = futurist.GreenThreadPoolExecutor(workers)
    return pool


def completions_for(pool: futures.Executor | str, aside: int = 0) -> Completions:
    """What collects the tasks that finish in a pool, or in one of some kind.

    :param aside: how many tasks in flight may leave their place to others
    """
    if pool == GREENTHREADED or isinstance(pool, futurist.GreenThreadPoolExecutor):
        return GreenCompletions(aside=aside)
    return Completions(aside=aside)


class GreenCompletions(Completions):
    """Waits so that green threads run meanwhile; they share the engine's thread."""

    def start(self) -> None:
        super().start()
        self._green = importlib.import_module("eventlet.queue").LightQueue()

    def watch(self, future: futures.Future[Any]) -> None:
        future.add_done_callback(self._green.put)

    def wake(self) -> None:
        """The next look, at most 0.1 s from now, ends the wait."""

    def take(self, timeout: float | None) -> futures.Future[Any] | None:
        if timeout is None or timeout > _LOOK:
            timeout = _LOOK
        future: futures.Future[Any] = self._green.get(timeout=timeout)
        return future
