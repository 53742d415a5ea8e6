# SPDX-License-Identifier: Apache-2.0
"""One private MariaDB server for all clouds, on a unix socket only.

Its directory is readable by its owner only, which is what protects it: the
database's root user has no password.
"""

import glob
import os
import pwd
import subprocess
import time
import uuid

from testbed.errors import MissingError, TestbedError
from testbed.openstack import commands
from testbed.openstack.layout import DATABASES

OPTIONS = (
    "--skip-networking",
    "--skip-name-resolve",
    "--max-connections=400",
    "--innodb-buffer-pool-size=128M",
    "--innodb-log-file-size=16M",
    # a crash of the machine may lose this database; it is made again in a minute
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--performance-schema=OFF",
    "--table-definition-cache=2000",
    "--table-open-cache=2000",
)


class Database:
    """The database server of one testbed."""

    def __init__(self, layout, processes):
        self.layout = layout
        self.processes = processes
        self.log = layout.mysql / "mysqld.log"

    def initialise(self):
        """Makes the empty data directory."""
        data = self.layout.mysql / "data"
        data.mkdir(parents=True)
        commands.run(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--user={_user()}",
                f"--datadir={data}",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ],
            self.log,
            "making the MariaDB data directory",
            env=_environment(),
        )

    def start(self, limit=60):
        """Starts the server and waits until it answers."""
        layout = self.layout
        process = self.processes.start(
            "mysql",
            [
                _program("mariadbd"),
                "--no-defaults",
                f"--user={_user()}",
                f"--datadir={layout.mysql / 'data'}",
                f"--socket={layout.socket}",
                f"--pid-file={layout.mysql / 'mysqld.pid'}",
                *OPTIONS,
            ],
            self.log,
            _environment(),
        )
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self._client("mariadb-admin", "ping").returncode == 0:
                return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        raise TestbedError("MariaDB did not start", self.log)

    def sql(self, text):
        """Runs statements."""
        done = self._client("mariadb", "-e", text)
        if done.returncode:
            raise TestbedError(f"MariaDB: {done.stderr.decode(errors='replace')}")

    def create(self, cloud):
        """The empty databases of one cloud."""
        for name in DATABASES:
            self.sql(f"CREATE DATABASE {cloud}_{name} CHARACTER SET utf8")

    def copy(self, old, new):
        """Gives a cloud the fresh databases of another of the same release.

        They hold schemas and what the migrations insert. The few generated ids in
        there are made anew, so that no id is the same in both clouds.
        """
        self.create(new)
        for name in DATABASES:
            dump = self._client(
                "mariadb-dump", "--skip-lock-tables", "--skip-comments", f"{old}_{name}"
            )
            if dump.returncode:
                raise TestbedError(f"copying the database {old}_{name} failed")
            if self._client("mariadb", f"{new}_{name}", data=dump.stdout).returncode:
                raise TestbedError(f"filling the database {new}_{name} failed")
        self.sql(
            f"UPDATE {new}_cinder.volume_types SET id='{uuid.uuid4()}';"
            f"UPDATE {new}_nova_api.cell_mappings SET uuid='{uuid.uuid4()}'"
            " WHERE name='cell1';"
            f"UPDATE {new}_nova_api.cell_mappings SET database_connection="
            f"REPLACE(database_connection, '/{old}_', '/{new}_');"
        )

    def _client(self, program, *arguments, data=None):
        return subprocess.run(
            [
                _program(program),
                "--no-defaults",
                "--user=root",
                f"--socket={self.layout.socket}",
                *arguments,
            ],
            input=data,
            capture_output=True,
            env=commands.clean_environment(),
            check=False,
        )


def _user():
    return pwd.getpwuid(os.getuid()).pw_name


def _environment():
    """Without fsync, if libeatmydata is there: schemas are made five times faster."""
    found = sorted(glob.glob("/usr/lib/*/libeatmydata.so*"))
    return commands.clean_environment(**({"LD_PRELOAD": found[0]} if found else {}))


def _program(name):
    path = commands.available(name)
    if path is None:
        raise MissingError(f"{name} is not installed: run `python -m testbed install`")
    return path
