# SPDX-License-Identifier: Apache-2.0
"""Pumphouse's own database: is it there, can it be used, what is unfinished in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pumphouse import exceptions
from pumphouse.check.clocks import skewed
from pumphouse.check.findings import Finding, Looks, Place
from pumphouse.store.peek import Peek, file_of, peek
from pumphouse.text import count, some

LEAST = 64 * 2**20
"""Bytes that have to be free where the database is."""
FEW = 2**30
"""Bytes below which it is told that few are free."""

_NAMED = 5  # runs spelled out


def look(url: str, lock_timeout: float) -> Iterator[Finding]:
    """All that there is to say of the database at *url*; makes none.

    :param lock_timeout: seconds to wait for another process's write
    """
    looks = Looks(Place.DATABASE)
    yield from looks.look("database", lambda: _database(looks, url, lock_timeout))
    yield from _disk(looks, url)


def _database(looks: Looks, url: str, lock_timeout: float) -> Iterator[Finding]:
    try:
        found = peek(url, lock_timeout)
    except exceptions.NoDatabase as none:
        yield _none_yet(looks, none, file_of(url))
        return
    if found.schema < found.newest:
        yield looks.warning(
            "database",
            f"{found.name}: has the schema {found.schema}; the next command brings it "
            f"to {found.newest}. Run 'pumphouse database backup' before, with the "
            "version of Pumphouse that made it",
        )
        return
    if found.schema != found.newest:
        yield looks.error(
            "database",
            f"{found.name}: is of a newer version of Pumphouse (schema {found.schema}, "
            f"known is {found.newest}). Update Pumphouse, or name another database",
        )
        return
    yield looks.ok("database", f"{found.name} has the schema {found.schema}")
    yield from _unfinished(looks, found)
    if found.skew is not None:
        yield skewed(looks, {"its server": found.skew})


def _none_yet(looks: Looks, none: exceptions.NoDatabase, file: Path | None) -> Finding:
    folder = _folder(file) if file else None
    if file is None or folder is None or os.access(folder, os.W_OK | os.X_OK):
        return looks.ok(
            "database", f"{none.resource}: is not there yet; 'pumphouse plan' makes it"
        )
    return looks.error(
        "database",
        f"{none.resource}: is not there, and cannot be made: {folder} cannot be "
        "written. --database and PUMPHOUSE_DATABASE name another",
    )


def _unfinished(looks: Looks, found: Peek) -> Iterator[Finding]:
    if found.unfinished:
        runs = some([run[:8] for run in found.unfinished], _NAMED)
        yield looks.warning(
            "runs",
            f"{count(len(found.unfinished), 'run')} not finished: {runs}. 'pumphouse "
            "resume RUN' goes on with one, 'pumphouse rollback RUN' takes it back",
        )
    elif found.open_intents:
        yield looks.warning(
            "runs",
            f"the end of {count(found.open_intents, 'step')} is not known. 'pumphouse "
            "cleanup' puts temporary things away; 'pumphouse run list' shows the runs",
        )
    else:
        yield looks.ok("runs", "no run is unfinished")


def _folder(file: Path) -> Path:
    """The nearest folder above *file* that exists."""
    return next(folder for folder in file.parents if folder.exists())


def _disk(looks: Looks, url: str) -> Iterator[Finding]:
    try:
        file = file_of(url)
    except exceptions.StoreError:
        return  # told already
    if file is None:
        yield looks.unknown("disk", "how much room the database server's disk has left")
        return
    folder = _folder(file)
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        said = (error.strerror or "error").lower()
        yield looks.unknown("disk", f"how much room {folder} has left: {said}")
        return
    text = f"{free / 2**20:.0f} MiB are free in {folder}, where the database is"
    if free < LEAST:
        yield looks.error("disk", f"{text}. A run needs {LEAST >> 20}: make room")
    elif free < FEW:
        yield looks.warning("disk", f"{text}. Make room before you move much")
    else:
        yield looks.ok("disk", text)
