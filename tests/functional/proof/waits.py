# SPDX-License-Identifier: Apache-2.0
"""What the proofs wait for, in a process that has no threads: for ``test_waits``.

``python -m tests.functional.proof.waits KIND``, a function below
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from tools.crashproof import tenant
from tools.crashproof.scenarios import of_tenant
from tools.crashproof.side_by_side import Failed, Stuck, side_by_side
from tools.crashproof.world import World

SOON = 0.3  # seconds
PATIENCE = 3.0  # seconds; what does answer does so sooner, on a busy machine as well


def quick(job: int, alive: Callable[[], None]) -> int:
    alive()
    return job * job


def silent(job: str, alive: Callable[[], None]) -> None:
    if job == "silent":
        signal.pause()


def failing(job: str, alive: Callable[[], None]) -> None:
    raise LookupError(f"no such {job}")


def dying(job: str, alive: Callable[[], None]) -> None:
    os._exit(3)


def command(job: str, alive: Callable[[], None]) -> None:
    """A cloud never answers Pumphouse."""
    with World(alive=alive) as world:
        of_tenant(world)
        world.clouds["source"].ask("POST", "faults", {"kind": "hang"})
        world.patience = PATIENCE
        world.pumphouse("plan", "project", tenant.PROJECT)


def cloud(job: str, alive: Callable[[], None]) -> None:
    """A simulated cloud stands still."""
    with World(alive=alive) as world:
        world.clouds["source"].patience = PATIENCE
        os.kill(world.pids["source"], signal.SIGSTOP)
        world.dump()


def connected(job: str, alive: Callable[[], None]) -> None:
    """Something of what is to be kept is still under way."""
    with World(alive=alive) as world:
        world.keep("before")
        world.clouds["destination"].patience = PATIENCE
        where = urlsplit(world.urls["destination"])
        # The cloud gets round to the connection only when it is asked already.
        pid = world.pids["destination"]
        os.kill(pid, signal.SIGSTOP)
        signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGCONT))
        with socket.create_connection((where.hostname, where.port)):
            signal.setitimer(signal.ITIMER_REAL, SOON)
            world.keep("meanwhile")


def main(kind: str) -> None:
    try:
        if kind == "quick":
            print(sum(side_by_side(quick, range(24), 4)))
        elif kind == "silent":
            [*side_by_side(silent, ("talks", "silent"), 1, PATIENCE)]
        else:
            [*side_by_side(globals()[kind], (kind,), 1)]
    except (Stuck, Failed) as error:
        print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(sys.argv[1])
