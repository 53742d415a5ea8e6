# SPDX-License-Identifier: Apache-2.0
"""A conductor finds the engine by its name, and runs a flow that was saved."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, ClassVar

from taskflow import engines as stock
from taskflow import states as st
from taskflow.conductors import backends
from taskflow.persistence import models

from pumphouse.flow import engine as engines
from pumphouse.flow.engine import KeepGoingEngine
from tests.unit.flow.engine import base


class Board:
    """As much of a jobboard as a conductor uses, in memory; for one conductor."""

    connected = True

    def __init__(self) -> None:
        self.open: list[Any] = []
        self.claimed: list[Any] = []
        self.consumed: list[str] = []
        self.abandoned: list[str] = []
        self.stop = lambda: None

    def post(self, name: str, book: models.LogBook, details: Any) -> None:
        self.open.append(SimpleNamespace(name=name, book=book, details=details))

    def iterjobs(self, **_: Any) -> Iterator[Any]:
        return iter(list(self.open))

    def claim(self, job: Any, who: str) -> None:
        self.open.remove(job)
        self.claimed.append(job)

    def consume(self, job: Any, who: str) -> None:
        self.consumed.append(job.name)
        self.stop()

    def abandon(self, job: Any, who: str) -> None:
        self.abandoned.append(job.name)
        self.stop()

    def trash(self, job: Any, who: str) -> None:
        self.stop()
        raise AssertionError(f"{job.name} could not even be begun")

    def register_entity(self, entity: Any) -> None: ...


class Flows:
    """What the factory, which has to be found by name, makes flows from."""

    logs: ClassVar[dict[str, base.Log]] = {}


def make_flow(key: str) -> engines.GraphFlow:
    """The flow of one test: the same each time."""
    return base.workloads(Flows.logs[key])


class ConductorTest(base.EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        Flows.logs[self.flow_id] = self.log
        self.addCleanup(Flows.logs.pop, self.flow_id)
        self.board = Board()
        book = models.LogBook("book", self.book_id)
        detail = models.FlowDetail("flow", self.flow_id)
        stock.save_factory_details(detail, make_flow, [self.flow_id], {})
        book.add(detail)
        self.backend.get_connection().save_logbook(book)
        self.book = book

    def conduct(self) -> None:
        """A conductor claims the job, and stops when it is done with it."""
        details = {"flow_uuid": self.flow_id}
        self.board.post("job", self.book, details)
        conductor = backends.fetch(
            "blocking",
            "conductor",
            self.board,
            persistence=self.backend,
            engine="keep-going",
            engine_options={"executor": self.pool, "owner": "conductor"},
        )
        self.board.stop = conductor.stop
        conductor.run()

    def test_by_name_through_stevedore(self) -> None:
        """``taskflow.engines.load`` makes ours."""
        engine = stock.load(
            make_flow(self.flow_id), engine="keep-going", executor=self.pool
        )
        self.assertIsInstance(engine, KeepGoingEngine)
        engine.run()
        self.assertEqual(15, len(self.log.executed))

    def test_a_job_is_done(self) -> None:
        """From the saved factory, with its states saved in our way."""
        self.conduct()
        self.assertEqual(["job"], self.board.consumed)
        self.assertEqual(15, len(self.names_in("SUCCESS")))

    def test_a_failure_stays_where_it_is_and_the_next_job_does_the_rest(self) -> None:
        """The conductor's engine keeps going, and resumes exactly."""
        self.log.actions["w2:b"] = base.fail(ValueError("no"))
        self.conduct()
        self.assertEqual(["w2:b"], self.names_in(st.FAILURE))
        self.assertEqual(["w2:c"], self.names_in(st.PENDING))
        self.log.clear()
        self.conduct()
        self.assertEqual(["w2:b", "w2:c"], self.log.executed)
        self.assertEqual(15, len(self.names_in("SUCCESS")))

    def test_a_stopped_conductor_gives_the_job_back(self) -> None:
        """And whoever has it next goes on from there."""
        self.log.actions["w0:a"] = lambda: self.board.stop()
        self.conduct()
        self.assertEqual(["job"], self.board.abandoned)
        done = list(self.log.executed)
        self.assertLess(len(done), 15)
        self.log.clear()
        self.conduct()
        self.assertEqual(15 - len(done), len(self.log.executed))
        self.assertEqual(15, len(self.names_in("SUCCESS")))
