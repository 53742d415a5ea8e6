#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A tenant of 10,000 resources: from discovery to the saved plan.

    python -m benchmarks.plan [--servers N]

The clouds are simulated ones, in processes of their own, without latency.  Their
time is told apart: what counts is the processor time that Pumphouse itself takes,
and its memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.record import Measure, record

PROJECTS = 4
SERVERS = 950  # in each: a bit more than 10,000 resources in all
SECONDS = 5.0
MEMORY = 400.0  # MiB


def measure(folder: Path) -> dict[str, float]:
    """Draw the plan up and save it, in this process."""
    from benchmarks import simulated

    space = simulated.workspace(folder)
    projects = simulated.tenants(space)
    began, cpu = time.perf_counter(), time.process_time()
    plan = simulated.draw_up(space, projects)
    found = {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "resources": len(plan.nodes),
        "requests": space.source.log.total + space.destination.log.total,
    }
    space.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--servers", type=int, default=SERVERS)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.child)))
        return 0
    from benchmarks import simulated

    with tempfile.TemporaryDirectory() as directory:
        size = {"projects": PROJECTS, "servers": given.servers}
        with simulated.clouds(Path(directory), **size):
            child = subprocess.run(
                [sys.executable, "-m", "benchmarks.plan", "--child", directory],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
    found = json.loads(child.stdout)
    what = f"plan of {found['resources']} resources, {found['requests']} requests"
    return record(
        Measure(
            "plan",
            what,
            found["cpu"],
            "s",
            SECONDS,
            against=f"with the clouds' time: {found['seconds']:.1f} s",
            ratio=found["seconds"] / found["cpu"],
        ),
        Measure("plan-memory", "memory with that plan", found["memory"], "MiB", MEMORY),
    )


if __name__ == "__main__":
    sys.exit(main())
