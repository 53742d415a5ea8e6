# SPDX-License-Identifier: Apache-2.0
"""Plans: immutable documents, found by id or by its beginning."""

from __future__ import annotations

import difflib
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from pumphouse import exceptions
from pumphouse.store.database import MAX_SUMMARY, Database, dump, load, plain
from pumphouse.store.rows import PlanRow
from pumphouse.store.tables import plans, runs
from pumphouse.text import quoted

MIN_PREFIX = 4
SHORT = 8  # characters of an id that lists show
_SHOWN = 5  # candidates named in an error
_LOOKED_AT = 1000  # newest ids among which a near miss is looked for
_ALIKE = 0.7  # as difflib has it


class Plans(Database):
    """The store's part for plans."""

    def save_plan(self, plan: PlanRow) -> None:
        """Keep *plan*.  Saving the same one again does nothing.

        :raises StoreError: another plan has this id
        """
        values = {
            "id": plan.id,
            "digest": plan.digest,
            "source": plan.source,
            "destination": plan.destination,
            "title": plain(plan.title),
            "document": plan.document,
            "summary": dump(plan.summary, f"plan {plan.id}", MAX_SUMMARY),
            "created_at": plan.created_at or self.now(),
            "planned_by": plain(plan.planned_by),
        }
        insert = self.insert(plans).values(values).on_conflict_do_nothing()
        its_digest = select(plans.c.digest).where(plans.c.id == plan.id)

        def write(connection: Connection) -> None:
            connection.execute(insert)
            if connection.scalar(its_digest) != plan.digest:
                raise exceptions.StoreError(
                    "is saved already, with another content; plans do not change",
                    resource=f"plan {plan.id}",
                )

        self.transact(write)

    def plan(self, id_or_prefix: str) -> PlanRow:
        """The plan with this id, or with the only id that begins so.

        :raises NotFound: there is none
        :raises Ambiguous: several ids begin so
        """

        def read(connection: Connection) -> Row[Any]:
            plan_id = find_id(connection, plans, "plan", id_or_prefix)
            return connection.execute(select(plans).where(plans.c.id == plan_id)).one()

        row = self.read(read)
        return _plan(row, row.document)

    def plans(self) -> list[PlanRow]:
        """All plans, newest first, without their documents."""
        columns = [column for column in plans.c if column.name != "document"]
        query = select(*columns).order_by(plans.c.number.desc())
        rows = self.read(lambda connection: connection.execute(query).all())
        return [_plan(row, "") for row in rows]

    def planned_by(self, plan_id: str) -> str:
        """Who drew the plan with this id up; "" where nobody knows."""
        query = select(plans.c.planned_by).where(plans.c.id == plan_id)
        return str(self.read(lambda connection: connection.scalar(query)) or "")


def _plan(row: Row[Any], document: str) -> PlanRow:
    return PlanRow(
        id=row.id,
        digest=row.digest,
        source=row.source,
        destination=row.destination,
        title=row.title,
        document=document,
        summary=load(row.summary),
        created_at=row.created_at,
        planned_by=row.planned_by,
    )


def find_id(connection: Connection, table: Table, what: str, wanted: str) -> str:
    """The full id for an id or its beginning (at least four characters).

    :param what: ``plan`` or ``run``
    :raises NotFound: there is none
    :raises Ambiguous: several ids begin so
    """
    column = table.c.id
    if connection.scalar(select(column).where(column == wanted)):
        return wanted
    name = f"{what} {quoted(wanted)}"
    see = f"'pumphouse {what} list' shows what there is"
    if len(wanted) < MIN_PREFIX:
        raise exceptions.NotFound(
            f"no such id; its beginning needs {MIN_PREFIX} characters or more",
            resource=name,
            hint=see,
        )
    query = select(column).where(column.startswith(wanted, autoescape=True))
    found = list(connection.scalars(query.order_by(column).limit(_SHOWN + 1)))
    if not found:
        meant = _meant(connection, table, wanted)
        raise exceptions.NotFound("there is none", resource=name, hint=f"{meant}{see}")
    if len(found) > 1:
        more = ", ..." if len(found) > _SHOWN else ""
        raise exceptions.Ambiguous(
            "several ids begin so",
            resource=name,
            hint=f"Choose one of {', '.join(found[:_SHOWN])}{more}",
        )
    return str(found[0])


def _meant(connection: Connection, table: Table, wanted: str) -> str:
    """What the operator may have meant: an id of the other kind, or one much alike."""
    other = runs if table is plans else plans
    begins = other.c.id.startswith(wanted, autoescape=True)
    row = connection.execute(select(other).where(begins).limit(1)).first()
    if row is not None and other is runs:
        return f"It is a run, of plan {row.plan_id[:SHORT]}; "
    if row is not None:
        of_plan = select(runs.c.id).where(runs.c.plan_id == row.id)
        run = connection.scalar(of_plan.order_by(runs.c.number.desc()).limit(1))
        return f"It is a plan; {f'its newest run is {run[:SHORT]}; ' if run else ''}"
    newest = select(table.c.id).order_by(table.c.number.desc()).limit(_LOOKED_AT)
    ids = [each[: max(SHORT, len(wanted))] for each in connection.scalars(newest)]
    close = difflib.get_close_matches(wanted.lower(), ids, n=1, cutoff=_ALIKE)
    return f"Did you mean {close[0]}? " if close else ""
