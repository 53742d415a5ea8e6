# SPDX-License-Identifier: Apache-2.0
"""Events: what happened in a run, in order, to be followed while it happens."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, select

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.store.database import Database, dump, load
from pumphouse.store.rows import EventRow
from pumphouse.store.tables import events, runs


class Events(Database):
    """The store's part for events."""

    def event(
        self, run_id: str, name: str, /, ref: Ref | None = None, **details: Any
    ) -> None:
        """Record that *name* happened in the run, to *ref* where given.

        :raises StoreError: there is no such run, or the details are not storable
        """
        values = {
            "run_id": run_id,
            "name": name,
            "type": ref.type if ref else "",
            "source_id": ref.id if ref else "",
            "details": dump(details, f"event {name}"),
            "at": self.now(),
        }

        # Numbers have to become visible in their order, or a follower would miss
        # one: PostgreSQL's writers queue at the run's row, SQLite's anyway.
        def queue() -> Executable:
            this = select(runs.c.id).where(runs.c.id == bindparam("its_id"))
            return this.with_for_update(key_share=True)

        def insert() -> Executable:
            return events.insert().values({key: bindparam(key) for key in values})

        run = self.prepared.run

        def write(connection: Connection) -> None:
            if run(connection, "queue", queue, its_id=run_id).first() is None:
                raise exceptions.StoreError("there is none", resource=f"run {run_id}")
            run(connection, "event", insert, **values)

        self.transact(write)

    def events(self, run_id: str, after: int = 0, limit: int = 1000) -> list[EventRow]:
        """The run's events with a number greater than *after*, oldest first.

        :param limit: at most so many
        """
        query = (
            select(events)
            .where(events.c.run_id == run_id, events.c.number > after)
            .order_by(events.c.number)
            .limit(limit)
        )
        with self.read() as connection:
            return [_event(row) for row in connection.execute(query)]


def _event(row: Row[Any]) -> EventRow:
    return EventRow(
        number=row.number,
        run_id=row.run_id,
        name=row.name,
        ref=Ref(row.type, row.source_id) if row.type else None,
        details=load(row.details),
        at=row.at,
    )
