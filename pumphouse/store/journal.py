# SPDX-License-Identifier: Apache-2.0
"""The journal: intent -> request -> outcome, around each side effect.

An intent is committed before the request is sent.  After a crash or a lost answer
it is still open: whoever comes next opens it again, is told so, and looks for what
the request may have done before sending another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    Row,
    Select,
    and_,
    bindparam,
    select,
    text,
    update,
)

from pumphouse import exceptions
from pumphouse.models import CloudPair, Ref
from pumphouse.store.database import Database, dump, load
from pumphouse.store.fence import Fenced
from pumphouse.store.prepared import Prepared
from pumphouse.store.rows import Details, Intent, Outcome
from pumphouse.store.tables import intents

CREATE = "create"  # a resource of the destination
CREDENTIAL = "credential"  # a temporary credential
ROLE_GRANT = "role-grant"  # a role that was given for a while
# Types have kinds of their own: what they lend themselves (resources/temporaries).

# spelled as in the index: PostgreSQL does not see through a parameter
_OPEN = text("outcome = ''")


class JournalWriter(Fenced):
    """The part of a run's writer for the journal."""

    def open_intent(
        self,
        pair: CloudPair,
        kind: str,
        ref: Ref,
        details: Details | None = None,
    ) -> Intent:
        """Announce a side effect; committed when this returns.

        :param details: what is needed to find or undo the effect
        :return: a new intent, or with ``reopened`` the open one of the same pair,
            kind and reference, with the details it was first opened with
        """
        key = {
            "source": pair.source,
            "destination": pair.destination,
            "kind": kind,
            "type": ref.type,
            "source_id": ref.id,
        }
        values = {
            **key,
            "run_id": self.run_id,
            "details": dump(details, f"{kind} {ref}"),
            "opened_at": self._database.now(),
        }

        def insert() -> Executable:
            return (
                self._database.insert(intents)
                .values({name: bindparam(name) for name in values})
                .on_conflict_do_nothing(index_elements=list(key), index_where=_OPEN)
                .returning(intents.c.number)
            )

        run = self._prepared.run

        def write(connection: Connection) -> Intent:
            new = run(connection, "open intent", insert, **values).first()
            row = run(connection, "intent", lambda: _open_one(key), **key).one()
            return _intent(row, reopened=new is None)

        return self.transact(write)

    def close_intent(
        self, intent_id: int, outcome: str, details: Details | None = None
    ) -> None:
        """Say how it ended.  Saying the same again does nothing.

        :param outcome: ``done``, ``failed`` or ``undone``
        :raises StoreError: no such intent, or it was closed with another outcome
        """
        what = f"intent {intent_id}"
        try:
            checked = Outcome(outcome)
        except ValueError:
            raise exceptions.StoreError(
                f"no such outcome: {outcome}", resource=what
            ) from None
        dumped = dump(details, what)

        def write(connection: Connection) -> None:
            ended = (intent_id, checked, dumped, self._database.now())
            close(connection, self._prepared, *ended)

        self.transact(write)


class Journal(Database):
    """The store's part for the journal."""

    def open_intents(
        self,
        pair: CloudPair | None = None,
        run_id: str = "",
        kinds: Iterable[str] = (),
        ref: Ref | None = None,
    ) -> list[Intent]:
        """What was announced and has no outcome yet, oldest first.

        :param run_id: only those that this run opened first
        :param kinds: only these kinds; none given means all
        :param ref: only of this resource
        """
        equal: dict[str, str] = {"run_id": run_id} if run_id else {}
        if pair:
            equal |= {"source": pair.source, "destination": pair.destination}
        if ref is not None:
            equal |= {"type": ref.type, "source_id": ref.id}
        wanted = {f"kind_{number}": kind for number, kind in enumerate(kinds)}

        def make() -> Executable:
            query = _open_one(equal)
            if wanted:
                query = query.where(intents.c.kind.in_(list(map(bindparam, wanted))))
            return query.order_by(intents.c.number)

        name = ("open intents", *equal, *wanted)
        rows = self.look(name, make, **equal, **wanted)
        return [_intent(row, reopened=False) for row in rows]


def _open_one(equal: Iterable[str]) -> Select[Any]:
    """Open intents with these columns as given."""
    where = [intents.c[name] == bindparam(name) for name in equal]
    return select(intents).where(*where, _OPEN)


def _close() -> Executable:
    is_open = and_(intents.c.number == bindparam("intent"), _OPEN)
    names = ("outcome", "outcome_details", "closed_at")
    values: dict[str, Any] = {name: bindparam(f"its_{name}") for name in names}
    return update(intents).where(is_open).values(values)


def close(
    connection: Connection,
    prepared: Prepared,
    intent_id: int,
    outcome: Outcome,
    details: str,
    now: str,
) -> None:
    """Close an intent within the caller's transaction."""
    closed = prepared.run(
        connection,
        "close intent",
        _close,
        intent=intent_id,
        its_outcome=outcome.value,
        its_outcome_details=details,
        its_closed_at=now,
    )
    if closed.rowcount == 1:
        return
    ended = connection.scalar(
        select(intents.c.outcome).where(intents.c.number == intent_id)
    )
    if ended != outcome.value:
        said = f"ended as {ended} before" if ended else "does not exist"
        raise exceptions.StoreError(
            f"{said}, and cannot end as {outcome.value}",
            resource=f"intent {intent_id}",
        )


def _intent(row: Row[Any], *, reopened: bool) -> Intent:
    return Intent(
        id=row.number,
        run_id=row.run_id,
        kind=row.kind,
        ref=Ref(row.type, row.source_id),
        details=load(row.details),
        reopened=reopened,
        opened_at=row.opened_at,
    )
