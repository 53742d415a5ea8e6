# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.crashproof``: sweeps, and says so in one last line.

The whole: every scenario with one worker at every point, and a sample of each with
eight.  ``--sample N`` instead takes N points of each, chosen by ``--seed``.
"""

from __future__ import annotations

import argparse
import functools
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tools.crashproof.scenarios import SCENARIOS
from tools.crashproof.side_by_side import Failed, Stuck, side_by_side, tidy_when_ended
from tools.crashproof.sweep import Sweep, Tally
from tools.crashproof.world import World
from tools.hashing import reproducible

CONCURRENT = 8  # workers of the sampled runs
EACH = 120  # points of each that are sampled so


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.crashproof")
    parser.add_argument("names", nargs="*", help="scenarios (default: all)")
    parser.add_argument("--sample", type=int, metavar="N", help="so many of each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="1 or more; 0: both")
    parser.add_argument("--at", type=int, metavar="N", help="just this point")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="of each, begin no more then"
    )
    parser.add_argument("--jobs", type=int, default=2, help="worlds side by side")
    args = parser.parse_args(argv)
    tidy_when_ended()
    chosen = [s.name for s in SCENARIOS if not args.names or s.name in args.names]
    parts = 1 if args.at or args.sample else args.jobs
    jobs = [
        Job(name, workers, part, parts)
        for workers in ([args.workers] if args.workers else [1, CONCURRENT])
        for name in chosen
        for part in range(1, 1 + (parts if workers == 1 else 1))
    ]
    total = Tally()
    try:
        for tally in side_by_side(functools.partial(_swept, args), jobs, args.jobs):
            total.add(tally)
    except (Stuck, Failed) as error:
        print(f"crashproof: {error}", file=sys.stderr, flush=True)
        return 2
    print(total.line(), flush=True)
    return 1 if total.bad or not total.points else 0


@dataclass(frozen=True, slots=True)
class Job:
    """One scenario, or each so many-th point of it."""

    name: str
    workers: int
    part: int
    parts: int

    def __str__(self) -> str:
        return f"{self.name}, {self.workers} workers"


def _swept(args: argparse.Namespace, job: Job, alive: Callable[[], None]) -> Tally:
    scenario = next(each for each in SCENARIOS if each.name == job.name)
    with World(job.workers, alive=alive) as world:
        sweep = Sweep(world, scenario, lambda text: print(text, flush=True))
        if args.at:
            found = sweep.point(args.at)
            tally = sweep.tally([] if found is None else [(args.at, found)])
        elif args.sample or job.workers > 1:
            tally = sweep.tally(
                sweep.some(args.sample or EACH, args.seed), args.seconds
            )
        else:
            tally = sweep.tally(sweep.all(job.part, job.parts), args.seconds)
    each = tally.seconds / (tally.points or 1)
    print(
        f"{job}: {tally.points} points of {sweep.size}, "
        f"{each:.2f} s each, {len(tally.bad)} bad",
        flush=True,
    )
    return tally


if __name__ == "__main__":
    reproducible("tools.crashproof")
    sys.exit(main())
