# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.faultproof``: migrations by seed, and one last line."""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys
import time

from tools.crashproof.world import World, die_with_parent
from tools.faultproof.migration import Migrations

TIMEOUT = 4.0  # seconds until an answer counts as lost


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.faultproof")
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    parser.add_argument("--count", type=int, default=400, help="so many migrations")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="begin no more after so many"
    )
    parser.add_argument("--jobs", type=int, default=2, help="worlds side by side")
    parser.add_argument("--seed", type=int, help="replay just this one, and tell all")
    args = parser.parse_args(argv)
    seeds = range(args.first, args.first + args.count)
    if args.seed is not None:
        seeds = range(args.seed, args.seed + 1)
    jobs = min(args.jobs, len(seeds))
    fork = multiprocessing.get_context("fork")
    telling = args.seed is not None
    parts = [(seeds[n::jobs], telling, args.seconds) for n in range(jobs)]
    with fork.Pool(jobs, die_with_parent) as pool:
        results = [each for part in pool.imap(_some, parts) for each in part]
    wrong = sum(bool(text) for _, text in results)
    done = sorted(seed for seed, _ in results)
    print(
        f"faultproof: {len(results)} migrations, {wrong} wrong results, "
        f"seeds {done[0]}-{done[-1]}",
        flush=True,
    )
    return 1 if wrong else 0


def _some(part: tuple[range, bool, float]) -> list[tuple[int, str]]:
    """What is wrong with each."""
    seeds, telling, seconds = part
    began = time.monotonic()
    results = []
    with World(workers=1, timeout=TIMEOUT) as world:
        migrations = Migrations(world, print if telling else lambda text: None)
        for seed in seeds:
            wrong = migrations.migrate(seed)
            results.append((seed, wrong))
            if wrong:
                print(f"seed {seed}: {wrong}", flush=True)
            if time.monotonic() - began > seconds:
                break
    return results


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the same order of sets each time
        os.environ["PYTHONHASHSEED"] = "0"
        again = [sys.executable, "-m", "tools.faultproof", *sys.argv[1:]]
        os.execv(sys.executable, again)
    sys.exit(main())
