# SPDX-License-Identifier: Apache-2.0
"""Runs suites of tests and ends with one line: ``N passed, N failed``.

What failed is told once more right before that line.

    python -m tools.test unit functional clouds

The suite ``clouds`` needs two real clouds: it starts the testbed, unless it is
up already, and stops what it started.  Beside it run those that need none.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

from tools.failures import failures

ROOT = Path(__file__).resolve().parent.parent
TOTALS = re.compile(r"^ - (Passed|Skipped|Failed|Unexpected Success): (\d+)$", re.M)
# What a library says of eventlet, which only a few tests are about.
QUIET = "ignore::Warning:oslo_utils.importutils"
# Suites of one lane run one after the other, the lanes side by side: while clouds
# are prepared, or a test waits for one, the processor is free.
LANES = (("unit", "functional"), ("clouds",))
# These count requests, stop what others use, or look at all there is.
ALONE = r"migration\.test_(requests|crooked)\.|clouds\.testbed\.|conformance"
# Two parts with the longest tests, a call each: without figures of an earlier run,
# which a fresh clone has not, stestr would leave most of the work to one worker.
KILLED = r"migration\.test_(killed|rollback)\.|resources\.identity\."
FAILING = r"migration\.test_bad_input\.|resources\.compute\."
OTHERS = f"{ALONE}|{KILLED}|{FAILING}"
# How stestr is called for each suite: one tuple after the other, the calls of one side
# by side.  Three tests at a time leave nothing of two cores idle while clouds work.
CALLS: dict[str, list[tuple[list[str], ...]]] = {
    "unit": [(["--concurrency", "2"],)],
    "functional": [(["--concurrency", "2"],)],
    "clouds": [
        (
            ["--concurrency", "1", "--exclude-regex", ALONE, KILLED],
            ["--concurrency", "1", "--exclude-regex", ALONE, FAILING],
            ["--concurrency", "1", "--exclude-regex", OTHERS],
        ),
        (["--concurrency", "1", ALONE],),
    ],
}
TELL = 60.0  # seconds
SPEAKING = threading.Lock()
# What failed, as it is told once more at the very end, in the order it was found.
FAILED: list[str] = []


def main(suites: list[str]) -> int:
    # Started in the background, or by nohup, some are ignored, which the programs
    # under test would inherit and, as they should, go on ignoring.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if "unit" in suites or "functional" in suites:
        subprocess.run([sys.executable, "-m", "tests.postgresql"], cwd=ROOT)
    lanes = [[suite for suite in lane if suite in suites] for lane in LANES]
    counts: Counter[str] = Counter()
    with futures.ThreadPoolExecutor(len(LANES)) as pool:
        for found in pool.map(in_turn, lanes):
            counts += found
    failed = counts["Failed"] + counts["Unexpected Success"]
    for failure in FAILED:
        print(f"failed: {failure}", flush=True)
    skipped = f", {counts['Skipped']} skipped" if counts["Skipped"] else ""
    print(f"{counts['Passed']} passed, {failed} failed{skipped}", flush=True)
    return 1 if failed or not counts["Passed"] else 0


def in_turn(suites: list[str]) -> Counter[str]:
    """Run suites one after the other; what they end with, as stestr counts."""
    counts: Counter[str] = Counter()
    for suite in suites:
        began = time.monotonic()
        say(f"== {suite} begins\n")
        try:
            around = real_clouds() if suite == "clouds" else contextlib.nullcontext({})
            with around as environment:
                for calls in CALLS[suite]:
                    counts += side_by_side(suite, calls, environment)
        except NotHereError as error:
            # The others are run all the same; this one counts as failed.
            say(f"== {suite} cannot be run here: {error}\n")
            FAILED.append(f"{suite} cannot be run here: {error}")
            counts["Failed"] += 1
        say(f"== {suite}: {time.monotonic() - began:.0f} s\n")
    return counts


def say(text: str) -> None:
    """Print what belongs together, not between the lines of another lane."""
    with SPEAKING:
        print(text, end="", flush=True)


class NotHereError(Exception):
    """Something that a suite needs is missing, and has been told."""


def side_by_side(
    suite: str, calls: tuple[list[str], ...], environment: dict[str, str]
) -> Counter[str]:
    """Run parts of a suite at the same time; what they end with together."""
    names = [
        suite if len(calls) == 1 else f"{suite}-{n + 1}" for n in range(len(calls))
    ]
    with futures.ThreadPoolExecutor(len(calls)) as pool:
        ended = pool.map(
            lambda name, how: run(suite, name, how, environment), names, calls
        )
        return sum(ended, Counter())


def run(
    suite: str, name: str, how: list[str], environment: dict[str, str]
) -> Counter[str]:
    """Run one suite, or a part of it; what it ends with, as stestr counts.

    A line a minute says how far it is; the rest is said when it is over.
    """
    # A repository of its own: no two may write to the same.
    repository = ROOT / "build" / "stestr" / name
    repository.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-m",
            "stestr",
            "--repo-url",
            str(repository),
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
    said, passed, told = [], 0, time.monotonic()
    for line in process.stdout:
        if " ... ok" not in line:
            said.append(line)
            continue
        passed += 1
        if time.monotonic() - told > TELL:
            told = time.monotonic()
            say(f"{name}: {passed} passed so far\n")
    status = process.wait()
    text = "".join(said)
    say(text)
    counts = Counter({name: int(count) for name, count in TOTALS.findall(text)})
    FAILED.extend(failures(repository, ROOT) if counts["Failed"] else ())
    if status and not counts["Failed"]:
        # A suite that could not even be loaded is a failure, not nothing.
        FAILED.append(f"{name} could not be run: stestr ended with {status}")
        counts["Failed"] += 1
    return counts


def tell(command: list[str]) -> int:
    """Run a command, telling each line when it is whole; its exit status."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        say(line)
    return process.wait()


@contextlib.contextmanager
def real_clouds() -> Iterator[dict[str, str]]:
    """The environment in which tests find the two clouds of the testbed."""
    testbed = [sys.executable, "-m", "testbed"]
    before = subprocess.run([*testbed, "status"], cwd=ROOT, capture_output=True)
    started = before.returncode != 0
    for verb in ("install", "up") if started else ():
        if tell([*testbed, verb]):
            raise NotHereError(f"`testbed {verb}` failed")
    home = Path(os.environ.get("TESTBED_HOME", ROOT / "build" / "testbed"))
    about = json.loads((home / "run" / "testbed.json").read_text())
    try:
        yield {
            "OS_CLIENT_CONFIG_FILE": str(home / "run" / "clouds.yaml"),
            "TESTBED_ABOUT": json.dumps({"clouds": about}),
        }
    finally:
        if started:
            tell([*testbed, "down"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
