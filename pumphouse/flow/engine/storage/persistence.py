# SPDX-License-Identifier: Apache-2.0
"""TaskFlow persistence on an SQLAlchemy engine that is already there.

Against TaskFlow's own backend: one connection object for all calls (its own builds
the table metadata for each), one UPDATE for a changed atom instead of a SELECT, a
merge and an UPDATE, changes of a moment in one transaction, and one owner at a time.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from taskflow.persistence import base, models

from pumphouse import exceptions
from pumphouse.flow.engine.storage import tables
from pumphouse.flow.engine.storage.group_commit import INTERVAL
from pumphouse.flow.engine.storage.lease import Fence, FlowFence, Lease
from pumphouse.flow.engine.storage.schema import REVISIONS
from pumphouse.store import connect
from pumphouse.store.fence import boot_time
from pumphouse.store.patience import Patience

Method = TypeVar("Method", bound=Callable[..., Any])


def _patiently(method: Method) -> Method:
    """Has *method* called again while a database server is away."""

    @functools.wraps(method)
    def again(self: Backend, *args: Any, **kwargs: Any) -> Any:
        return self.patience.run(lambda: method(self, *args, **kwargs))

    return cast("Method", again)


class Backend(base.Backend):  # type: ignore[misc]
    """Persistence for engines of this process.

    :param engine: SQLite (in WAL mode) or PostgreSQL
    :param interval: seconds in which changes are gathered
    """

    clock: Callable[[], float] = staticmethod(boot_time)

    def __init__(self, engine: sa.Engine, interval: float = INTERVAL) -> None:
        super().__init__({})
        self.engine = engine
        self.name = connect.display_name(engine.url)
        self.interval = interval
        self.patience = Patience(self.name)
        self._leases: dict[str, Lease] = {}
        self._reader = engine.execution_options(**{connect.READ_ONLY: True})
        self._connection: Any = None
        self._lock = threading.Lock()

    def get_connection(self) -> Any:
        """The one connection, for all threads; saves as TaskFlow's own does."""
        with self._lock:
            if self._connection is None:
                from pumphouse.flow.engine.storage import stock

                self._connection = stock.Connection(self)
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

    @_patiently
    def ensure_flow(
        self, book_id: str, flow_id: str, name: str, fence: Fence | None = None
    ) -> None:
        """Make a flow detail, and its logbook, where they are missing.

        :param fence: called first in the transaction
        :raises StoreError: the database refused
        """
        book = models.LogBook(name, book_id).to_dict()
        flow = models.FlowDetail(name, flow_id).to_dict() | {"parent_uuid": book_id}
        with self.transaction() as connection:
            if fence is not None:
                fence(connection)
            self.insert_missing(connection, tables.logbooks, book)
            self.insert_missing(connection, tables.flowdetails, flow)

    def take_over(
        self, flow_id: str, owner: str = "", fence: Fence | None = None
    ) -> Lease:
        """Become the one who may write a flow's states.  Others may no longer.

        :param flow_id: of a flow detail that is there
        :param owner: says who, for people to read
        :param fence: called first in each transaction, raises where the flow is not
            this engine's any more; none given: its own, by an epoch of the flow
        :raises StoreError: the database refused
        """
        if fence is None:
            fence = self._own_fence(flow_id, owner)
        lease = self._leases[flow_id] = Lease(self, flow_id, fence)
        return lease

    @_patiently
    def _own_fence(self, flow_id: str, owner: str) -> Fence:
        owners = tables.flow_owners
        this = owners.c.flow_uuid == flow_id
        with self.transaction() as connection:
            first = {"flow_uuid": flow_id, "epoch": 0}
            self.insert_missing(connection, owners, first)
            values = {"epoch": owners.c.epoch + 1, "owner": owner}
            connection.execute(sa.update(owners).where(this).values(values))
            epoch = connection.scalar(sa.select(owners.c.epoch).where(this))
        return FlowFence(flow_id, int(epoch or 0))

    def insert_missing(
        self, connection: sa.Connection, table: sa.Table, *rows: Mapping[str, Any]
    ) -> None:
        """Those of *rows* that are not there."""
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        insert = dialect.insert(table).on_conflict_do_nothing()
        connection.execute(insert, list(rows))

    def states(self, flow_id: str) -> dict[str, str]:
        """State by atom name; empty for an unknown flow.

        :raises StoreError: the database refused
        """
        lease = self._leases.get(flow_id)
        if lease is not None:
            with contextlib.suppress(exceptions.RunBusy):  # then read the new owner's
                lease.saves.flush()
        return self._states(flow_id)

    @_patiently
    def _states(self, flow_id: str) -> dict[str, str]:
        atoms = tables.atomdetails.c
        query = sa.select(atoms.name, atoms.state).where(atoms.parent_uuid == flow_id)
        with self.transaction(writes=False) as connection:
            return {row.name: row.state for row in connection.execute(query)}

    @_patiently
    def forget(self, book_ids: Iterable[str]) -> None:
        """Delete logbooks with all that hangs on them; those that are not there, too.

        :raises StoreError: the database refused
        """
        books = tables.logbooks
        with self.transaction() as connection:
            for book_id in book_ids:
                connection.execute(sa.delete(books).where(books.c.uuid == book_id))

    def close(self) -> None:
        """Write what waits to be written.

        :raises StoreError: it could not be written
        """
        for lease in self._leases.values():
            with contextlib.suppress(exceptions.RunBusy):  # that flow is not ours
                lease.close()
        self._leases.clear()


def persistence(engine: sa.Engine, interval: float = INTERVAL) -> Backend:
    """A backend on *engine*, whose tables are brought to this version.

    :param interval: seconds in which changes are gathered
    :raises StoreError: the database refused, or its tables are of a newer version
    """
    backend = Backend(engine, interval)
    with backend.transaction(writes=False) as connection:
        if REVISIONS.at_head(connection):
            return backend
    with backend.transaction() as connection:
        REVISIONS.wait_for_others(connection)
        REVISIONS.upgrade(connection, backend.name)
    return backend
