# SPDX-License-Identifier: Apache-2.0
"""What this engine takes for granted about TaskFlow's insides, one test each."""

from __future__ import annotations

import inspect
import uuid
from concurrent import futures
from typing import Any

import testtools
from futurist import waiters
from taskflow import exceptions as tf_exceptions
from taskflow import states as st
from taskflow import storage as stock_storage
from taskflow import task as tasks
from taskflow.engines.action_engine import builder, compiler, completer, runtime
from taskflow.engines.action_engine import engine as stock_engine
from taskflow.engines.action_engine import scheduler as stock_scheduler
from taskflow.engines.action_engine import selector as stock_selector
from taskflow.persistence import models
from taskflow.types.failure import Failure

from pumphouse.flow.engine import KeepGoingEngine, _private
from tests.unit.flow.engine import base


def make_engine(log: base.Log, **options: Any) -> KeepGoingEngine:
    detail = models.FlowDetail("f", str(uuid.uuid4()))
    return KeepGoingEngine(base.workloads(log, 1), detail, None, options)


class VersionTest(testtools.TestCase):  # type: ignore[misc]
    def test_only_the_version_that_was_looked_at(self) -> None:
        """6.5.x is accepted, anything else refused with what to do."""
        _private.check_version("6.5.0")
        _private.check_version("6.5.12")
        for other in ("6.4.9", "6.6.0", "7.0.0", "5.5.1"):
            error = self.assertRaises(ImportError, _private.check_version, other)
            self.assertIn("pip install", str(error))


class EngineTest(testtools.TestCase):  # type: ignore[misc]
    """``_private.Engine`` replaces parts that TaskFlow keeps in attributes."""

    def test_attributes_are_there(self) -> None:
        """Those that are set or read, on an engine of TaskFlow's own."""
        detail = models.FlowDetail("f", str(uuid.uuid4()))
        flow = base.workloads(base.Log(), 1)
        engine = stock_engine.SerialActionEngine(flow, detail, None, {})
        for name in (
            "_compiler",
            "_compilation",
            "_compiled",
            "_runtime",
            "_task_executor",
            "_flow_detail",
            "_backend",
            "_lock",
            "_check_compilation",
            "_change_state",
        ):
            self.assertTrue(hasattr(engine, name), name)
        self.assertTrue(
            callable(stock_engine.ParallelActionEngine._fetch_task_executor)
        )

    def test_compile_is_as_in_taskflow(self) -> None:
        """Nothing was added there that our compile() would leave out."""
        source = inspect.getsource(stock_engine.ActionEngine.compile)
        for step in (
            "self._check_compilation(self._compiler.compile())",
            "runtime.Runtime(",
            "self._runtime.compile()",
            "self._compiled = True",
        ):
            self.assertIn(step, source)
        self.assertEqual(15, len(source.strip().splitlines()), source)

    def test_our_parts_are_in_place(self) -> None:
        """After compile() it is ours that the machine is built from."""
        engine = make_engine(base.Log())
        engine.compile()
        first = engine.runtime
        engine.compile()
        self.assertIs(first, engine.runtime)
        machine = engine.runtime.builder
        self.assertIs(engine.runtime.selector, machine._selector)
        self.assertIs(engine.runtime.completer, machine._completer)
        self.assertIs(engine.runtime.scheduler, machine._scheduler)
        self.assertEqual(engine.runtime.completions.wait, machine._waiter)

    def test_storage_is_asked_for_once(self) -> None:
        """The property may be overridden, and keeps its object."""
        engine = make_engine(base.Log())
        self.assertIs(engine.storage, engine.storage)
        self.assertIsInstance(engine.storage, stock_storage.Storage)

    def test_failure_state_comes_only_from_the_engine_itself(self) -> None:
        """A run with failed tasks ends as REVERTED, which we call FAILURE."""
        log = base.Log()
        log.actions["w0:a"] = base.fail(ValueError("x"))
        engine = make_engine(log)
        asked: list[str] = []
        states_to_enter = engine.states_to_enter

        def spy(state: str) -> list[str]:
            asked.append(state)
            return states_to_enter(state)

        engine.states_to_enter = spy  # type: ignore[method-assign]
        self.assertEqual(st.FAILURE, engine.run().state)
        self.assertEqual(st.REVERTED, asked[-1])

    def test_an_engine_failure_is_raised(self) -> None:
        """What is no task's failure is not swallowed: here, a pool that is gone."""
        pool = futures.ThreadPoolExecutor(1)
        pool.shutdown()
        engine = make_engine(base.Log(), executor=pool)
        self.assertRaises(RuntimeError, engine.run)
        self.assertEqual(st.FAILURE, engine.storage.get_flow_state())


class MachineTest(testtools.TestCase):  # type: ignore[misc]
    """How the parts are called, which TaskFlow does not document."""

    def parameters(self, function: Any) -> list[str]:
        return [
            name for name in inspect.signature(function).parameters if name != "self"
        ]

    def test_signatures(self) -> None:
        """Ours take what TaskFlow's take."""
        for function, expected in [
            (stock_selector.Selector.iter_next_atoms, ["atom"]),
            (stock_scheduler.Scheduler.schedule, ["atoms"]),
            (completer.Completer.resume, []),
            (completer.Completer.complete, ["node", "outcome", "result"]),
            (completer.Completer.complete_failure, ["node", "outcome", "failure"]),
            (builder.MachineBuilder.__init__, ["runtime", "waiter"]),
            (waiters.wait_for_any, ["fs", "timeout"]),
            (compiler.Compilation.__init__, ["execution_graph", "hierarchy"]),
        ]:
            self.assertEqual(expected, self.parameters(function), function)

    def test_runtime_makes_its_parts_in_properties(self) -> None:
        """So that a subclass may make others."""
        for name in ("selector", "builder", "completer", "scheduler"):
            self.assertTrue(hasattr(runtime.Runtime, name), name)


class PersistenceTest(base.EngineTestCase):
    def test_storage_keeps_failures_by_intention(self) -> None:
        """Our short cut reads what TaskFlow's own look-up reads."""
        self.log.actions["w0:a"] = base.fail(ValueError("x"))
        engine = self.load(base.workloads(self.log, 3))
        engine.run()
        stock = stock_storage.Storage.get_execute_failures(engine.storage)
        self.assertEqual(["w0:a"], list(stock))
        self.assertEqual(stock, engine.storage.get_execute_failures())

    def test_a_save_that_fails_is_not_tried_again(self) -> None:
        """TaskFlow would stall for ten seconds with its lock held."""
        engine = self.load(base.workloads(self.log, 1))
        engine.compile()
        engine.prepare()
        calls: list[Any] = []

        def refuse(detail: Any) -> None:
            calls.append(detail)
            raise tf_exceptions.StorageFailure("disk full")

        engine.persistence.get_connection().update_atom_details = refuse
        self.assertRaises(
            tf_exceptions.StorageFailure,
            engine.storage.set_atom_state,
            "w0:a",
            st.RUNNING,
        )
        self.assertEqual(1, len(calls))
        self.assertEqual(st.PENDING, engine.storage.get_atom_state("w0:a"))

    def test_states_are_read_as_taskflow_reads_them(self) -> None:
        """Without its lock; an unknown name is an error there as well."""
        engine = self.load(base.workloads(self.log, 1))
        engine.run()
        names = ["w0:a", "w0:c"]
        stock = stock_storage.Storage.get_atoms_states(engine.storage, names)
        self.assertEqual(stock, engine.storage.get_atoms_states(names))
        for read in (engine.storage.get_atom_state, engine.storage.get_atom_intention):
            self.assertRaises(tf_exceptions.NotFound, read, "nobody")

    def test_failures_may_be_made_from_parts(self) -> None:
        """With an exception but without a traceback, and stored as given."""
        error = ValueError("x")
        failure = Failure(
            exc_info=(ValueError, error, None),
            exception_str="masked",
            exc_type_names=["ValueError", "Exception"],
            traceback_str="",
            exc_args=(),
            causes=(),
        )
        self.assertIs(error, failure.exception)
        self.assertEqual("masked", failure.to_dict()["exception_str"])


class RuntimeTest(base.EngineTestCase):
    def test_atoms_are_dealt_with_as_taskflow_does(self) -> None:
        """Without looking at each of them; where there are deciders, with its own."""

        def flow() -> Any:
            return base.workloads(self.log, 2)

        ours = self.load(flow())
        ours.compile()
        stock = stock_engine.ParallelActionEngine(flow(), _detail(), None, {})
        stock.compile()
        for name, atom in ours.runtime.atoms.items():
            same = next(a for a in _atoms(stock) if a.name == name)
            self.assertIs(
                type(stock._runtime.fetch_scheduler(same)),
                type(ours.runtime.fetch_scheduler(atom)),
            )
            self.assertIs(
                type(stock._runtime.fetch_action(same)),
                type(ours.runtime.fetch_action(atom)),
            )
            for states in (("PENDING", "RUNNING"), ("SUCCESS", "RUNNING")):
                outcomes = []
                for which, each in ((stock._runtime, same), (ours.runtime, atom)):
                    try:
                        outcomes.append(which.check_atom_transition(each, *states))
                    except tf_exceptions.InvalidState:
                        outcomes.append("invalid")
                self.assertEqual(outcomes[0], outcomes[1], (name, states))
            self.assertEqual((), tuple(ours.runtime.fetch_edge_deciders(atom)))


def _detail() -> models.FlowDetail:
    return models.FlowDetail("f", str(uuid.uuid4()))


def _atoms(engine: Any) -> list[Any]:
    return list(engine._runtime.iterate_nodes(("task",)))


class TaskTest(testtools.TestCase):  # type: ignore[misc]
    """``_private.Task`` looks at a signature once for each class."""

    def test_is_as_taskflow_makes_it(self) -> None:
        """Same arguments wanted, with and without what may be said of them."""

        def make(parent: type, **kwargs: Any) -> Any:
            class Made(parent):  # type: ignore[misc]
                def execute(self, a: int, b: int = 2) -> None:
                    pass

                def revert(self, result: Any, **kwargs: Any) -> None:
                    pass

            return [Made("x", **kwargs), Made("y", **kwargs)]

        for kwargs in (
            {},
            {"rebind": ["c"]},
            {"rebind": {"a": "z"}},
            {"inject": {"a": 1}},
            {"auto_extract": True, "provides": "p"},
            {"ignore_list": ["a"], "inject": {"a": 1}},
        ):
            for ours, stock in zip(
                make(_private.Task, **kwargs), make(tasks.Task, **kwargs), strict=True
            ):
                for name in ("rebind", "revert_rebind", "save_as"):
                    self.assertEqual(
                        dict(getattr(stock, name)), dict(getattr(ours, name)), kwargs
                    )
                for name in ("requires", "optional", "revert_optional", "provides"):
                    self.assertEqual(
                        set(getattr(stock, name)), set(getattr(ours, name)), kwargs
                    )

    def test_looks_once(self) -> None:
        """Two objects of a class share what was found."""

        class Cheap(_private.Task):
            def execute(self) -> None:
                pass

        self.assertIs(Cheap("a").rebind, Cheap("b").rebind)


class PoolSizeTest(testtools.TestCase):  # type: ignore[misc]
    def test_of_a_thread_pool(self) -> None:
        """As many tasks are in flight as there are workers, unless told otherwise."""
        with futures.ThreadPoolExecutor(7) as pool:
            self.assertEqual(7, _private.pool_size(pool))
        self.assertEqual(0, _private.pool_size(futures.Executor()))
