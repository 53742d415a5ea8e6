# SPDX-License-Identifier: Apache-2.0
"""The TaskFlow engine of Pumphouse, and how a flow is loaded into it.

::

    backend = persistence(engine)                    # once for each database
    flow = GraphFlow("run").add(a, b).link(a, b)     # a, b: tasks or flows
    engine = load(flow, backend=backend, book_id=..., flow_id=...,
                  executor=ThreadPoolExecutor(32))
    result = engine.run()                            # or engine.suspend()

An atom is known by its name and nothing else: a resumed run must make the same
names, from a plan that was saved.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent import futures
from typing import Any

from taskflow.persistence import models

from pumphouse.collector import paused
from pumphouse.flow.engine._private import Task
from pumphouse.flow.engine.engine import KeepGoingEngine
from pumphouse.flow.engine.executors import make_executor
from pumphouse.flow.engine.pattern import GraphFlow
from pumphouse.flow.engine.results import AtomFailure, RunResult
from pumphouse.flow.engine.retries import Again, Patience
from pumphouse.flow.engine.storage.lease import Fence
from pumphouse.flow.engine.storage.persistence import Backend, persistence

__all__ = [
    "Again",
    "AtomFailure",
    "Backend",
    "GraphFlow",
    "KeepGoingEngine",
    "Patience",
    "RunResult",
    "Task",
    "load",
    "make_executor",
    "paused",
    "persistence",
    "reset",
    "states",
]


def load(
    flow: Any,
    *,
    backend: Backend,
    book_id: str,
    flow_id: str,
    executor: futures.Executor,
    workers: int = 0,
    aside: int = 0,
    owner: str = "",
    fence: Fence | None = None,
) -> KeepGoingEngine:
    """An engine for *flow* that goes on where an earlier one stopped.

    Takes the flow over: an engine that had it before can no longer save.

    :param flow: the same atom names for the same *flow_id*, each time
    :param book_id: uuid of the logbook; made where missing
    :param flow_id: uuid of the flow detail; made where missing
    :param executor: a pool that outlives the engine
    :param workers: tasks at work at most; 0: as many as the pool has workers
    :param aside: tasks that may only wait besides them
    :param owner: who takes it over, for people to read
    :param fence: called first in each transaction that writes the flow's states:
        raises where they are not this engine's to write
    :raises StoreError: the database refused
    """
    backend.ensure_flow(book_id, flow_id, flow.name, fence)
    options = {
        "executor": executor,
        "workers": workers,
        "aside": aside,
        "owner": owner,
        "fence": fence,
    }
    detail = models.FlowDetail(flow.name, flow_id)
    return KeepGoingEngine(flow, detail, backend, options)


def states(backend: Backend, flow_id: str) -> dict[str, str]:
    """State by atom name; empty for an unknown flow.

    :raises StoreError: the database refused
    """
    return backend.states(flow_id)


def reset(engine: KeepGoingEngine, atom_names: Iterable[str]) -> None:
    """Have these atoms run again in the next run, whatever became of them.

    :raises StoreError: the database refused
    """
    engine.compile()
    engine.prepare()
    for name in atom_names:
        engine.storage.reset(name)
