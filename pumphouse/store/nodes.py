# SPDX-License-Identifier: Apache-2.0
"""The nodes of a run, as the operator sees them.

Written by the tasks themselves when they really start and end; the engine's own
states also call a task running that only waits for a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, select

from pumphouse.conf import secrets
from pumphouse.models import NOT_KEPT, Ref
from pumphouse.store.database import Database, dump, load, plain
from pumphouse.store.rows import Details, NodeRow, NodeState
from pumphouse.store.tables import nodes

MAX_ERROR = 4096  # characters


class Nodes(Database):
    """The store's part for the nodes of runs."""

    def add_nodes(self, run_id: str, refs: Iterable[Ref]) -> None:
        """Say that these belong to the run, all pending.  Known ones stay as they are.

        :raises StoreError: there is no such run
        """
        rows = [
            {
                "run_id": run_id,
                "type": ref.type,
                "source_id": ref.id,
                "state": NodeState.PENDING.value,
            }
            for ref in refs
        ]
        if not rows:
            return
        insert = self.insert(nodes).on_conflict_do_nothing()
        with self.write() as connection:
            connection.execute(insert, rows)

    def node_started(self, run_id: str, ref: Ref, step: str) -> None:
        """A step of the node begins now.

        ``attempts`` counts how often the node was begun: it grows with the first
        step, after a stop or a failure, and when a running step begins again.
        """

        def write(connection: Connection) -> None:
            before = self._node(connection, run_id, ref)
            again = before is None or _begins_again(before, step)
            values = {
                "step": step,
                "state": NodeState.RUNNING.value,
                "error": "",
                "code": "",
                "finished_at": "",
            }
            if again:
                values["started_at"] = self.now()
            attempts = (before.attempts if before else 0) + int(again)
            self._set(connection, run_id, ref, attempts=attempts, **values)

        self.transact(write)

    def node_done(
        self,
        run_id: str,
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
        values = {"step": step, "state": state.value, "error": "", "code": ""}
        if last:
            values["finished_at"] = self.now()

        def write(connection: Connection) -> None:
            if details:
                values["details"] = self._merged(connection, run_id, ref, details)
            self._set(connection, run_id, ref, **values)

        self.transact(write)

    def node_said(self, run_id: str, ref: Ref, details: Details) -> None:
        """What a step found out of the node while it is under way.

        :param details: merged as by :meth:`node_done`
        """

        def write(connection: Connection) -> None:
            merged = self._merged(connection, run_id, ref, details)
            self._set(connection, run_id, ref, details=merged)

        self.transact(write)

    def _merged(
        self, connection: Connection, run_id: str, ref: Ref, details: Details
    ) -> str:
        before = self._node(connection, run_id, ref)
        known = before.details if before else {}
        merged = {**known, **details}
        if NOT_KEPT in details:
            fields = (*known.get(NOT_KEPT, ()), *details[NOT_KEPT])
            merged[NOT_KEPT] = list(dict.fromkeys(fields))
        return dump(merged, str(ref))

    def node_failed(
        self, run_id: str, ref: Ref, step: str, error: str, code: str
    ) -> None:
        """A step of the node failed.

        :param error: one line; recognisable secrets are masked
        :param code: the error's class
        """
        values = {"state": NodeState.FAILED.value, "finished_at": self.now()}
        self._set_error(run_id, ref, step, error, code, values)

    def node_again(
        self, run_id: str, ref: Ref, step: str, error: str, code: str
    ) -> None:
        """A step of the node failed, and is going to be tried again: it is pending.

        :param error: one line; recognisable secrets are masked
        :param code: the error's class
        """
        values = {"state": NodeState.PENDING.value}
        self._set_error(run_id, ref, step, error, code, values)

    def node_stopped(self, run_id: str, ref: Ref, step: str) -> None:
        """A step of the node was stopped on request: it is pending again."""
        with self.write() as connection:
            state = NodeState.PENDING.value
            self._set(connection, run_id, ref, step=step, state=state)

    def nodes(self, run_id: str) -> list[NodeRow]:
        """All nodes of the run, in the order in which they were added."""
        query = select(nodes).where(nodes.c.run_id == run_id).order_by(nodes.c.number)
        with self.read() as connection:
            return [_node(row) for row in connection.execute(query)]

    def node_states(self, run_id: str) -> Mapping[Ref, NodeState]:
        """The state of each node of the run, in the order in which they were added."""
        columns = (nodes.c.type, nodes.c.source_id, nodes.c.state)
        query = select(*columns).where(nodes.c.run_id == run_id)
        states = {state.value: state for state in NodeState}
        with self.read() as connection:
            rows = connection.execute(query.order_by(nodes.c.number))
            return {Ref(kind, its_id): states[state] for kind, its_id, state in rows}

    def _node(self, connection: Connection, run_id: str, ref: Ref) -> NodeRow | None:
        key = {"run_id": run_id, "type": ref.type, "source_id": ref.id}
        row = self.prepared.run(connection, "node", _select, **key).first()
        return _node(row) if row else None

    def _set_error(
        self,
        run_id: str,
        ref: Ref,
        step: str,
        error: str,
        code: str,
        values: Mapping[str, Any],
    ) -> None:
        error = plain(secrets.mask(error))[:MAX_ERROR]
        with self.write() as connection:
            self._set(
                connection, run_id, ref, step=step, error=error, code=code, **values
            )

    def _set(
        self, connection: Connection, run_id: str, ref: Ref, **values: Any
    ) -> None:
        key = {"run_id": run_id, "type": ref.type, "source_id": ref.id}

        def make() -> Executable:
            names = (*key, *values)
            given: dict[str, Any] = {name: bindparam(name) for name in names}
            insert = self.insert(nodes).values(given)
            set_ = {name: insert.excluded[name] for name in values}
            return insert.on_conflict_do_update(index_elements=list(key), set_=set_)

        self.prepared.run(connection, ("set node", *values), make, **key, **values)


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
