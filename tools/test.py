# SPDX-License-Identifier: Apache-2.0
"""Runs suites of tests and ends with one line: ``N passed, N failed``.

    python -m tools.test unit functional clouds

The suite ``clouds`` needs two real clouds: it starts the testbed, unless it is
up already, and stops what it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOTALS = re.compile(r"^ - (Passed|Skipped|Failed|Unexpected Success): (\d+)$", re.M)
# What a library says of eventlet, which only a few tests are about.
QUIET = "ignore::Warning:oslo_utils.importutils"
# These let a cloud fail for whoever asks, count requests, or look at all there is.
ALONE = r"migration\.test_(bad_input|requests)\.|clouds\.testbed\.|conformance"
# For each suite, how stestr is called: the clouds leave half of two cores idle.
PASSES = {
    "unit": [["--concurrency", "2"]],
    "functional": [["--concurrency", "2"]],
    "clouds": [
        ["--concurrency", "3", "--exclude-regex", ALONE],
        ["--concurrency", "1", ALONE],
    ],
}


def main(suites: list[str]) -> int:
    # Started in the background, or by nohup, some are ignored, which the programs
    # under test would inherit and, as they should, go on ignoring.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    counts = {"Passed": 0, "Skipped": 0, "Failed": 0, "Unexpected Success": 0}
    if "unit" in suites or "functional" in suites:
        subprocess.run([sys.executable, "-m", "tests.postgresql"], cwd=ROOT)
    for suite in suites:
        began = time.monotonic()
        print(f"== {suite}", flush=True)
        around = real_clouds() if suite == "clouds" else contextlib.nullcontext({})
        with around as environment:
            for how in PASSES[suite]:
                for name, count in run(suite, how, environment).items():
                    counts[name] += count
        print(f"== {suite}: {time.monotonic() - began:.0f} s", flush=True)
    failed = counts["Failed"] + counts["Unexpected Success"]
    skipped = f", {counts['Skipped']} skipped" if counts["Skipped"] else ""
    print(f"{counts['Passed']} passed, {failed} failed{skipped}", flush=True)
    return 1 if failed or not counts["Passed"] else 0


def run(suite: str, how: list[str], environment: dict[str, str]) -> dict[str, int]:
    """Run one suite, or a part of it; what it ends with, as stestr counts."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-m",
            "stestr",
            "--test-path",
            f"tests/{suite}",
            "run",
            "--slowest",
            *how,
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": QUIET, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if " ... ok" not in line:
            print(line, end="", flush=True)
    status = process.wait()
    counts = {name: int(count) for name, count in TOTALS.findall("".join(said))}
    if status and not counts.get("Failed"):
        # A suite that could not even be loaded is a failure, not nothing.
        counts["Failed"] = counts.get("Failed", 0) + 1
    return counts


@contextlib.contextmanager
def real_clouds() -> Iterator[dict[str, str]]:
    """The environment in which tests find the two clouds of the testbed."""
    testbed = [sys.executable, "-m", "testbed"]
    before = subprocess.run([*testbed, "status"], cwd=ROOT, capture_output=True)
    started = before.returncode != 0
    for verb in ("install", "up") if started else ():
        if subprocess.run([*testbed, verb], cwd=ROOT).returncode:
            raise SystemExit(2)
    home = Path(os.environ.get("TESTBED_HOME", ROOT / "build" / "testbed"))
    about = json.loads((home / "run" / "testbed.json").read_text())
    try:
        yield {
            "OS_CLIENT_CONFIG_FILE": str(home / "run" / "clouds.yaml"),
            "TESTBED_ABOUT": json.dumps({"clouds": about}),
        }
    finally:
        if started:
            subprocess.run([*testbed, "down"], cwd=ROOT, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
