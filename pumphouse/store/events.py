# SPDX-License-Identifier: Apache-2.0
"""Events: what happened in a run, in order, to be followed while it happens."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, func, select

from pumphouse.models import Ref
from pumphouse.store.database import Database, dump, load
from pumphouse.store.fence import Fenced
from pumphouse.store.rows import EventRow
from pumphouse.store.tables import events


class EventsWriter(Fenced):
    """The part of a run's writer for events.

    Their numbers become visible in their order, or a follower would miss one:
    PostgreSQL's writers queue at the run's row, which is their fence, SQLite's anyway.
    """

    def event(self, name: str, /, ref: Ref | None = None, **details: Any) -> None:
        """Record that *name* happened in the run, to *ref* where given.

        :raises StoreError: the details are not storable
        """
        dumped = dump(details, f"event {name}")
        self.transact(lambda each: self._event(each, name, ref, dumped))

    def _event(
        self, connection: Connection, name: str, ref: Ref | None, details: str
    ) -> None:
        """Within the caller's transaction.

        :param details: as JSON
        """
        self._prepared.run(
            connection,
            "event",
            _insert,
            run_id=self.run_id,
            name=name,
            type=ref.type if ref else "",
            source_id=ref.id if ref else "",
            details=details,
            at=self._database.now(),
        )


class Events(Database):
    """The store's part for events."""

    def events_named(self, run_id: str, names: Collection[str]) -> list[EventRow]:
        """All of the run's events that have one of these names, oldest first."""
        query = select(events).where(events.c.run_id == run_id)
        query = query.where(events.c.name.in_(names)).order_by(events.c.number)
        rows = self.read(lambda connection: connection.execute(query).all())
        return [_event(row) for row in rows]

    def last_event(self, run_id: str) -> int:
        """The number of the run's last event; 0 if it has none."""
        query = select(func.max(events.c.number)).where(events.c.run_id == run_id)
        return int(self.read(lambda each: each.execute(query).scalar()) or 0)

    def events(
        self, run_id: str, after: int = 0, limit: int = 1000, name: str = ""
    ) -> list[EventRow]:
        """The run's events with a number greater than *after*, oldest first.

        :param limit: at most so many
        :param name: only those of this name
        """
        query = (
            select(events)
            .where(events.c.run_id == run_id, events.c.number > after)
            .order_by(events.c.number)
            .limit(limit)
        )
        if name:
            query = query.where(events.c.name == name)
        rows = self.read(lambda connection: connection.execute(query).all())
        return [_event(row) for row in rows]


def _insert() -> Executable:
    names = ("run_id", "name", "type", "source_id", "details", "at")
    return events.insert().values({name: bindparam(name) for name in names})


def _event(row: Row[Any]) -> EventRow:
    return EventRow(
        number=row.number,
        run_id=row.run_id,
        name=row.name,
        ref=Ref(row.type, row.source_id) if row.type else None,
        details=load(row.details),
        at=row.at,
    )
