# SPDX-License-Identifier: Apache-2.0
"""One process of Pumphouse that is killed at a given point.

    python -m tools.crashproof.child --kill-at 57 -- apply 1a2b3c4d

Nothing in Pumphouse knows of it: it wraps the two seams that all requests and all
durable writes pass, the cloud's session and the database's connection.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from taskflow import atom

from pumphouse.cli import main as program
from pumphouse.cli import workspace
from pumphouse.cloud import cloud
from pumphouse.cloud.session import Session
from pumphouse.conf import options
from pumphouse.flow import cleanup, context, runner
from pumphouse.flow.engine.storage import persistence
from pumphouse.plan import discovery, foresight, verification
from pumphouse.resources.image import lists
from pumphouse.store import Store, connect
from pumphouse.transfer.glance import ImageData

__all__ = ["Trap", "main", "quick", "run"]

PRELOADED = (runner, cleanup)  # what commands load late


class Trap:
    """Counts points, and kills this process at one of them.

    :param kill_at: 1 is the first; 0 never
    :param told: a file that gets the name of the point it was killed at
    """

    def __init__(self, kill_at: int = 0, told: str = "") -> None:
        self.kill_at = kill_at
        self.told = told
        self.passed: list[str] = []
        self._lock = threading.Lock()

    def hit(self, name: str) -> None:
        """One more point."""
        with self._lock:  # at the end nobody else goes on meanwhile
            self.passed.append(name)
            if len(self.passed) == self.kill_at:
                self.tell(name)
                os.kill(os.getpid(), signal.SIGKILL)

    def tell(self, name: str) -> None:
        """Leave the name of the point it is at."""
        if self.told:
            with open(self.told, "w") as file:
                file.write(name)

    def set(self) -> None:
        """From now on all points are counted."""
        trap = self

        def around(owner: type, method: str, name: Callable[..., str]) -> None:
            inner = getattr(owner, method)

            @functools.wraps(inner)
            def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
                said = name(self, *args)
                if not said:
                    return inner(self, *args, **kwargs)
                trap.hit(f"before {said}")
                found = inner(self, *args, **kwargs)
                trap.hit(f"after {said}")
                return found

            setattr(owner, method, wrapped)

        around(Session, "send_once", lambda _, url, method: f"{method} {url}")
        around(
            connect._Connection,
            "commit",
            lambda connection: "commit" if connection._writing else "",
        )
        chunks = ImageData._chunks

        def counted(self: ImageData, *args: Any) -> Iterator[bytes]:
            for chunk in chunks(self, *args):
                trap.hit("a chunk of an image")
                yield chunk

        ImageData._chunks = counted  # type: ignore[method-assign]


def quick(*, serial: bool) -> None:
    """No time is spent on waiting for clouds that are always ready.

    :param serial: one request after the other, in the same order each time
    """
    context.FIRST_POLL = context.FIRST_LOOK = 0.001
    cloud.connect = functools.partial(cloud.connect, sleep=lambda seconds: None)
    if serial:
        for module in (discovery, foresight, verification):
            module.PARALLEL = 1  # type: ignore[attr-defined]
        lists._PARALLEL = 1
        # TaskFlow keeps what may start in a set.
        atom.Atom.__hash__ = lambda self: hash(self.name)


def warm_up(folder: Path) -> None:
    """Load and cache in this process, without a thread, what each command needs.

    :param folder: with a ``clouds.yaml``, ``migration.yaml`` and ``pumphouse.conf``
    """
    database = f"sqlite:///{folder / 'warm.db'}"
    files = ["-m", str(folder / "migration.yaml"), "--database", database]
    with open(os.devnull, "w") as nowhere:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            Store(database).close()
            for words in (["apply", "--help"], ["run", "list"], ["plan", "list"]):
                program.main([*files, *words])
            with mock.patch.dict(
                os.environ, {"OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml")}
            ):
                space = workspace.Workspace(options.load([]), files[1])
                space.planner_parts = space.types, space.source  # type: ignore
                space.close()
            store = connect.make_engine(database, 1.0)
            persistence.persistence(store).close()
            store.dispose()
    gc.collect()
    gc.freeze()


def run(
    words: Sequence[str], trap: Trap, *, serial: bool = True
) -> tuple[int, list[str]]:
    """Exit code of ``pumphouse WORDS``, and the points it passed."""
    trap.set()
    quick(serial=serial)
    return program.main(list(words)), trap.passed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.crashproof.child")
    parser.add_argument("--kill-at", type=int, default=0, metavar="N")
    parser.add_argument("words", nargs="+", help="pumphouse's own arguments, after --")
    args = parser.parse_args(argv)
    code, passed = run(args.words, Trap(args.kill_at))
    sys.stderr.write(f"{len(passed)} points\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
