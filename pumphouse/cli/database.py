# SPDX-License-Identifier: Apache-2.0
"""``pumphouse database show``, ``check`` and ``backup``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, ClassVar

from pumphouse import exceptions
from pumphouse.cli import base, exits

_TOLD = 20  # faults spelled out


class DatabaseShow(base.ShowOne):
    """Show which database is Pumphouse's own, and what is in it"""

    codes = exits.STORED
    example = "pumphouse database show -f value -c database"
    _epilog = "Reads that database only: it asks no cloud, and makes nothing."

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        store = self.workspace.store
        found = store.contents()
        pairs = [" -> ".join(pair) for pair in found["clouds"]]
        return (
            (
                *("database", "server", "schema", "size", "plans", "runs"),
                *("unfinished_runs", "bindings", "open_intents", "clouds"),
            ),
            (
                store.name.removeprefix("database "),
                *(found["server"], found["schema"], base.size(found["bytes"])),
                *(found["plans"], found["runs"], found["unfinished_runs"]),
                *(found["bindings"], found["open_intents"], pairs),
            ),
        )


class DatabaseCheck(base.Command):
    """Check that the database is whole: its file, its tables, what refers to what"""

    codes: ClassVar[exits.Codes] = {
        **exits.STORED,
        exceptions.EXIT_OK: "nothing is wrong",
        exceptions.EXIT_STORE: "something is wrong, or the database cannot be used",
    }
    example = "pumphouse database check"
    _epilog = (
        "A database that is damaged is replaced by its last backup; the page on lost "
        "databases tells how to go on from there."
    )

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        store = self.workspace.store
        faults = store.faults()
        for fault in faults[:_TOLD]:
            self.tell(fault)
        if len(faults) > _TOLD:
            self.tell(f"and {len(faults) - _TOLD} more")
        if faults:
            raise exceptions.StoreError(
                f"has {len(faults)} faults",
                resource=store.name,
                hint="Keep a copy of it as it is, then go on with its last backup",
            )
        found = store.contents()
        self.tell(
            f"{store.name} is whole: {found['plans']} plans, {found['runs']} runs, "
            f"{found['bindings']} bindings, {found['open_intents']} open intents"
        )
        return exceptions.EXIT_OK


class DatabaseBackup(base.Command):
    """Copy the database to a file, also while runs go on"""

    codes: ClassVar[exits.Codes] = {
        **exits.STORED,
        exceptions.EXIT_STORE: "the file exists already or cannot be written, or the "
        "database is PostgreSQL's, or cannot be used",
    }
    example = (
        "pumphouse database backup /srv/backup/pumphouse-1.db\n"
        "pumphouse --database sqlite:////srv/backup/pumphouse-1.db run list"
    )
    _epilog = "PostgreSQL is backed up with pg_dump."

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("file", metavar="FILE", type=Path, help="a new file")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        store, path = self.workspace.store, parsed_args.file
        store.backup(path)
        self.tell(f"{store.name} is copied to {path}")
        return exceptions.EXIT_OK
