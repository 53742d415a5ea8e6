#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run of 20,000 tasks is killed after 10,000: how long until the next one starts?

    python -m benchmarks.resume

The run is killed with SIGKILL.  Timed is from the start of a new process (python
itself and all imports included) to its first task.  The plan is not read here, only
compiled; that part is the planner's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent import futures
from pathlib import Path
from typing import Any

from benchmarks import flows
from benchmarks.record import Measure, record
from pumphouse.flow import engine as engines
from pumphouse.store import connect

ATOMS = 20000
DONE = 10000


class Counting(flows.Step):
    """Says when the first one runs, or ends the process at the last one wanted."""

    executed = 0
    lock = threading.Lock()
    limit = 0

    def execute(self) -> dict[str, Any]:
        with Counting.lock:
            Counting.executed += 1
            if not Counting.limit:
                print(time.time(), time.process_time(), flush=True)
                os._exit(0)
            if Counting.executed > Counting.limit:
                os.kill(os.getpid(), 9)
        return super().execute()


def child(folder: str, flow_id: str, limit: int) -> None:
    Counting.limit = limit
    with engines.paused():
        flow = flows.make(ATOMS, kind=Counting)
    engine = engines.load(
        flow,
        backend=engines.persistence(
            connect.make_engine(f"sqlite:///{folder}/resume.db", 30.0)
        ),
        book_id=flow_id,
        flow_id=flow_id,
        executor=futures.ThreadPoolExecutor(16),
    )
    engine.run()


def start(folder: str, flow_id: str, limit: int) -> tuple[float, str]:
    """Start a process and wait for its end: when it started, what it said."""
    arguments = f"{folder!r}, {flow_id!r}, {limit}"
    code = f"from benchmarks import resume; resume.child({arguments})"
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False
    )
    return began, done.stdout


def main() -> int:
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as name:
        folder, flow_id = str(Path(name).resolve()), str(uuid.uuid4())
        start(folder, flow_id, DONE)
        sql = connect.make_engine(f"sqlite:///{folder}/resume.db", 30.0)
        states = engines.states(engines.persistence(sql), flow_id)
        done = sum(state == "SUCCESS" for state in states.values())
        sql.dispose()
        times = []
        for _ in range(3):
            began, said = start(folder, flow_id, 0)
            ready, processor = map(float, said.split())
            times.append((ready - began, processor))
    took, processor = min(times)
    against = f"{done} of {len(states)} tasks were done; {processor:.2f} s of CPU"
    return record(Measure("resume", "start to first new task", took, "s", 3.0, against))


if __name__ == "__main__":
    sys.exit(main())
