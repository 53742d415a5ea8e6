# SPDX-License-Identifier: Apache-2.0
"""The one place that knows TaskFlow's private names.

TaskFlow has public classes for each part of its engine, but an engine puts its
parts together itself, and a few facts are only to be had through names that begin
with an underscore.  All of those are here, behind public ones; the version of
TaskFlow is checked when this is imported, and ``tests/unit/flow/engine/
test_private.py`` has a test for each behaviour relied on.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from concurrent import futures
from typing import Any, ClassVar, Protocol

from taskflow import states as st
from taskflow import storage as stock_storage
from taskflow import task as tasks
from taskflow.engines.action_engine import builder as stock_builder
from taskflow.engines.action_engine import compiler as stock_compiler
from taskflow.engines.action_engine import engine as stock_engine
from taskflow.engines.action_engine import runtime as stock_runtime
from taskflow.engines.action_engine import selector as stock_selector
from taskflow.persistence import models
from taskflow.types.failure import Failure
from taskflow.version import version_string

from pumphouse import exceptions
from pumphouse.flow.engine.retries import Again

SUPPORTED = (6, 5)


def check_version(text: str) -> None:
    """Refuse a TaskFlow whose insides nobody has compared with this module.

    :raises ImportError: not 6.5.x
    """
    parts = text.split(".")
    if tuple(int(part) for part in parts[:2] if part.isdigit()) != SUPPORTED:
        raise ImportError(
            f"TaskFlow {text} is installed; this engine is made for "
            f"{SUPPORTED[0]}.{SUPPORTED[1]}.x: pip install 'taskflow>=6.5,<6.6'"
        )


check_version(version_string())


class _Told(logging.Filter):
    """Keeps TaskFlow from printing the traceback of what is raised and told anyway."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, exceptions.PumphouseError)


for _each in (stock_engine, stock_builder):
    logging.getLogger(_each.__name__).addFilter(_Told())


class Task(tasks.Task):  # type: ignore[misc]
    """A task that is cheap to make: its signature is looked at once for each class.

    TaskFlow looks for each object, which takes more than all else that is done for
    it before it runs.  Tasks made with ``requires``, ``rebind`` or ``inject`` are
    made as TaskFlow makes them.
    """

    _signatures: ClassVar[dict[tuple[Any, ...], Any]] = {}

    def again(self, error: BaseException | None) -> Again | None:
        """What is to run once more now that this task has failed; None: nothing.

        Asked in the engine's thread, after :meth:`execute` has raised *error*.
        """
        return None

    def _build_arg_mapping(
        self,
        executor: Any,
        requires: Any = None,
        rebind: Any = None,
        auto_extract: bool = True,
        ignore_list: Any = None,
    ) -> Any:
        build = super()._build_arg_mapping
        if requires or rebind or self.inject:
            return build(executor, requires, rebind, auto_extract, ignore_list)
        ignored = tuple(ignore_list or ())
        key = (type(self), executor.__name__, auto_extract, ignored)
        if key not in self._signatures:
            found = build(executor, None, None, auto_extract, ignore_list)
            self._signatures[key] = found
        return self._signatures[key]


class Compiles(Protocol):
    """What an engine wants from its compiler."""

    def compile(self) -> stock_compiler.Compilation: ...


class Engine(stock_engine.ParallelActionEngine):  # type: ignore[misc]
    """TaskFlow's parallel engine, with its parts handed out by public methods."""

    def __init__(
        self, flow: Any, flow_detail: Any, backend: Any, options: dict[str, Any]
    ) -> None:
        super().__init__(flow, flow_detail, backend, options)
        self._compiled = False
        self._compiler = self.make_compiler(flow)
        self._task_executor = self.make_task_executor()

    def make_compiler(self, flow: Any) -> Compiles:
        raise NotImplementedError

    def make_task_executor(self) -> Any:
        raise NotImplementedError

    def make_runtime(
        self, compilation: Any, task_executor: Any, retry_executor: Any
    ) -> Any:
        raise NotImplementedError

    def make_storage(self, flow_detail: Any, backend: Any) -> Any:
        raise NotImplementedError

    @property
    def storage(self) -> Any:
        if "_own_storage" not in self.__dict__:
            self._own_storage = self.make_storage(self._flow_detail, self._backend)
        return self._own_storage

    @property
    def runtime(self) -> Any:
        """The runtime; None before :meth:`compile`."""
        return self._runtime

    @property
    def persistence(self) -> Any:
        """The backend that states are saved in; None: nowhere."""
        return self._backend

    @classmethod
    def _fetch_task_executor(cls, options: dict[str, Any]) -> Any:
        return None  # make_task_executor makes it

    def compile(self) -> None:
        with self._lock:
            if self._compiled:
                return
            self._compilation = self._check_compilation(self._compiler.compile())
            self._runtime = self.make_runtime(
                self._compilation, self._task_executor, self._retry_executor
            )
            self._runtime.compile()
            self._compiled = True

    def _change_state(self, state: str) -> None:
        if state == st.FAILURE:  # the engine itself failed, perhaps at saving
            with contextlib.suppress(exceptions.StoreError):
                super()._change_state(state)
            return
        for each in self.states_to_enter(state):
            super()._change_state(each)

    def states_to_enter(self, state: str) -> list[str]:
        """The flow states to go through where TaskFlow ends with *state*."""
        return [state]


class Runtime(stock_runtime.Runtime):  # type: ignore[misc]
    """TaskFlow's runtime; its parts are replaced by overriding its properties."""

    def has_deciders(self) -> bool:
        raise NotImplementedError

    def compile(self) -> None:
        """Note how each atom is dealt with: once for each kind, unlike TaskFlow.

        It makes a walker of the scopes for each atom, and looks for deciders from
        each atom backwards.
        """
        if self.has_deciders():
            super().compile()
            return
        tasks_ = {
            "check_transition_handler": st.check_task_transition,
            "change_state_handler": functools.partial(
                self.task_action.change_state, progress=0.0
            ),
            "scheduler": self.task_scheduler,
            "action": self.task_action,
            "edge_deciders": (),
        }
        retries = {
            "check_transition_handler": st.check_retry_transition,
            "change_state_handler": self.retry_action.change_state,
            "scheduler": self.retry_scheduler,
            "action": self.retry_action,
            "edge_deciders": (),
        }
        by_kind = {stock_compiler.TASK: tasks_, stock_compiler.RETRY: retries}
        for node, kind in self.compilation.execution_graph.nodes(data="kind"):
            if kind in by_kind:
                self._atom_cache[node.name] = by_kind[kind]


class Selector(stock_selector.Selector):  # type: ignore[misc]
    """TaskFlow's selector of what runs next."""


class Storage(stock_storage.Storage):  # type: ignore[misc]
    """TaskFlow's storage, that saves once and does not try again.

    TaskFlow tries three times, five seconds apart, with its lock held: trying again
    is for the backend, which knows what helps.
    """

    def _save_atom_detail(
        self, connection: Any, original: models.AtomDetail, changed: models.AtomDetail
    ) -> models.AtomDetail:
        original.update(connection.update_atom_details(changed))
        return original

    def _save_flow_detail(
        self, connection: Any, original: models.FlowDetail, changed: models.FlowDetail
    ) -> models.FlowDetail:
        original.update(connection.update_flow_details(changed))
        return original

    def detail_of(self, atom_name: str) -> models.AtomDetail | None:
        """An atom's detail, without the lock: for reading one thing of it."""
        return self._flowdetail.find(self._atom_name_to_uuid.get(atom_name))

    def failures_of(self, atom_name: str) -> dict[str, Failure]:
        """Failures of one atom by intention."""
        failures: dict[str, Failure] = self._failures.get(atom_name, {})
        return failures


def pool_size(pool: futures.Executor) -> int:
    """How many workers a pool has; 0 if it does not say.

    ``ThreadPoolExecutor`` and futurist's pools keep it under the same name.
    """
    return int(getattr(pool, "_max_workers", 0) or 0)
