#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run of 20,000 tasks is killed after 10,000: how long until the next one starts?

    python -m benchmarks.resume

The plan is that of a tenant of 10,000 resources on simulated clouds.  The run is
killed with SIGKILL; its steps did nothing but bind.  Timed is ``pumphouse resume``,
as a process: from its start (python itself and all imports included) to the first
step that begins, through the connection to both clouds, the plan and all states
read from the database, and the flow that is compiled from it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import simulated
from benchmarks.record import Measure, record
from pumphouse.cli.progress import Nobody
from pumphouse.flow import engine as engines
from pumphouse.models import Resource
from pumphouse.resources.base import MakeTask, ResourceType
from pumphouse.resources.context import Context

PROJECTS = 2  # the last of more is disabled
SERVERS = 1740  # in each: four steps each, and their ports one
DONE = 10000
ROUNDS = 3
# As where the extra is not installed: what has it imports it on every start.
NO_EXTRA = "import sys; sys.modules['eventlet'] = None; "
RESUME = f"""{NO_EXTRA}
from pumphouse.collector import paused
with paused():  # as the program itself loads what it is made of
    from benchmarks import resume
resume.resume(sys.argv[1])"""
BEGIN = NO_EXTRA + "from benchmarks import resume; resume.begin(sys.argv[1])"


class Dry:
    """A resource type whose steps do nothing but bind; the last wanted one kills."""

    lock = threading.Lock()
    left = DONE

    def __init__(self, kind: ResourceType) -> None:
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)

    def tasks(self, resource: Resource, make: MakeTask) -> list[Any]:
        return self._kind.tasks(resource, lambda step, _: make(step, self._step(step)))

    def _step(self, step: str) -> Any:
        def work(ctx: Context, resource: Resource) -> Mapping[str, Any] | None:
            with Dry.lock:
                Dry.left -= 1
                if Dry.left < 0:
                    os.kill(os.getpid(), 9)
            if step != "suspend" and ctx.binding(resource.ref) is None:
                ctx.bind(resource.ref, str(uuid.uuid4()))
            return None

        return work


def begin(folder: str) -> None:
    """Run the plan until it kills this process."""
    space = simulated.workspace(Path(folder))
    runner = space.runner(Nobody())
    runner.types = {name: Dry(kind) for name, kind in space.types.items()}  # type: ignore[misc]
    plan = simulated.draw_up(space, simulated.tenants(space))
    runner.drive(runner.start(plan).id)


def resume(folder: str) -> None:
    """``pumphouse resume``, which ends when its first step begins."""
    from pumphouse.cli.program import main
    from pumphouse.flow import compile as compiler
    from pumphouse.flow import tasks

    only_one = threading.Lock()  # several workers begin at the same moment

    class First(tasks.StepTask):
        def execute(self) -> dict[str, Any]:
            only_one.acquire()
            print(time.time(), time.process_time(), flush=True)
            os._exit(0)

    compiler.StepTask = First  # type: ignore[misc]
    database = f"sqlite:///{folder}/pumphouse.db"
    migration = f"{folder}/migration.yaml"
    sys.argv[1:] = ["-q", "--database", database, "-m", migration, "resume"]
    sys.exit(main())


def once(folder: Path, kept: Path) -> tuple[float, float]:
    """Seconds from the start to the first step, and those of the processor."""
    for path in kept.iterdir():
        shutil.copy(path, folder / path.name)
    began = time.time()
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as where it is installed
    done = subprocess.run(
        [sys.executable, "-c", RESUME, str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    ready, processor = map(float, done.stdout.split()[-2:])
    return ready - began, processor


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        with simulated.clouds(folder, projects=PROJECTS, servers=SERVERS):
            subprocess.run([sys.executable, "-c", BEGIN, directory], check=False)
            kept = folder / "kept"
            kept.mkdir()
            for path in folder.glob("pumphouse.db*"):
                shutil.move(path, kept / path.name)
            took, processor = min(once(folder, kept) for _ in range(ROUNDS))
            states = _states(folder)
    done = sum(state == "SUCCESS" for state in states.values())
    against = f"{done} of {len(states)} tasks were done; {processor:.2f} s of CPU"
    return record(Measure("resume", "start to first new task", took, "s", 3.0, against))


def _states(folder: Path) -> Mapping[str, str]:
    space = simulated.workspace(folder)
    backend = engines.persistence(space.store.engine)
    states = engines.states(backend, space.store.run().flow_id)
    backend.close()
    space.close()
    return states


if __name__ == "__main__":
    sys.exit(main())
