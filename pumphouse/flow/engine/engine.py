# SPDX-License-Identifier: Apache-2.0
"""The keep-going engine: one failure stops nothing but what depends on it."""

from __future__ import annotations

import collections
import contextlib
import time
from collections.abc import Iterator
from concurrent import futures
from typing import Any

from taskflow import exceptions as tf_exceptions
from taskflow import states as st
from taskflow import task as tasks

from pumphouse import collector, exceptions
from pumphouse.flow.engine import _private, compiler, completer, executors
from pumphouse.flow.engine.compiler import LinearCompiler
from pumphouse.flow.engine.pool import TaskExecutor
from pumphouse.flow.engine.results import AtomFailure, RunResult
from pumphouse.flow.engine.runtime import Runtime
from pumphouse.flow.engine.storage.lease import Lease
from pumphouse.flow.engine.storage.memory import Storage
from pumphouse.flow.engine.storage.persistence import Backend

DEFAULT_WORKERS = 8
_ENDED = frozenset([st.SUCCESS, st.FAILURE, st.REVERTED, st.SUSPENDED])


class KeepGoingEngine(_private.Engine):
    """Runs a flow; a failed atom stays FAILURE, its dependents PENDING.

    The next run executes exactly what has not succeeded.  Registered as
    ``keep-going`` in the group ``taskflow.engines``.

    Options, besides TaskFlow's:

    * ``executor``: a pool that outlives the engine, or what kind of pool it is to
      make for each run: ``threaded`` (the default) or ``greenthreaded``
    * ``workers``: tasks at work at most; the size of the pool, if that is known
    * ``aside``: tasks that may only wait besides them (:meth:`aside`); the pool has
      to have room for them
    * ``owner``: who runs the flow, for people to read
    * ``fence``: called first in each transaction that writes the flow's states, raises
      where they are not this engine's to write; by default the flow has its own

    Given a :class:`Backend`, the engine takes the flow over and goes on from what
    is in the database; the flow detail only says which flow.
    """

    # run() does not raise what tasks raised: result() has it
    NO_RERAISING_STATES = _ENDED

    def __init__(
        self, flow: Any, flow_detail: Any, backend: Any, options: dict[str, Any]
    ) -> None:
        self._suspending = False
        self._prepared = False  # since the last run
        self._give_up_at: float | None = None
        if isinstance(backend, Backend):
            backend = backend.take_over(
                flow_detail.uuid, options.get("owner", ""), options.get("fence")
            )
            with collector.paused():
                flow_detail = backend.read(frozenset(compiler.names(flow)))
        super().__init__(flow, flow_detail, backend, options)

    # -- parts ------------------------------------------------------------
    def make_compiler(self, flow: Any) -> LinearCompiler:
        return LinearCompiler(flow)

    def make_task_executor(self) -> TaskExecutor:
        given = self.options.get("executor") or executors.THREADED
        pool = given if isinstance(given, futures.Executor) else None
        workers = int(
            self.options.get("workers") or self.options.get("max_workers") or 0
        )
        if pool is not None:
            workers = workers or _private.pool_size(pool)
        self._slots = workers or DEFAULT_WORKERS
        aside = int(self.options.get("aside") or 0)
        self._completions = executors.completions_for(pool or given, aside)
        self._completions.cancelled = self._set_back
        self._completions.give_up_at = lambda: self._give_up_at
        size = self._slots + aside
        return TaskExecutor(
            self._completions, pool, lambda: executors.make_executor(given, size)
        )

    def aside(self) -> contextlib.AbstractContextManager[None]:
        """For a task, around what it only waits for: another has its place meanwhile.

        As long as not too many do; then it keeps its place.
        """
        return self._completions.aside()

    def make_runtime(
        self, compilation: Any, task_executor: Any, retry_executor: Any
    ) -> Runtime:
        return Runtime(
            compilation,
            self.storage,
            self.atom_notifier,
            task_executor,
            retry_executor,
            options=self.options,
            completions=self._completions,
            slots=self._slots,
        )

    def make_storage(self, flow_detail: Any, backend: Any) -> Storage:
        return Storage(flow_detail, backend=backend)

    # -- running ----------------------------------------------------------
    def compile(self) -> None:
        """Turn the flow into what is executed.  Only the first call does anything."""
        with collector.paused():
            super().compile()
        self._completions.held_back = self.runtime.scheduler.holds_back

    def run(self, timeout: float | None = None) -> RunResult:
        """Run until all that can run has run, or :meth:`suspend`.

        Failures of tasks do not raise; they are in the result.

        :param timeout: seconds after which a wait for tasks is looked after
        :raises StoreError: the states could not be saved
        :raises RunBusy: another process took the run over
        """
        super().run(timeout)
        return self.result()

    def run_iter(self, timeout: float | None = None) -> Iterator[str]:
        """As :meth:`run`, yielding the engine's states on the way."""
        running = super().run_iter(timeout)
        try_suspend = None
        try:
            while True:
                state = running.send(try_suspend)
                if self._suspending and state not in _ENDED:
                    super().suspend()
                try_suspend = yield state
        except StopIteration:
            return
        except exceptions.StoreError:
            # Perhaps of the suspension itself: nobody is going to save what comes.
            self._give_up_at = time.monotonic()
            running.close()
            raise
        except tf_exceptions.WrappedFailure as several:
            raise _cause(several) from None
        except GeneratorExit:
            try:
                super().suspend()
            except exceptions.StoreError:  # nobody is going to save what comes of it
                self._give_up_at = time.monotonic()
                raise
            finally:
                running.close()  # which waits for what is in flight
            raise
        finally:
            self._prepared = False
            self._suspending = False
            self._give_up_at = None
            self._end_writing()

    def _end_writing(self) -> None:
        """Without a run nothing is to be written, and no thread has to be there."""
        if isinstance(self.persistence, Lease):
            with contextlib.suppress(exceptions.StoreError):  # it was raised before
                self.persistence.close()

    def suspend(self, timeout: float | None = None) -> None:
        """Stop starting tasks; the run ends when those in flight have finished.

        May be called at any time, by any thread, and by signal handlers.

        :param timeout: seconds after which tasks still in flight are no longer
            waited for: they stay RUNNING, their threads go on, and the process is
            expected to exit.  Said again, it does not gain them time
        """
        if timeout is not None:
            end = time.monotonic() + timeout
            self._give_up_at = min(end, self._give_up_at or end)
        self._suspending = True
        self._completions.wake()

    @property
    def suspending(self) -> bool:
        """Whether the run is to stop.  Long tasks look here for a safe point."""
        return self._suspending

    def prepare(self) -> None:
        """Make rows for new atoms, and let all that has not succeeded run again."""
        if self.storage.get_flow_state() == st.REVERTED:
            # TaskFlow would reset everything, also what has succeeded
            self.storage.set_flow_state(st.FAILURE)
        super().prepare()
        if not self._prepared:
            completer.normalise(self.runtime)
            self._prepared = True

    def states_to_enter(self, state: str) -> list[str]:
        """TaskFlow says REVERTED where something has not succeeded."""
        if state == st.REVERTED:
            state = st.SUSPENDED if self._given_up() else st.FAILURE
        if state == st.SUSPENDED and self.storage.get_flow_state() == st.RUNNING:
            return [st.SUSPENDING, st.SUSPENDED]  # a task stopped of its own accord
        return [state]

    def _set_back(self, atom: Any) -> None:
        """*atom* was cancelled before it started."""
        if self.storage.get_atom_state(atom.name) == st.RUNNING:
            self.storage.set_atom_state(atom.name, st.PENDING)

    def _given_up(self) -> tuple[str, ...]:
        """What is still RUNNING now that the run has ended."""
        atoms = self.runtime.atoms
        known = self.storage.get_atoms_states(atoms)
        return tuple(name for name in atoms if known[name][0] == st.RUNNING)

    # -- results ----------------------------------------------------------
    def result(self) -> RunResult:
        """What the last run came to."""
        atoms = self.runtime.atoms
        known = self.storage.get_atoms_states(atoms)
        counts = collections.Counter(
            known[name][0]
            for name, atom in atoms.items()
            if isinstance(atom, tasks.Task)
        )
        failures = self.storage.get_execute_failures()
        return RunResult(
            state=self.storage.get_flow_state(),
            counts=dict(counts),
            failures={
                name: AtomFailure.of(name, cause)
                for name, cause in failures.items()
                if name in atoms and known[name][0] == st.FAILURE
            },
            executed=self._task_executor.executed,
            in_flight=self._given_up(),
        )


def _cause(several: tf_exceptions.WrappedFailure) -> BaseException:
    """The one exception to raise for several, all of the engine itself."""
    errors = [each.exception for each in several if each.exception is not None]
    ours = [each for each in errors if isinstance(each, exceptions.PumphouseError)]
    return (ours or errors or [several])[0]
