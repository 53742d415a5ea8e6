# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.faultproof``: migrations by seed, and one last line."""

from __future__ import annotations

import argparse
import functools
import math
import sys
import time
from collections.abc import Callable

from tools.crashproof.side_by_side import Failed, Stuck, side_by_side, tidy_when_ended
from tools.crashproof.world import World
from tools.faultproof.migration import Migrations
from tools.hashing import reproducible

TIMEOUT = 4.0  # seconds until an answer counts as lost
TOLD = 20  # migrations between two lines that tell how far it is


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
    tidy_when_ended()
    seeds = range(args.first, args.first + args.count)
    if args.seed is not None:
        seeds = range(args.seed, args.seed + 1)
    jobs = min(args.jobs, len(seeds))
    parts = [seeds[n::jobs] for n in range(jobs)]
    some = functools.partial(_some, args.seconds, args.seed is not None)
    try:
        results = [each for part in side_by_side(some, parts, jobs) for each in part]
    except (Stuck, Failed) as error:
        print(f"faultproof: {error}", file=sys.stderr, flush=True)
        return 2
    wrong = sum(bool(text) for _, text in results)
    done = sorted(seed for seed, _ in results)
    print(
        f"faultproof: {len(results)} migrations, {wrong} wrong results, "
        f"seeds {done[0]}-{done[-1]}",
        flush=True,
    )
    return 1 if wrong else 0


def _some(
    seconds: float, telling: bool, seeds: range, alive: Callable[[], None]
) -> list[tuple[int, str]]:
    """What is wrong with each."""
    end = time.monotonic() + seconds
    began = time.monotonic()
    left = list(seeds)
    results: list[tuple[int, str]] = []
    while left and time.monotonic() < end:
        with World(workers=1, timeout=TIMEOUT, alive=alive) as world:
            migrations = Migrations(world, print if telling else lambda text: None)
            stuck = False
            while left and not stuck and time.monotonic() < end:
                seed = left.pop(0)
                try:
                    wrong = migrations.migrate(seed)
                except Stuck as error:  # the others get a world of their own
                    wrong, stuck = f"stuck: {error}", True
                results.append((seed, wrong))
                if wrong:
                    print(f"seed {seed}: {wrong}", flush=True)
                if len(results) % TOLD == 0 and left:
                    took = (time.monotonic() - began) / len(results)
                    print(
                        f"{len(results)} migrations of {len(seeds)}, {took:.1f} s each",
                        flush=True,
                    )
    return results


if __name__ == "__main__":
    reproducible("tools.faultproof")
    sys.exit(main())
