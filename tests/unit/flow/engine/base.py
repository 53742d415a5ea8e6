# SPDX-License-Identifier: Apache-2.0
"""Flows of small workloads, a database and a pool for the engine's tests."""

from __future__ import annotations

import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

import sqlalchemy
import testtools
from taskflow import task as tasks
from taskflow.patterns import linear_flow

from pumphouse.flow import engine as engines
from pumphouse.store import connect


def new_id() -> str:
    """A new uuid."""
    return str(uuid.uuid4())


Action = Callable[[], Any]


class Log:
    """What the tasks of one test did, and what they are to do."""

    def __init__(self) -> None:
        self.executed: list[str] = []
        self.reverted: list[str] = []
        self.actions: dict[str, Action] = {}
        self._lock = threading.Lock()

    def execute(self, name: str) -> Any:
        with self._lock:
            self.executed.append(name)
        return self.actions.get(name, lambda: {"of": name})()

    def revert(self, name: str) -> None:
        with self._lock:
            self.reverted.append(name)

    def clear(self) -> None:
        """Forget what was done, and have nothing fail any more."""
        self.executed.clear()
        self.reverted.clear()
        self.actions.clear()


class Step(tasks.Task):  # type: ignore[misc]
    """A task that does what its test's log says."""

    def __init__(self, name: str, log: Log, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self._log = log

    def execute(self) -> Any:
        return self._log.execute(self.name)

    def revert(self, **kwargs: Any) -> None:
        self._log.revert(self.name)


def fail(error: BaseException) -> Action:
    """An action that raises."""

    def action() -> None:
        raise error

    return action


def workloads(
    log: Log,
    count: int = 5,
    *,
    needs: Mapping[int, Iterable[int]] | None = None,
    steps: str = "abc",
    suffix: str = "",
) -> engines.GraphFlow:
    """Workloads w0, w1... of some steps each.

    :param needs: which workloads each one needs first
    """
    flow = engines.GraphFlow("workloads")
    nodes = []
    for number in range(count):
        name = f"w{number}"
        node = linear_flow.Flow(name)
        node.add(*[Step(f"{name}:{step}{suffix}", log) for step in steps])
        nodes.append(node)
    flow.add(*nodes)
    for number, firsts in (needs or {}).items():
        for first in firsts:
            flow.link(nodes[first], nodes[number])
    return flow


class EngineTestCase(testtools.TestCase):  # type: ignore[misc]
    """A database in a file, a pool of four threads, one flow."""

    def setUp(self) -> None:
        super().setUp()
        self.log = Log()
        self.pool = futures.ThreadPoolExecutor(4)
        self.addCleanup(self.pool.shutdown)
        self.sql = self.make_database()
        self.backend = engines.persistence(self.sql)
        self.addCleanup(lambda: self.backend.close())
        self.book_id = new_id()
        self.flow_id = new_id()

    def make_database(self) -> sqlalchemy.Engine:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "engine.db"
        engine = connect.make_engine(f"sqlite:///{self.path}", 5.0)

        @sqlalchemy.event.listens_for(engine, "connect")
        def _fast(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA synchronous=OFF")  # tests need no disk

        self.addCleanup(engine.dispose)
        return engine

    def load(self, flow: Any, **options: Any) -> engines.KeepGoingEngine:
        options.setdefault("executor", self.pool)
        return engines.load(
            flow,
            backend=options.pop("backend", self.backend),
            book_id=self.book_id,
            flow_id=self.flow_id,
            **options,
        )

    def states(self) -> dict[str, str]:
        return engines.states(self.backend, self.flow_id)

    def names_in(self, state: str) -> list[str]:
        return sorted(name for name, each in self.states().items() if each == state)
