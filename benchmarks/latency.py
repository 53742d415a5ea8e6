#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""1,000 nodes whose steps wait for a cloud, on 64 threads: how near to the bound?

    python -m benchmarks.latency

Six steps a node, three requests a step, 20 ms a request; durable on SQLite.  The
bound is what the requests take alone, spread evenly over the threads.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from concurrent import futures
from pathlib import Path
from typing import Any

from benchmarks import flows
from benchmarks.record import Measure, record
from pumphouse.flow import engine as engines
from pumphouse.store import connect

ATOMS = 6000
THREADS = 64
REQUESTS = 3
LATENCY = 0.02


class Waiting(flows.Step):
    """A step that makes requests, as far as time is concerned."""

    def execute(self) -> dict[str, Any]:
        for _ in range(REQUESTS):
            time.sleep(LATENCY)
        return super().execute()


def run(folder: str) -> tuple[float, float]:
    """Seconds of one run, and of the processor."""
    sql = connect.make_engine(f"sqlite:///{folder}/{uuid.uuid4()}.db", 30.0)
    backend = engines.persistence(sql)
    with futures.ThreadPoolExecutor(THREADS) as pool:
        engine = engines.load(
            flows.make(ATOMS, kind=Waiting),
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


def main() -> int:
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as folder:
        took, processor = min(run(str(Path(folder).resolve())) for _ in range(3))
    bound = ATOMS * REQUESTS * LATENCY / THREADS
    return record(
        Measure(
            "latency",
            f"1,000 nodes, {THREADS} threads, {LATENCY * 1000:.0f} ms a request",
            took,
            "s",
            against=f"bound: {bound:.2f} s; {processor:.2f} s of CPU",
            ratio=took / bound,
            ratio_goal=1.3,
            at_least=False,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
