#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One failing server in ten of 2,000: what failures cost a run.

    python -m benchmarks.failures

Durable on SQLite, 16 threads; against the same run in which nothing fails.  The
failing step is a server's last one, so that both runs execute as many.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
import uuid
from concurrent import futures
from pathlib import Path

from benchmarks import flows
from benchmarks.record import Measure, record
from pumphouse.flow import engine as engines
from pumphouse.store import connect

SERVERS = 2000
ROUNDS = 4


def run(folder: str, failing: int) -> float:
    """Seconds of one run."""
    sql = connect.make_engine(f"sqlite:///{folder}/{uuid.uuid4()}.db", 30.0)
    backend = engines.persistence(sql)
    with futures.ThreadPoolExecutor(16) as pool:
        engine = engines.load(
            flows.make(SERVERS * flows.STEPS, failing),
            backend=backend,
            book_id=str(uuid.uuid4()),
            flow_id=str(uuid.uuid4()),
            executor=pool,
        )
        engine.compile()
        gc.collect()
        start = time.perf_counter()
        result = engine.run()
        took = time.perf_counter() - start
    backend.close()
    sql.dispose()
    expected = (
        sum(n % 20 != 0 and n % failing == 1 for n in range(SERVERS)) if failing else 0
    )
    assert len(result.failures) == expected, result.counts
    return took


def main() -> int:
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as folder:
        rounds = [(run(folder, 0), run(folder, 10)) for _ in range(ROUNDS)]
    # other programs only ever make it slower
    without, failed = (min(column) for column in zip(*rounds, strict=True))
    return record(
        Measure(
            "failures",
            "2,000 servers, 1 in 10 failing",
            failed,
            "s",
            against=f"none failing: {without:.2f} s",
            ratio=failed / without,
            ratio_goal=1.2,
            at_least=False,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
