# SPDX-License-Identifier: Apache-2.0
"""Facts: what was once found out about data and stays true, by the data's hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, select

from pumphouse.store.database import Database, dump, load
from pumphouse.store.tables import facts

_BATCH = 500  # keys in one statement


class Facts(Database):
    """The store's part for facts.  They belong to no cloud and no run."""

    def known(self, kind: str, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        """What is known of these *keys*; nothing of those that are not known.

        :param kind: what was looked for
        """
        wanted = sorted(keys)
        queries = [
            select(facts.c.key, facts.c.details).where(
                facts.c.kind == kind,
                facts.c.key.in_(wanted[start : start + _BATCH]),
            )
            for start in range(0, len(wanted), _BATCH)
        ]

        def read(connection: Connection) -> dict[str, dict[str, Any]]:
            rows = (row for query in queries for row in connection.execute(query))
            return {row.key: load(row.details) for row in rows}

        return self.read(read)

    def learn(self, kind: str, found: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what was found out, by key, instead of what was known before.

        :raises StoreError: it is not storable
        """
        now = self.now()
        rows = [
            {
                "kind": kind,
                "key": key,
                "details": dump(each, f"{kind} {key}"),
                "at": now,
            }
            for key, each in sorted(found.items())
        ]
        if not rows:
            return
        insert = self.insert(facts)
        query = insert.on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={"details": insert.excluded.details, "at": insert.excluded.at},
        )
        self.transact(lambda connection: connection.execute(query, rows))
