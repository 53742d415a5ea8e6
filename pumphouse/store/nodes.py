# SPDX-License-Identifier: Apache-2.0
"""The nodes of a run, as the operator sees them.

Written by the tasks themselves when they really start and end; the engine's own
states also call a task running that only waits for a thread.

Each change is an event as well, in the same transaction: ``node.started``,
``node.done`` (a step), ``node.finished`` (the last one), ``node.failed``,
``node.again`` (failed, and is going to be tried again), ``node.stopped``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, func, select

from pumphouse.conf import secrets
from pumphouse.models import NOT_KEPT, Ref
from pumphouse.store.database import Database, dump, load, plain
from pumphouse.store.events import EventsWriter
from pumphouse.store.rows import Details, NodeRow, NodeState
from pumphouse.store.tables import nodes

MAX_ERROR = 4096  # characters
_TOLD = 1024  # of them in an event


class NodesWriter(EventsWriter):
    """The part of a run's writer for its nodes."""

    def add_nodes(self, refs: Iterable[Ref]) -> None:
        """Say that these belong to the run, all pending.  Known ones stay as is."""
        rows = [
            {
                "run_id": self.run_id,
                "type": ref.type,
                "source_id": ref.id,
                "state": NodeState.PENDING.value,
            }
            for ref in refs
        ]
        if not rows:
            return
        insert = self._database.insert(nodes).on_conflict_do_nothing()
        self.transact(lambda connection: connection.execute(insert, rows))

    def node_started(self, ref: Ref, step: str) -> None:
        """A step of the node begins now.

        ``attempts`` counts how often the node was begun: it grows with the first
        step, after a stop or a failure, and when a running step begins again.
        """

        def write(connection: Connection) -> None:
            before = self._node(connection, ref)
            again = before is None or _begins_again(before, step)
            values = {
                "step": step,
                "state": NodeState.RUNNING.value,
                "error": "",
                "code": "",
                "finished_at": "",
            }
            if again:
                values["started_at"] = self._database.now()
            attempts = (before.attempts if before else 0) + int(again)
            self._set(connection, ref, attempts=attempts, **values)
            told = {"step": step, "attempts": attempts}
            self._event(connection, "node.started", ref, json.dumps(told))

        self.transact(write)

    def node_done(
        self,
        ref: Ref,
        step: str,
        details: Details | None = None,
        *,
        last: bool = True,
    ) -> None:
        """A step of the node succeeded.

        :param details: merged into those of earlier steps; ``NOT_KEPT`` adds up
        :param last: False where more steps follow: the node goes on running
        """
        state = NodeState.DONE if last else NodeState.RUNNING
        event = "node.finished" if last else "node.done"
        values = {"step": step, "state": state.value, "error": "", "code": ""}
        if last:
            values["finished_at"] = self._database.now()

        def write(connection: Connection) -> None:
            if details:
                values["details"] = self._merged(connection, ref, details)
            self._set(connection, ref, **values)
            self._event(connection, event, ref, json.dumps({"step": step}))

        self.transact(write)

    def node_said(self, ref: Ref, details: Details) -> None:
        """What a step found out of the node while it is under way.

        :param details: merged as by :meth:`node_done`
        """

        def write(connection: Connection) -> None:
            merged = self._merged(connection, ref, details)
            self._set(connection, ref, details=merged)

        self.transact(write)

    def _merged(self, connection: Connection, ref: Ref, details: Details) -> str:
        before = self._node(connection, ref)
        known = before.details if before else {}
        merged = {**known, **details}
        if NOT_KEPT in details:
            fields = (*known.get(NOT_KEPT, ()), *details[NOT_KEPT])
            merged[NOT_KEPT] = list(dict.fromkeys(fields))
        return dump(merged, str(ref))

    def node_failed(self, ref: Ref, step: str, error: str, code: str) -> None:
        """A step of the node failed.

        :param error: one line; recognisable secrets are masked
        :param code: the error's class
        """
        values = {"state": NodeState.FAILED.value, "finished_at": self._database.now()}
        self._set_error("node.failed", ref, step, error, code, values)

    def node_again(self, ref: Ref, step: str, error: str, code: str) -> None:
        """A step of the node failed, and is going to be tried again: it is pending.

        :param error: one line; recognisable secrets are masked
        :param code: the error's class
        """
        values = {"state": NodeState.PENDING.value}
        self._set_error("node.again", ref, step, error, code, values)

    def node_stopped(self, ref: Ref, step: str) -> None:
        """A step of the node was stopped on request: it is pending again."""
        values = {"step": step, "state": NodeState.PENDING.value}

        def write(connection: Connection) -> None:
            self._set(connection, ref, **values)
            self._event(connection, "node.stopped", ref, json.dumps({"step": step}))

        self.transact(write)

    def _node(self, connection: Connection, ref: Ref) -> NodeRow | None:
        key = {"run_id": self.run_id, "type": ref.type, "source_id": ref.id}
        row = self._prepared.run(connection, "node", _select, **key).first()
        return _node(row) if row else None

    def _set_error(
        self,
        event: str,
        ref: Ref,
        step: str,
        error: str,
        code: str,
        values: Mapping[str, Any],
    ) -> None:
        error = plain(secrets.mask(error))[:MAX_ERROR]
        given = {"step": step, "error": error, "code": code, **values}
        told = {"step": step, "error": error[:_TOLD], "code": code}

        def write(connection: Connection) -> None:
            self._set(connection, ref, **given)
            self._event(connection, event, ref, json.dumps(told))

        self.transact(write)

    def _set(self, connection: Connection, ref: Ref, **values: Any) -> None:
        key = {"run_id": self.run_id, "type": ref.type, "source_id": ref.id}

        def make() -> Executable:
            names = (*key, *values)
            given: dict[str, Any] = {name: bindparam(name) for name in names}
            insert = self._database.insert(nodes).values(given)
            set_ = {name: insert.excluded[name] for name in values}
            return insert.on_conflict_do_update(index_elements=list(key), set_=set_)

        self._prepared.run(connection, ("set node", *values), make, **key, **values)


class Nodes(Database):
    """The store's part for the nodes of runs."""

    def nodes(self, run_id: str) -> list[NodeRow]:
        """All nodes of the run, in the order in which they were added."""
        query = select(nodes).where(nodes.c.run_id == run_id).order_by(nodes.c.number)
        rows = self.read(lambda connection: connection.execute(query).all())
        return [_node(row) for row in rows]

    def node_states(self, run_id: str) -> Mapping[Ref, NodeState]:
        """The state of each node of the run, in the order in which they were added."""
        columns = (nodes.c.type, nodes.c.source_id, nodes.c.state)
        query = select(*columns).where(nodes.c.run_id == run_id)
        query = query.order_by(nodes.c.number)
        states = {state.value: state for state in NodeState}
        rows = self.read(lambda connection: connection.execute(query).all())
        return {Ref(kind, its_id): states[state] for kind, its_id, state in rows}

    def node_counts(
        self, run_ids: Collection[str]
    ) -> Mapping[str, Mapping[NodeState, int]]:
        """How many nodes of each of these runs are in each state.

        Counted by the database.  Runs and states without nodes count 0.
        """
        found = {run_id: Counter[NodeState]() for run_id in run_ids}
        if not found:
            return found
        columns = (nodes.c.run_id, nodes.c.state)
        query = select(*columns, func.count()).where(nodes.c.run_id.in_(found))
        query = query.group_by(*columns)
        for run_id, state, number in self.read(lambda c: c.execute(query).all()):
            found[run_id][NodeState(state)] = number
        return found


def _select() -> Executable:
    key = [nodes.c[name] == bindparam(name) for name in ("run_id", "type", "source_id")]
    return select(nodes).where(*key).with_for_update()


def _begins_again(before: NodeRow, step: str) -> bool:
    """Whether this step is the beginning of another attempt."""
    if before.state is NodeState.RUNNING:
        return before.step == step  # the process died in it
    return before.state in (NodeState.PENDING, NodeState.FAILED)


def _node(row: Row[Any]) -> NodeRow:
    return NodeRow(
        ref=Ref(row.type, row.source_id),
        step=row.step,
        state=NodeState(row.state),
        error=row.error,
        code=row.code,
        started_at=row.started_at,
        finished_at=row.finished_at,
        attempts=row.attempts,
        details=load(row.details),
    )
