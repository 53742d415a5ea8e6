#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""1,000 servers between two clouds that take 20 ms for each answer, on 64 workers.

    python -m benchmarks.latency [--servers N] [--only NAME]

``latency``: whole migrations on simulated clouds, everything real but the clouds.
The bound is the longest of what nothing can beat: what the requests take alone, spread
over the threads; and the processor time that each of the two clouds, a process of
its own, took to answer them.  A migration is given limits that are worth having with
so many workers: each service may have a request of each of them, and servers that the
clouds are building, suspending or stopping (0.2 to 0.5 s each) keep none.

``latency-engine``: the same shape without clouds, to tell what the engine and its
database add: steps that only wait, three times 20 ms each.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from concurrent import futures
from pathlib import Path
from typing import Any

from benchmarks import flows, simulated
from benchmarks.record import Measure, record
from pumphouse.cli.progress import Nobody
from pumphouse.flow import engine as engines
from pumphouse.store import connect
from pumphouse.store.rows import RunState

SERVERS = 1000
PROJECTS = 2  # the third one of the seed is disabled
THREADS = 64
WAITING = 256  # servers that wait for a cloud besides them
LATENCY = 0.02
REQUESTS = 3  # in each step that only waits
GOAL = 1.3
LIMITS = f"""\
limits:
  workers: {THREADS}
  waiting: {WAITING}
  requests_in_flight: {{default: {THREADS}}}
"""


class Waiting(flows.Step):
    """A step that makes requests, as far as time is concerned."""

    def execute(self) -> dict[str, Any]:
        for _ in range(REQUESTS):
            time.sleep(LATENCY)
        return super().execute()


def bare(folder: str, servers: int) -> tuple[float, float]:
    """Seconds of one run of steps that wait, and of the processor."""
    sql = connect.make_engine(f"sqlite:///{folder}/{uuid.uuid4()}.db", 30.0)
    backend = engines.persistence(sql)
    with futures.ThreadPoolExecutor(THREADS) as pool:
        engine = engines.load(
            flows.make(servers * flows.STEPS, kind=Waiting),
            backend=backend,
            book_id=str(uuid.uuid4()),
            flow_id=str(uuid.uuid4()),
            executor=pool,
        )
        engine.compile()
        start, processor = time.perf_counter(), time.process_time()
        engine.run()
        took = time.perf_counter() - start
        processor = time.process_time() - processor
    backend.close()
    sql.dispose()
    return took, processor


def engine_only(servers: int) -> Measure:
    with tempfile.TemporaryDirectory() as folder:
        took, processor = min(bare(folder, servers) for _ in range(3))
    bound = servers * flows.STEPS * REQUESTS * LATENCY / THREADS
    return Measure(
        "latency-engine",
        f"the same without clouds: {servers * flows.STEPS} steps that wait",
        took,
        "s",
        against=f"bound: {bound:.2f} s; {processor:.2f} s of CPU",
        ratio=took / bound,
        ratio_goal=GOAL,
        at_least=False,
    )


def processor_of(folder: Path) -> list[float]:
    """Processor seconds of each simulated cloud so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = []
    for path in sorted((folder / "run" / "pids").iterdir()):
        process = json.loads(path.read_text())["pid"]
        fields = Path(f"/proc/{process}/stat").read_text()
        used = fields.rpartition(")")[2].split()[11:13]
        found.append(sum(map(int, used)) / ticks)
    return found


def migration(servers: int) -> Measure:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        latency = ("--latency", str(round(LATENCY * 1000)))
        each = servers // PROJECTS
        size = {"projects": PROJECTS, "servers": each}
        with simulated.clouds(folder, *latency, **size, limits=LIMITS):
            space = simulated.workspace(folder)
            plan = simulated.draw_up(space, simulated.tenants(space))
            runner = space.runner(Nobody())
            for cloud in (space.source, space.destination):
                cloud.log.reset()
            run = runner.start(plan)
            clouds = processor_of(folder)
            start, processor = time.perf_counter(), time.process_time()
            ended = runner.drive(run.id, plan)
            took = time.perf_counter() - start
            processor = time.process_time() - processor
            after = processor_of(folder)
            requests = space.source.log.total + space.destination.log.total
            failed = [node.error for node in space.store.nodes(run.id) if node.error]
            space.close()
    assert ended.state is RunState.SUCCEEDED, failed[:3]
    theirs = max(then - now for now, then in zip(clouds, after, strict=True))
    alone = requests * LATENCY / THREADS
    bound = max(alone, theirs)
    what = "latency" if alone >= theirs else "the clouds' own time"
    return Measure(
        "latency",
        f"{each * PROJECTS} servers, {THREADS} threads, {LATENCY * 1000:.0f} ms",
        took,
        "s",
        against=f"bound: {bound:.2f} s ({what}), {requests} requests; "
        f"{processor:.2f} s of CPU, the clouds' {theirs:.2f} s",
        ratio=took / bound,
        ratio_goal=GOAL,
        at_least=False,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--servers", type=int, default=SERVERS)
    parser.add_argument("--only", choices=["latency", "latency-engine"])
    given = parser.parse_args()
    parts = {"latency": migration, "latency-engine": engine_only}
    wanted = [given.only] if given.only else list(parts)
    return record(*(parts[name](given.servers) for name in wanted))


if __name__ == "__main__":
    sys.exit(main())
