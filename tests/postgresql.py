# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of our own, on a socket in a temporary folder.

Tests on it are never skipped: ``tools/test.py`` has Debian's package installed
before the first one (``python -m tests.postgresql`` does just that), and where that
cannot be done they fail and say what is missing.
"""

from __future__ import annotations

import atexit
import functools
import glob
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy

from pumphouse.store import connect

PACKAGE = "postgresql"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def missing() -> str:
    """What is missing for a server; empty if nothing is."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed: pip install 'pumphouse[postgresql]'"
    if not _programs():
        return f"PostgreSQL is not installed: apt-get install {PACKAGE}"
    if os.geteuid() == 0 and not _user():
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def install() -> None:
    """Install Debian's package, where no server is and we may.

    :raises RuntimeError: something is missing all the same; says what
    """
    if not _programs() and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing Debian's {PACKAGE}", flush=True)
        apt = ["apt-get", "--quiet", "-oDPkg::Lock::Timeout=900"]
        quiet: dict[str, Any] = {
            "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "check": False,
        }
        subprocess.run([*apt, "update"], **quiet)
        wanted = ["install", "--yes", "--no-install-recommends", PACKAGE]
        subprocess.run([*apt, *wanted], **quiet)
    if missing():
        raise RuntimeError(missing())


def _programs() -> str:
    """The folder with initdb and the server."""
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    newest = max(found, key=lambda path: float(path.split("/")[4]), default="")
    program = newest or shutil.which("initdb")
    return str(Path(program).parent) if program else ""


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
        self._options = " ".join(options)
        self.up()
        self._watcher = self._watch()
        atexit.register(self.stop)

    def up(self) -> None:
        """Start the server."""
        log = str(self.folder / "log")
        how = ("start", "-w", "-l", log, "-o", self._options)
        self._run("pg_ctl", "-D", self._data, *how)

    def down(self) -> None:
        """Stop the server at once; :meth:`up` starts it again."""
        self._run("pg_ctl", "-D", self._data, "stop", "-w", "-m", "fast")

    def stop(self) -> None:
        """Stop the server and remove all it has."""
        assert self._watcher.stdin is not None
        self._watcher.stdin.close()
        self._watcher.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _watch(self) -> subprocess.Popen[bytes]:
        """A shell that stops the server when this process ends, even if killed."""
        pg_ctl = os.path.join(_programs(), "pg_ctl")
        # In a container whose first process buries nobody, it seems never to end.
        stop = f"{pg_ctl} -D {self._data} stop -m immediate -t 5"
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
        return connect.make_engine(self.database(), 5.0)

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{uuid.uuid4().hex}"
        admin = connect.make_engine(self._url("postgres"), 5.0)
        with admin.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.dispose()
        return self._url(name)

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
    """The server that all tests of this process share.

    :raises RuntimeError: there cannot be one; says what is missing
    """
    if missing():
        raise RuntimeError(missing())
    return Server()


if __name__ == "__main__":
    try:
        install()
    except RuntimeError as error:
        sys.exit(str(error))
