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
import os
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
PORT = "28000"


def measure(folder: Path) -> dict[str, float]:
    """Draw the plan up and save it, in this process."""
    from pumphouse.cli.plan import save
    from pumphouse.cli.workspace import Workspace
    from pumphouse.conf import options
    from pumphouse.plan.selection import Selection

    file = folder / "migration.yaml"
    file.write_text("source: {cloud: source}\ndestination: {cloud: destination}\n")
    workspace = Workspace(
        options.load([]), str(file), database=f"sqlite:///{folder / 'p.db'}"
    )
    servers = workspace.source.list(
        "compute", "/servers/detail", "servers", params={"all_tenants": "1"}
    )
    projects = tuple(sorted({server["tenant_id"] for server in servers}))
    began, cpu = time.perf_counter(), time.process_time()
    plan = workspace.planner().draw_up(Selection("project", projects))
    save(workspace.store, plan)
    found = {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "resources": len(plan.nodes),
        "requests": workspace.source.log.total + workspace.destination.log.total,
    }
    workspace.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--servers", type=int, default=SERVERS)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.child)))
        return 0
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        environment = {
            **os.environ,
            "TESTBED_HOME": directory,
            "TESTBED_PORT": PORT,
            "OS_CLIENT_CONFIG_FILE": str(home / "run" / "clouds.yaml"),
        }
        testbed = [sys.executable, "-m", "testbed"]
        up = [*testbed, "up", "--simulated", "--unlimited", "--projects", str(PROJECTS)]
        up += ["--servers", str(given.servers)]
        subprocess.run(up, env=environment, check=True, stdout=subprocess.DEVNULL)
        try:
            child = subprocess.run(
                [sys.executable, "-m", "benchmarks.plan", "--child", directory],
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
        finally:
            subprocess.run([*testbed, "down"], env=environment, check=False)
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
