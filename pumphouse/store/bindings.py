# SPDX-License-Identifier: Apache-2.0
"""Bindings: which destination resource a source reference became."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Row,
    and_,
    bindparam,
    delete,
    select,
)
from sqlalchemy.exc import IntegrityError

from pumphouse import exceptions
from pumphouse.models import Binding, CloudPair, Origin, Ref
from pumphouse.store import journal
from pumphouse.store.database import Database, plain
from pumphouse.store.fence import Fenced
from pumphouse.store.rows import Outcome
from pumphouse.store.tables import bindings

_BATCH = 500  # ids in one statement


class BindingsWriter(Fenced):
    """The part of a run's writer for bindings."""

    def bind(
        self, pair: CloudPair, binding: Binding, *, closes: int | None = None
    ) -> None:
        """Keep *binding*, and close the intent that led to it, both or neither.

        Binding the same again does nothing; what was said first of its origin stays.

        :param closes: id of the open intent, closed as done
        :raises StoreError: the reference is bound to something else, or another
            reference's creation became this destination resource, or the intent ended
            otherwise
        """
        database = self._database

        def write(connection: Connection) -> None:
            _bind(connection, database, pair, binding)
            if closes is not None:
                ended = (closes, Outcome.DONE, "", database.now())
                journal.close(connection, self._prepared, *ended)

        with _told_apart(binding):
            self.transact(write)

    def unbind(self, pair: CloudPair, ref: Ref) -> None:
        """Forget what *ref* became."""
        forget = delete(bindings).where(_key(pair, ref))
        self.transact(lambda connection: connection.execute(forget))


class Bindings(Database):
    """The store's part for bindings."""

    def register(self, pair: CloudPair, binding: Binding) -> None:
        """Keep a *binding* that is an operator's word, and no run's.

        :raises StoreError: the reference is bound to something else
        """
        with _told_apart(binding):
            self.transact(lambda connection: _bind(connection, self, pair, binding))

    def unregister(self, pair: CloudPair, ref: Ref) -> bool:
        """Forget what *ref* became.  False if it was not bound."""
        forget = delete(bindings).where(_key(pair, ref))
        return self.transact(lambda each: bool(each.execute(forget).rowcount))

    def binding(self, pair: CloudPair, ref: Ref) -> Binding | None:
        """What *ref* became, or None."""
        query = select(bindings).where(_key(pair, ref))
        row = self.read(lambda connection: connection.execute(query).first())
        return _binding(row) if row else None

    def bindings(
        self, pair: CloudPair | None = None, type: str = "", run_id: str = ""
    ) -> list[Binding]:
        """Bindings in the order in which they were made.

        :param pair: only those of these two clouds
        :param type: only those of this resource type
        :param run_id: only those made by this run
        """
        query = select(bindings).order_by(bindings.c.number)
        if pair:
            query = query.where(_of(pair))
        if type:
            query = query.where(bindings.c.type == type)
        if run_id:
            query = query.where(bindings.c.run_id == run_id)
        rows = self.read(lambda connection: connection.execute(query).all())
        return [_binding(row) for row in rows]

    def bindings_by_pair(self, type: str) -> list[tuple[CloudPair, Binding]]:
        """All bindings of a resource type, each with the two clouds it is about."""
        query = select(bindings).where(bindings.c.type == type)
        query = query.order_by(bindings.c.number)
        rows = self.read(lambda connection: connection.execute(query).all())
        return [(CloudPair(r.source, r.destination), _binding(r)) for r in rows]

    def bindings_of(self, pair: CloudPair, refs: Iterable[Ref]) -> dict[Ref, Binding]:
        """What each of *refs* became; those without a binding are left out."""
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for ref in set(refs):
            ids[ref.type].append(ref.id)
        queries = [
            select(bindings).where(
                _of(pair),
                bindings.c.type == kind,
                bindings.c.source_id.in_(of_kind[start : start + _BATCH]),
            )
            for kind, of_kind in ids.items()
            for start in range(0, len(of_kind), _BATCH)
        ]

        def read(connection: Connection) -> dict[Ref, Binding]:
            rows = (row for query in queries for row in connection.execute(query))
            return {found.ref: found for found in map(_binding, rows)}

        return self.read(read)


@contextlib.contextmanager
def _told_apart(binding: Binding) -> Iterator[None]:
    try:
        yield
    except exceptions.StoreError as error:
        if isinstance(error.__cause__, IntegrityError):
            raise exceptions.StoreError(
                f"{binding.destination_id} was created for another reference",
                resource=str(binding.ref),
            ) from error.__cause__
        raise


def _bind(
    connection: Connection, database: Database, pair: CloudPair, binding: Binding
) -> None:
    values = {
        "source": pair.source,
        "destination": pair.destination,
        "type": binding.ref.type,
        "source_id": binding.ref.id,
        "destination_id": binding.destination_id,
        "origin": Origin(binding.origin).value,
        "run_id": binding.run_id,
        "name": plain(binding.name),
        "created_at": binding.created_at or database.now(),
    }
    key = ("source", "destination", "type", "source_id")

    def insert() -> Executable:
        given: dict[str, Any] = {name: bindparam(name) for name in values}
        return (
            database.insert(bindings)
            .values(given)
            .on_conflict_do_nothing(index_elements=key)
        )

    def look() -> Executable:
        equal = [bindings.c[name] == bindparam(name) for name in key]
        return select(bindings.c.destination_id).where(*equal)

    run, this = database.prepared.run, {name: values[name] for name in key}
    run(connection, "bind", insert, **values)
    bound_to = run(connection, "bound", look, **this).scalar()
    if bound_to != binding.destination_id:
        raise exceptions.StoreError(
            f"is bound to {bound_to}, not to {binding.destination_id}",
            resource=str(binding.ref),
            hint=f"'pumphouse unregister {binding.ref.type} {binding.ref.id}' "
            "forgets that",
        )


def _of(pair: CloudPair) -> ColumnElement[bool]:
    return and_(
        bindings.c.source == pair.source, bindings.c.destination == pair.destination
    )


def _key(pair: CloudPair, ref: Ref) -> ColumnElement[bool]:
    return and_(_of(pair), bindings.c.type == ref.type, bindings.c.source_id == ref.id)


def _binding(row: Row[Any]) -> Binding:
    return Binding(
        ref=Ref(row.type, row.source_id),
        destination_id=row.destination_id,
        origin=Origin(row.origin),
        run_id=row.run_id,
        name=row.name,
        created_at=row.created_at,
    )
