# SPDX-License-Identifier: Apache-2.0
"""Two simulated clouds and a database, which go back to a kept state in milliseconds.

Each command of Pumphouse is a process of its own, forked from this one, which has
loaded everything already and has no threads.
"""

from __future__ import annotations

import faulthandler
import http.client
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from testbed.simulator.pair import RELEASES, write_clouds
from tools.crashproof import child
from tools.crashproof.side_by_side import Stuck, die_with_parent

PASSWORD = "simulated"  # noqa: S105
SETTINGS = {"build": 0.0, "change": 0.0, "unlimited": True, "hosts": 1}
KILLED = -9
CONF = "pumphouse.conf"
STARTED, ANSWERED, ENDED = 60.0, 60.0, 120.0  # seconds that a world waits
_CONF = """\
[engine]
workers = {workers}
retry_delay = 0
take_over_wait = 0
[cloud]
request_timeout = {timeout}
[server]
poll_interval = 0.05
[transfer]
chunk_size = 65536
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, or stands still.

    :param code: its exit code, or ``KILLED``
    :param passed: points it passed; if it was killed, only the last one
    """

    words: tuple[str, ...]
    code: int
    said: str
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A process that was begun.

    :param said: a file with what it says
    :param told: a file with the points it passes
    """

    words: tuple[str, ...]
    pid: int
    said: Path
    told: Path


class Control:
    """The simulator's own API of one cloud.

    :param patience: seconds for an answer
    """

    def __init__(self, url: str, patience: float) -> None:
        where = urlsplit(url)
        self.patience = patience
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's document.

        :raises RuntimeError: the simulator refused
        :raises Stuck: it does not answer
        """
        text = json.dumps(body) if body is not None else None
        self._connection.timeout = self.patience  # when it is opened
        if self._connection.sock is not None:
            self._connection.sock.settimeout(self.patience)
        try:
            self._connection.request(method, f"/_simulator/{path}", text)
            answer = self._connection.getresponse()
            data = answer.read()
        except TimeoutError:
            raise Stuck(
                f"a simulated cloud has not answered {method} {path} "
                f"for {self.patience:g} s"
            ) from None
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {data.decode()[:500]}")
        return json.loads(data or b"{}")

    def reconnect(self) -> None:
        """Ask over a new connection from now on.

        A simulator takes connections in the order in which they were opened: it
        knows then of all that were before, which it may not have looked at yet.
        """
        self._connection.close()  # opened again by the next request


class World:
    """A context manager; everything is in memory or in one temporary folder.

    :param workers: how many steps of a run are under way at once
    :param settings: how the clouds behave, over ``SETTINGS``
    :param timeout: seconds until Pumphouse counts an answer as lost
    :param alive: called before each command
    """

    def __init__(
        self,
        workers: int = 1,
        settings: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self.workers = workers
        self.patience = ENDED  # seconds for one command
        self._alive = alive
        self._settings = {**SETTINGS, **(settings or {})}
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        memory = os.environ.get("PUMPHOUSE_PROOF_FOLDER", memory)
        self.folder = Path(tempfile.mkdtemp(prefix="pumphouse-proof-", dir=memory))
        self.database = self.folder / "pumphouse.db"
        self.urls: dict[str, str] = {}
        self.clouds: dict[str, Control] = {}
        self.fresh: dict[str, Any] = {}  # all records of the new destination
        self._processes: list[subprocess.Popen[bytes]] = []
        conf = _CONF.format(workers=workers, timeout=timeout)
        (self.folder / CONF).write_text(conf)
        text = "source:\n  cloud: source\ndestination:\n  cloud: destination\n"
        (self.folder / "migration.yaml").write_text(text)

    def __enter__(self) -> World:
        for name, release in RELEASES.items():
            process = subprocess.Popen(
                [
                    sys.executable,
                    *("-m", "testbed.simulator"),
                    *("--name", name, "--release", release),
                ],
                stdout=subprocess.PIPE,
                preexec_fn=die_with_parent,
            )
            self._processes.append(process)
            self.urls[name] = _first_line(process, name)
            self.clouds[name] = Control(self.urls[name], ANSWERED)
            self.clouds[name].ask("PUT", "settings", self._settings)
        write_clouds(self.folder / "clouds.yaml", self.urls, PASSWORD)
        self.fresh = self.dump()["destination"]
        child.warm_up(self.folder)
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pids(self) -> dict[str, int]:
        """The processes of the simulated clouds, by name."""
        return {n: p.pid for n, p in zip(RELEASES, self._processes, strict=True)}

    # -- going back --------------------------------------------------------
    def keep(self, name: str) -> None:
        """Everything as it is now, to go back to it."""
        self._settle()
        for cloud in self.clouds.values():
            cloud.ask("PUT", f"snapshots/{name}")
        self.keep_database(name)

    def back(self, name: str) -> None:
        """Everything as it was then; without faults."""
        for cloud in self.clouds.values():
            cloud.ask("POST", f"snapshots/{name}")
        self.database_back(name)

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"sqlite:///{self.database}"

    def keep_database(self, name: str) -> None:
        """The database as it is now, to go back to it."""
        for file in self._files():
            shutil.copy(file, self.folder / f"{name}.{file.name}")

    def database_back(self, name: str) -> None:
        """The database as it was then."""
        for file in self.folder.glob("pumphouse.db*"):
            file.unlink()
        for file in self.folder.glob(f"{name}.pumphouse.db*"):
            shutil.copy(file, self.folder / file.name.removeprefix(f"{name}."))

    def _settle(self) -> None:
        """Wait until the clouds have seen that a killed process is gone.

        An upload that it was at counts as under way until then.

        :raises Stuck: somebody else stays connected
        """
        for name, cloud in self.clouds.items():
            until = time.monotonic() + cloud.patience
            cloud.reconnect()
            while cloud.ask("GET", "")["connections"] > 1:  # this one
                if time.monotonic() > until:
                    raise Stuck(f"the simulated {name} has a connection left open")

    def _files(self) -> list[Path]:
        # The index of the write-ahead log is made anew by whoever opens it.
        found = sorted(self.folder.glob("pumphouse.db*"))
        return [file for file in found if not file.name.endswith("-shm")]

    # -- looking -----------------------------------------------------------
    def dump(self) -> dict[str, Any]:
        """All records of both clouds, by side, type and id."""
        return {name: cloud.ask("GET", "dump") for name, cloud in self.clouds.items()}

    def crashes(self) -> list[str]:
        """Faults of the simulator itself."""
        found = []
        for cloud in self.clouds.values():
            found += cloud.ask("GET", "log")["crashes"]
        return found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of Pumphouse's database; none if there is no database."""
        if not self.database.exists():
            return []
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # made when first needed
                return []
            raise
        finally:
            connection.close()

    # -- doing -------------------------------------------------------------
    def pumphouse(self, *words: str, kill_at: int = 0) -> Ended:
        """Run a command in a process of its own.

        :param kill_at: kill it at that point; 0 lets it end
        """
        return self.end(self.begin(words, lambda told: child.Trap(kill_at, told)))

    def begin(
        self,
        words: tuple[str, ...],
        trap: Callable[[str], child.Trap],
        name: str = "",
        conf: str = CONF,
    ) -> Begun:
        """Begin a command in a process of its own.

        :param trap: makes its trap in that process, of the file for what it passes
        :param name: tells it from another that is under way
        :param conf: its pumphouse.conf
        """
        self._alive()
        said, told = self.folder / f"said{name}", self.folder / f"told{name}"
        for file in (said, told):
            file.unlink(missing_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            self._become(words, trap, said, told, conf)
        return Begun(words, pid, said, told)

    def end(self, begun: Begun) -> Ended:
        """How a command ended, once it has.

        :raises Stuck: it did not; what each of its threads was at is told
        """
        code = self._ended(begun.pid, begun.words, begun.said)
        told = begun.told
        passed = told.read_text().splitlines() if told.exists() else []
        return Ended(begun.words, code, begun.said.read_text(), tuple(passed))

    def _ended(self, pid: int, words: tuple[str, ...], said: Path) -> int:
        """Its exit code.

        :raises Stuck: it did not end; what each of its threads was at is told
        """
        fd = os.pidfd_open(pid)
        try:
            if not select.select([fd], [], [], self.patience)[0]:
                os.kill(pid, signal.SIGABRT)  # which has faulthandler tell
                if not select.select([fd], [], [], ANSWERED)[0]:
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                raise Stuck(
                    f"pumphouse {' '.join(words)} has not ended for "
                    f"{self.patience:g} s\n{said.read_text()}"
                )
            _, status = os.waitpid(pid, 0)
        except SystemExit:  # this process is to end, and that one with it
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        finally:
            os.close(fd)
        return os.waitstatus_to_exitcode(status)

    def _become(
        self,
        words: tuple[str, ...],
        trap: Callable[[str], child.Trap],
        said: Path,
        told: Path,
        conf: str,
    ) -> None:
        """In the forked process; does not return."""
        code = 70
        die_with_parent()
        try:
            fd = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(fd, 1)
            os.dup2(fd, 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            faulthandler.enable(2)
            sys.stdin = open(0, closefd=False)  # noqa: SIM115
            sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
            os.environ["OS_CLIENT_CONFIG_FILE"] = str(self.folder / "clouds.yaml")
            place = ["-m", "migration.yaml", "--config-file", conf]
            os.chdir(self.folder)
            code, passed = child.run(
                [*place, "--database", self.url, *words],
                trap(str(told)),
                serial=self.workers == 1,
            )
            told.write_text("\n".join(passed))
        except BaseException:  # noqa: BLE001  (seen in what it said)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _first_line(process: subprocess.Popen[bytes], name: str) -> str:
    """What a simulated cloud says once it listens: where.

    :raises Stuck: it says nothing
    """
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], STARTED)[0]:
        raise Stuck(f"the simulated {name} has not started for {STARTED:g} s")
    return process.stdout.readline().decode().strip()
