# SPDX-License-Identifier: Apache-2.0
"""What an operator asks of the database itself: what is in it, is it whole, a copy."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, func, select, text

from pumphouse import exceptions
from pumphouse.store.database import Database
from pumphouse.store.schema import REVISIONS
from pumphouse.store.tables import bindings, events, intents, nodes, plans, runs


class Upkeep(Database):
    """The store's part for its upkeep."""

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    def contents(self) -> dict[str, Any]:
        """What the database is and what is in it: names and numbers.

        :raises StoreError: the database refused
        """
        whole = {
            "plans": plans,
            "runs": runs,
            "nodes": nodes,
            "bindings": bindings,
            "intents": intents,
            "events": events,
        }

        def read(connection: Connection) -> dict[str, Any]:
            info = self.engine.dialect.server_version_info or ()
            found: dict[str, Any] = {
                "server": f"{self.kind} {'.'.join(map(str, info))}",
                "schema": REVISIONS.current(connection),
                "bytes": self._size(connection),
            }
            for name, table in whole.items():
                found[name] = _count(connection, table)
            unfinished = runs.c.finished_at == ""
            found["unfinished_runs"] = _count(connection, runs, unfinished)
            found["open_intents"] = _count(connection, intents, intents.c.outcome == "")
            pairs = select(plans.c.source, plans.c.destination).distinct()
            found["clouds"] = [list(row) for row in connection.execute(pairs)]
            return found

        return self.read(read)

    def _size(self, connection: Connection) -> int:
        if self.kind == "sqlite":
            pages = connection.scalar(text("PRAGMA page_count")) or 0
            return int(pages) * int(connection.scalar(text("PRAGMA page_size")) or 0)
        size = connection.scalar(text("SELECT pg_database_size(current_database())"))
        return int(size or 0)

    def faults(self) -> list[str]:
        """What is wrong with the database, a line each; nothing where all is well.

        SQLite's own checks of the file, that what refers to a run or plan finds it,
        and that what a run made is known to exactly one source resource.

        :raises StoreError: the database refused
        """

        def read(connection: Connection) -> list[str]:
            found = []
            if self.kind == "sqlite":
                said = connection.execute(text("PRAGMA integrity_check"))
                found += [str(row[0]) for row in said if row[0] != "ok"]
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                found += [
                    f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is gone"
                    for row in broken
                ]
            known = select(runs.c.id)
            for what, table in (("binding", bindings), ("open intent", intents)):
                lost = (table.c.run_id != "") & table.c.run_id.not_in(known)
                if table is intents:
                    lost &= intents.c.outcome == ""
                for row in connection.execute(select(table).where(lost)):
                    found.append(
                        f"{what} of {row.type}:{row.source_id} names run "
                        f"{row.run_id[:8]}, which is gone"
                    )
            return found

        return self.read(read)

    def backup(self, path: Path) -> None:
        """Copy the whole database as it is now; runs may go on meanwhile.

        The copy is private (0600), complete or not there, and is opened like any
        other database.

        :param path: a file that does not exist yet
        :raises StoreError: it exists, cannot be written, or is no copy of SQLite's
        """
        if self.kind != "sqlite":
            raise exceptions.StoreError(
                "is backed up by its server's own means",
                resource=self.name,
                hint="Run pg_dump for that database; it is consistent while runs go on",
            )
        part = path.with_name(f"{path.name}.part")
        try:
            # EXCL: whatever has this name is somebody's, perhaps the only copy.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                with contextlib.suppress(FileNotFoundError):
                    part.unlink()
                os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                self._copy(part)
                part.replace(path)
            except BaseException:
                for each in (part, path):
                    with contextlib.suppress(OSError):
                        each.unlink()
                raise
        except OSError as error:
            raise exceptions.StoreError(
                f"cannot be written: {error.strerror}", resource=f"backup {path}"
            ) from None

    def _copy(self, path: Path) -> None:
        def copy(connection: Connection) -> None:
            ours = cast("sqlite3.Connection", connection.connection.dbapi_connection)
            with contextlib.closing(sqlite3.connect(path)) as theirs:
                try:
                    ours.backup(theirs)
                    # A file by itself: no log beside it that could be left behind.
                    theirs.execute("PRAGMA journal_mode=DELETE")
                except sqlite3.Error as error:
                    raise exceptions.StoreError(
                        f"cannot be written: {error}", resource=f"backup {path}"
                    ) from None
            _to_disk(path)

        self.read(copy)


def _count(connection: Connection, table: Any, *which: Any) -> int:
    query = select(func.count()).select_from(table).where(*which)
    return int(connection.scalar(query) or 0)


def _to_disk(path: Path) -> None:
    for each in (path, path.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
