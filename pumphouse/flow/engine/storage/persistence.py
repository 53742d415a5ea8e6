# SPDX-License-Identifier: Apache-2.0
"""TaskFlow persistence on an SQLAlchemy engine that is already there.

Against TaskFlow's own backend: one connection object for all calls (its own builds
the table metadata for each), one UPDATE for a changed atom instead of a SELECT, a
merge and an UPDATE, changes of a moment in one transaction, and saves that carry
the epoch of whoever took the flow over, so that a former owner which wakes up
cannot overwrite the states of the present one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from taskflow.persistence import models

from pumphouse import exceptions
from pumphouse.flow.engine import _private
from pumphouse.flow.engine.storage import schema, tables
from pumphouse.flow.engine.storage.group_commit import INTERVAL, GroupCommit, boot_time
from pumphouse.store import connect

_ATOM_COLUMNS = (
    "state",
    "intention",
    "meta",
    "version",
    "results",
    "failure",
    "revert_results",
    "revert_failure",
)
_UPDATE_ATOM = (
    sa.update(tables.atomdetails)
    .where(tables.atomdetails.c.uuid == sa.bindparam("b_uuid"))
    .values({name: sa.bindparam(f"b_{name}") for name in _ATOM_COLUMNS})
)


def _atom_row(atom: models.AtomDetail) -> dict[str, Any]:
    values = atom.to_dict()
    row = {f"b_{name}": values[name] for name in _ATOM_COLUMNS}
    row["b_uuid"] = values["uuid"]
    return row


class Lease:
    """One engine's right to write the states of one flow.

    :param flow_id: uuid of the flow detail
    :param epoch: how many have owned the flow so far, this one included
    """

    def __init__(self, backend: Backend, flow_id: str, epoch: int) -> None:
        self.flow_id = flow_id
        self.epoch = epoch
        self.known: set[str] = set()  # atoms that have a row
        self._backend = backend
        self.saves = GroupCommit(self._write, backend.interval, backend.clock)

    def _write(self, changes: Mapping[str, Any]) -> None:
        atoms = []
        with self._backend.transaction() as connection:
            self._still_owner(connection)
            for change in changes.values():
                if isinstance(change, models.FlowDetail):
                    self._write_flow(connection, change)
                else:
                    atoms.append(_atom_row(change))
            if atoms:
                connection.execute(_UPDATE_ATOM, atoms)

    def _still_owner(self, connection: sa.Connection) -> None:
        """Keeps the next owner waiting until this transaction has ended.

        :raises RunBusy: there is a next owner already
        """
        owners = tables.flow_owners
        mine = (owners.c.flow_uuid == self.flow_id) & (owners.c.epoch == self.epoch)
        # writes nothing new, but takes the row's lock on PostgreSQL
        same = sa.update(owners).where(mine).values(epoch=self.epoch)
        if connection.execute(same).rowcount != 1:
            raise exceptions.RunBusy(
                "another process has taken this run over",
                resource=f"flow {self.flow_id}",
                hint="This process stops; the other one goes on",
            )

    def _write_flow(self, connection: sa.Connection, flow: models.FlowDetail) -> None:
        flows = tables.flowdetails
        connection.execute(
            sa.update(flows)
            .where(flows.c.uuid == flow.uuid)
            .values(state=flow.state, meta=flow.meta)
        )
        new = [atom for atom in flow if atom.uuid not in self.known]
        if new:
            rows = [
                {
                    **atom.to_dict(),
                    "parent_uuid": flow.uuid,
                    "atom_type": models.atom_detail_type(atom),
                }
                for atom in new
            ]
            connection.execute(sa.insert(tables.atomdetails), rows)
            self.known.update(atom.uuid for atom in new)


class Connection(_private.Connection):
    """What TaskFlow talks to.  Made once, and used by all threads."""

    backend: Backend

    def update_atom_details(self, atom_detail: models.AtomDetail) -> models.AtomDetail:
        """Have an atom's state saved soon.

        :raises StoreError: earlier ones could not be saved
        """
        lease = self.backend.lease_of_atom(atom_detail.uuid)
        if lease is None:  # of a flow that no engine of ours runs
            return super().update_atom_details(atom_detail)
        lease.saves.put(atom_detail.uuid, atom_detail)
        return atom_detail

    def update_flow_details(self, flow_detail: models.FlowDetail) -> models.FlowDetail:
        """Save a flow's state and all that waits to be saved; returns when it is.

        :raises StoreError: it could not be saved
        """
        lease = self.backend.leases.get(flow_detail.uuid)
        if lease is None:
            return super().update_flow_details(flow_detail)
        lease.saves.put(flow_detail.uuid, flow_detail)
        lease.saves.flush()
        return flow_detail

    def upgrade(self) -> None:
        """The tables are made by :func:`persistence`."""

    def close(self) -> None:
        """Kept for the next caller."""


class Backend(_private.Backend):
    """Persistence for engines of this process.

    :param engine: SQLite (in WAL mode) or PostgreSQL
    :param interval: seconds in which changes are gathered
    """

    clock: Callable[[], float] = staticmethod(boot_time)

    def __init__(self, engine: sa.Engine, interval: float = INTERVAL) -> None:
        super().__init__({}, engine=engine)
        self.name = connect.display_name(engine.url)
        self.interval = interval
        self.leases: dict[str, Lease] = {}
        self._reader = engine.execution_options(**{connect.READ_ONLY: True})
        self._connection: Connection = self.new_connection(Connection)

    def get_connection(self) -> Connection:
        return self._connection

    @contextlib.contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[sa.Connection]:
        """A transaction, all or nothing.

        :raises StoreError: the database refused
        """
        try:
            with (self.engine if writes else self._reader).begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise connect.store_error(error, self.name) from error

    def take_over(self, flow_id: str, owner: str = "") -> Lease:
        """Become the one who may write a flow's states.  Others may no longer.

        :param owner: says who, for people to read
        """
        owners = tables.flow_owners
        former = self.leases.pop(flow_id, None)
        if former is not None:
            with contextlib.suppress(exceptions.StoreError):
                former.saves.close()
        mine = owners.c.flow_uuid == flow_id
        with self.transaction() as connection:
            next_one = sa.update(owners).where(mine)
            next_one = next_one.values(epoch=owners.c.epoch + 1, owner=owner)
            if not connection.execute(next_one).rowcount:
                row = {"flow_uuid": flow_id, "epoch": 1, "owner": owner}
                connection.execute(sa.insert(owners), row)
            epoch = connection.execute(
                sa.select(owners.c.epoch).where(mine)
            ).scalar_one()
        lease = Lease(self, flow_id, epoch)
        self.leases[flow_id] = lease
        return lease

    def release(self, flow_id: str) -> None:
        """Save what waits, and let the flow go.

        :raises StoreError: it could not be saved
        """
        lease = self.leases.pop(flow_id, None)
        if lease is not None:
            lease.saves.close()

    def lease_of_atom(self, atom_id: str) -> Lease | None:
        """The lease under which an atom's state is written."""
        for lease in self.leases.values():
            if atom_id in lease.known:
                return lease
        return None

    def open_flow(self, book_id: str, flow_id: str, name: str) -> models.FlowDetail:
        """The flow detail with this id; made, with its logbook, where missing."""
        connection = self._connection
        with self.transaction() as sql:
            book = sa.select(tables.logbooks.c.uuid)
            if (
                sql.execute(book.where(tables.logbooks.c.uuid == book_id)).first()
                is None
            ):
                values = models.LogBook(name, book_id).to_dict()
                sql.execute(sa.insert(tables.logbooks), values)
            flow = sa.select(tables.flowdetails.c.uuid)
            if (
                sql.execute(flow.where(tables.flowdetails.c.uuid == flow_id)).first()
                is None
            ):
                connection.insert_flow(sql, models.FlowDetail(name, flow_id), book_id)
        return connection.get_flow_details(flow_id)

    def states(self, flow_id: str) -> dict[str, str]:
        """State by atom name; empty for an unknown flow."""
        lease = self.leases.get(flow_id)
        if lease is not None:
            lease.saves.flush()
        atoms = tables.atomdetails.c
        query = sa.select(atoms.name, atoms.state).where(atoms.parent_uuid == flow_id)
        with self.transaction(writes=False) as connection:
            return {row.name: row.state for row in connection.execute(query)}

    def close(self) -> None:
        """Save what waits, and let all flows go."""
        for flow_id in list(self.leases):
            with contextlib.suppress(exceptions.RunBusy):  # that one is not ours
                self.release(flow_id)
        super().close()


def persistence(engine: sa.Engine, interval: float = INTERVAL) -> Backend:
    """A backend on *engine*, whose tables are brought to this version.

    :param interval: seconds in which changes are gathered
    :raises StoreError: the database refused, or its tables are of a newer version
    """
    backend = Backend(engine, interval)
    with backend.transaction(writes=False) as connection:
        if schema.is_current(connection):
            return backend
    with backend.transaction() as connection:
        schema.upgrade(connection, backend.name)
    return backend
