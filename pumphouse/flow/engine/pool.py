# SPDX-License-Identifier: Apache-2.0
"""Puts tasks into the thread pool, and collects what has finished.

The pool is handed in and shared: one that an engine owns costs a second at the end
of each run.  Finished futures are collected from a queue; waiting for a set of
futures, as TaskFlow does, takes time in proportion to all that are outstanding.
"""

from __future__ import annotations

import contextlib
import heapq
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from typing import Any

from taskflow import task as tasks
from taskflow.engines.action_engine import executor as stock

from pumphouse.flow.engine import outcomes

Futures = set[futures.Future[Any]]
PAUSED = "paused"
"""The outcome of a pause: nothing has run, the atom may start now."""
ROOM = object()
"""Stands for an atom: nothing has finished, but there is room for another task."""


class Pause(futures.Future[Any]):
    """Ends after a while; then its atom starts."""


class Completions:
    """Futures that have finished, in the order they did; and a clock for later ones.

    :param clock: seconds, monotonic
    :param aside: how many tasks in flight may leave their place to others
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, aside: int = 0
    ) -> None:
        self._clock = clock
        self._most_aside = aside
        self._lock = threading.Lock()  # of the number of those
        self.start()
        self.held_back: Callable[[], bool] = lambda: False
        self.cancelled: Callable[[Any], None] = lambda atom: None
        self.give_up_at: Callable[[], float | None] = lambda: None

    def start(self) -> None:
        """A run begins.  What an earlier one no longer waited for stays forgotten."""
        # put() may be called by a signal handler at any moment: SimpleQueue allows it
        self._queue: queue.SimpleQueue[futures.Future[Any] | None] = queue.SimpleQueue()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self.tasks = 0  # in flight
        self._aside = 0

    @property
    def at_work(self) -> int:
        """Tasks in flight but for those that only wait."""
        return self.tasks - self._aside

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """The task that calls this only waits meanwhile: another may start.

        Afterwards it goes on at once, one too many for a moment: it may hold what
        the others need.
        """
        with self._lock:
            leaves = self._aside < self._most_aside
            self._aside += leaves
        if leaves and self.held_back():
            room: futures.Future[Any] = futures.Future()
            room.atom = ROOM  # type: ignore[attr-defined]
            room.set_result((PAUSED, None))
            self.watch(room)
        try:
            yield
        finally:
            with self._lock:
                self._aside -= leaves

    def watch(self, future: futures.Future[Any]) -> None:
        """Collect *future* when it has finished."""
        future.add_done_callback(self._queue.put)

    def wake(self) -> None:
        """End the wait that is going on (or the next one).  For signal handlers."""
        self._queue.put(None)

    def take(self, timeout: float | None) -> futures.Future[Any] | None:
        """The next one that has finished; None if it was woken.

        :raises queue.Empty: none has, in *timeout* seconds
        """
        return self._queue.get(timeout != 0, timeout)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call in the engine's thread, in *seconds*."""
        self._number += 1
        heapq.heappush(self._later, (self._clock() + seconds, self._number, call))

    def pause(self, atom: Any, seconds: float) -> Pause:
        """Let *seconds* go by before *atom* starts.  It can be cancelled."""
        future = Pause()
        future.atom = atom  # type: ignore[attr-defined]
        self.watch(future)

        def over() -> None:
            if future.set_running_or_notify_cancel():
                future.set_result((PAUSED, None))

        self.later(seconds, over)
        return future

    def wait(self, waiting: Futures, timeout: float | None = None) -> Any:
        """Wait for any of the futures; returns those that finished, and the others.

        After the time to give up in, the others are forgotten: their tasks go on,
        but nobody is going to save what becomes of them.
        """
        done = self._collect(timeout)
        waiting.difference_update(done)
        give_up = self.give_up_at()
        if give_up is not None and self._clock() >= give_up:
            waiting.clear()
        return done, waiting

    def _collect(self, timeout: float | None) -> Futures:
        done: Futures = set()
        try:
            self._note(self.take(self._patience(timeout)), done)
            while True:
                self._note(self.take(0.0), done)
        except queue.Empty:
            pass
        now = self._clock()
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2]()
        return done

    def _patience(self, timeout: float | None) -> float | None:
        ends = [self._later[0][0]] if self._later else []
        give_up = self.give_up_at()
        if give_up is not None:
            ends.append(give_up)
        if not ends:
            return timeout
        left = max(0.0, min(ends) - self._clock())
        return left if timeout is None else min(left, timeout)

    def _note(self, future: futures.Future[Any] | None, done: Futures) -> None:
        if future is None:
            return
        atom = future.atom  # type: ignore[attr-defined]
        if isinstance(atom, tasks.Task) and not isinstance(future, Pause):
            self.tasks -= 1
        if future.cancelled():
            self.cancelled(atom)
        done.add(future)


class TaskExecutor(stock.TaskExecutor):  # type: ignore[misc]
    """Runs tasks in a pool.

    :param pool: where; it belongs to somebody else
    :param make: makes a pool for each run, where none is handed in
    """

    def __init__(
        self,
        completions: Completions,
        pool: futures.Executor | None,
        make: Callable[[], futures.Executor],
    ) -> None:
        self._completions = completions
        self._pool = pool
        self._make = None if pool else make
        self.executed = 0

    def start(self) -> None:
        """A run begins."""
        self.executed = 0
        self._completions.start()
        if self._make is not None:
            self._pool = self._make()

    def stop(self) -> None:
        """A run has ended."""
        if self._make is not None and self._pool is not None:
            self._pool.shutdown(wait=not self._completions.tasks)
            self._pool = None

    def execute_task(
        self,
        task: tasks.Task,
        task_uuid: str,
        arguments: Mapping[str, Any],
        progress_callback: outcomes.Progress = None,
    ) -> futures.Future[outcomes.Outcome]:
        self.executed += 1
        return self._submit(outcomes.execute, task, arguments, progress_callback)

    def revert_task(self, task: tasks.Task, *args: Any, **kwargs: Any) -> Any:
        """Nothing is ever reverted: TaskFlow's base class asks for the method.

        :raises NotImplementedError: always
        """
        raise NotImplementedError(f"{task.name} was to be reverted")

    def _submit(
        self,
        function: Callable[..., outcomes.Outcome],
        task: tasks.Task,
        *arguments: Any,
    ) -> futures.Future[outcomes.Outcome]:
        assert self._pool is not None, "not started"
        future = self._pool.submit(function, task, *arguments)
        future.atom = task  # type: ignore[attr-defined]
        self._completions.tasks += 1
        self._completions.watch(future)
        return future
