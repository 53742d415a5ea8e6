# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of our own, on a socket in a temporary folder."""

from __future__ import annotations

import atexit
import functools
import glob
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy

from pumphouse.store import connect

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def missing() -> str:
    """What is missing for a server; empty if nothing is."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed: pip install 'pumphouse[postgresql]'"
    if not _programs():
        return "PostgreSQL is not installed: apt-get install postgresql"
    if os.geteuid() == 0 and not _user():
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def _programs() -> str:
    """The folder with initdb and the server."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if found:
        return str(Path(found[-1]).parent)
    return str(Path(shutil.which("initdb") or "initdb").parent).removesuffix(".")


def _user() -> str | None:
    """Who is to run the server, where that is not us."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


def _as_user() -> dict[str, Any]:
    return {"user": _user()} if _user() else {}


class Server:
    """One cluster, stopped and removed at the end of the process.

    :param settings: of ``postgresql.conf``
    """

    def __init__(self, settings: Sequence[str] = _FAST) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pumphouse-pg-"))
        if _user():
            shutil.chown(self.folder, _user())
        self._data = str(self.folder / "data")
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-N")
        options = [f"-k {self.folder}", "-c listen_addresses="]
        options += [f"-c {setting}" for setting in settings]
        log = str(self.folder / "log")
        self._run(
            "pg_ctl",
            "-D",
            self._data,
            "start",
            "-w",
            "-l",
            log,
            "-o",
            " ".join(options),
        )
        self._watcher = self._watch()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Stop the server and remove all it has."""
        assert self._watcher.stdin is not None
        self._watcher.stdin.close()
        self._watcher.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _watch(self) -> subprocess.Popen[bytes]:
        """A shell that stops the server when this process ends, even if killed."""
        pg_ctl = os.path.join(_programs(), "pg_ctl")
        stop = f"{pg_ctl} -D {self._data} stop -m immediate"
        return subprocess.Popen(
            ["sh", "-c", f"cat; {stop}; rm -rf {self.folder}/*"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **_as_user(),
        )

    def engine(self) -> sqlalchemy.Engine:
        """An engine on a new, empty database."""
        name = f"test_{uuid.uuid4().hex}"
        admin = connect.make_engine(self._url("postgres"), 5.0)
        with admin.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.dispose()
        return connect.make_engine(self._url(name), 5.0)

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [os.path.join(_programs(), program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **_as_user(),
        )


@functools.cache
def server() -> Server:
    """The server that all tests of this process share."""
    return Server()
