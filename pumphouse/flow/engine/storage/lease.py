# SPDX-License-Identifier: Apache-2.0
"""One engine's right to write the states of one flow, and how it writes them.

Each transaction begins at a fence: the one that whoever loads the flow hands in, which
is its run's; or by an epoch of the flow itself, which grows with each engine that loads
it.  So a former owner that was paused and wakes up cannot overwrite the states of the
present one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from taskflow.persistence import base, models

from pumphouse import exceptions
from pumphouse.flow.engine.storage import tables
from pumphouse.flow.engine.storage.group_commit import GroupCommit

if TYPE_CHECKING:
    from pumphouse.flow.engine.storage.persistence import Backend

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
_BATCH = 500  # rows in one statement
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


Fence = Callable[[sa.Connection], None]


class FlowFence:
    """A flow's own fence.

    :param epoch: how many have owned the flow so far, this one included
    """

    def __init__(self, flow_id: str, epoch: int) -> None:
        self._flow_id = flow_id
        self._epoch = epoch

    def __call__(self, connection: sa.Connection) -> None:
        """Keeps the next owner waiting until this transaction has ended.

        :raises RunBusy: there is a next owner already
        """
        owners = tables.flow_owners
        mine = (owners.c.flow_uuid == self._flow_id) & (owners.c.epoch == self._epoch)
        # writes nothing new, but takes the row's lock on PostgreSQL
        same = sa.update(owners).where(mine).values(epoch=self._epoch)
        if connection.execute(same).rowcount != 1:
            raise exceptions.RunBusy(
                "another process has taken this run over",
                resource=f"flow {self._flow_id}",
                hint="This process stops; the other one goes on",
            )


class Lease(base.Backend):  # type: ignore[misc]
    """The persistence backend of one engine.

    :param backend: what it was taken from
    :param flow_id: uuid of the flow detail
    :param fence: called first in each transaction that writes
    """

    def __init__(self, backend: Backend, flow_id: str, fence: Fence) -> None:
        super().__init__({})
        self.flow_id = flow_id
        self._fence = fence
        self.saves = GroupCommit(self._write, backend.interval, backend.clock)
        self._known: set[str] = set()  # atoms that have a row
        self._backend = backend
        self._connection = LeasedConnection(self)

    def get_connection(self) -> LeasedConnection:
        """The one connection, for all threads."""
        return self._connection

    def read(self, names: Collection[str]) -> models.FlowDetail:
        """The flow as whoever had it before has left it.

        :param names: of the atoms that are wanted; others may be in the database,
            of what was done earlier and has no part in the flow any more
        """
        return self._backend.patience.run(lambda: self._read(names))

    def _read(self, names: Collection[str]) -> models.FlowDetail:
        atoms = tables.atomdetails
        this = sa.select(tables.flowdetails).where(
            tables.flowdetails.c.uuid == self.flow_id
        )
        query = sa.select(atoms.c.uuid, atoms.c.name)
        with self._backend.transaction(writes=False) as connection:
            row = connection.execute(this).one()
            flow = models.FlowDetail.from_dict(dict(row._mapping))
            rows = connection.execute(query.where(atoms.c.parent_uuid == self.flow_id))
            found = {uuid: name for uuid, name in rows}  # noqa: C416 - they are rows
            self._known.update(found)
            wanted = [each for each, name in found.items() if name in names]
            for start in range(0, len(wanted), _BATCH):
                batch = atoms.c.uuid.in_(wanted[start : start + _BATCH])
                for row in connection.execute(sa.select(atoms).where(batch)):
                    values = dict(row._mapping)
                    kind = models.atom_detail_class(values["atom_type"])
                    flow.add(kind.from_dict(values))
        return flow

    def close(self) -> None:
        """Write what waits to be written, and end the thread that writes.

        :raises StoreError: it could not be written
        """
        self.saves.close()

    def _write(self, changes: Mapping[str, Any]) -> None:
        self._backend.patience.run(lambda: self._write_once(changes))
        for change in changes.values():
            if isinstance(change, models.FlowDetail):
                self._known.update(atom.uuid for atom in change)

    def _write_once(self, changes: Mapping[str, Any]) -> None:
        atoms = []
        with self._backend.transaction() as connection:
            self._fence(connection)
            for change in changes.values():
                if isinstance(change, models.FlowDetail):
                    self._write_flow(connection, change)
                else:
                    atoms.append(_atom_row(change))
            if atoms:
                connection.execute(_UPDATE_ATOM, atoms)

    def _write_flow(self, connection: sa.Connection, flow: models.FlowDetail) -> None:
        flows = tables.flowdetails
        connection.execute(
            sa.update(flows)
            .where(flows.c.uuid == flow.uuid)
            .values(state=flow.state, meta=flow.meta)
        )
        new = [atom for atom in flow if atom.uuid not in self._known]
        if new:
            rows = [
                {
                    **atom.to_dict(),
                    "parent_uuid": flow.uuid,
                    "atom_type": models.atom_detail_type(atom),
                }
                for atom in new
            ]
            self._backend.insert_missing(connection, tables.atomdetails, *rows)


class LeasedConnection:
    """What TaskFlow's storage talks to, under a lease: it only ever saves."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def close(self) -> None:
        """Nothing: each save takes a connection of its own."""

    def update_atom_details(self, atom_detail: models.AtomDetail) -> models.AtomDetail:
        """Have an atom's state saved soon.

        :raises StoreError: earlier ones could not be saved
        """
        self._lease.saves.put(atom_detail.uuid, atom_detail)
        return atom_detail

    def update_flow_details(self, flow_detail: models.FlowDetail) -> models.FlowDetail:
        """Save a flow's state and all that waits to be saved; returns when it is.

        :raises StoreError: it could not be saved
        """
        self._lease.saves.put(flow_detail.uuid, flow_detail)
        self._lease.saves.flush()
        return flow_detail
