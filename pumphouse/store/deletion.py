# SPDX-License-Identifier: Apache-2.0
"""Takes plans away, with runs that are over where that is asked for.

Bindings and the journal stay: they are about what is in the clouds.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from pumphouse import exceptions
from pumphouse.store.database import Database
from pumphouse.store.tables import events, nodes, plans, runs


class Deletion(Database):
    """The store's part for what is no longer wanted."""

    def delete_plan(self, plan_id: str, run_ids: Collection[str] = ()) -> None:
        """Delete a plan and these runs of it, all or nothing.

        :param run_ids: all runs that the plan has
        :raises StoreError: another run of it was begun, or one of these is being
            driven; nothing is deleted
        """

        def write(connection: Connection) -> None:
            if connection.scalar(select(plans.c.id).where(plans.c.id == plan_id)):
                _delete(connection, plan_id, run_ids)

        self.transact(write)


def _delete(connection: Connection, plan_id: str, run_ids: Collection[str]) -> None:
    there = connection.execute(
        select(runs.c.id, runs.c.owner).where(runs.c.plan_id == plan_id)
    ).all()
    ours = {row.id for row in there} == set(run_ids)
    if not ours or any(row.owner for row in there):
        raise exceptions.StoreError(
            "one of its runs has begun meanwhile",
            resource=f"plan {plan_id[:8]}",
        )
    for run_id in run_ids:
        for table in (events, nodes):
            connection.execute(delete(table).where(table.c.run_id == run_id))
        connection.execute(delete(runs).where(runs.c.id == run_id))
    connection.execute(delete(plans).where(plans.c.id == plan_id))
