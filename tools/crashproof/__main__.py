# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.crashproof``: sweeps, and says so in one last line.

The whole: every scenario with one worker at every point, and a sample of each with
eight.  ``--sample N`` instead takes N points of each, chosen by ``--seed``.  What came
of each point is kept in ``build/proof``, so that it goes on where it was stopped;
``--fresh`` forgets it.
"""

from __future__ import annotations

import argparse
import functools
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.crashproof import kept
from tools.crashproof.results import Point, added_up
from tools.crashproof.scenarios import SCENARIOS
from tools.crashproof.side_by_side import Failed, Stuck, side_by_side, tidy_when_ended
from tools.crashproof.sweep import Sweep
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
    kept.add_arguments(parser)
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
    every = [_kept(args, job) for job in jobs if job.part == 1]
    if not args.at:
        kept.begin("crashproof", args, every)
    do = functools.partial(_swept, args, time.monotonic() + args.within)
    points: list[Point] = []
    try:
        for some in side_by_side(do, jobs, args.jobs):
            points += some
    except (Stuck, Failed) as error:
        print(f"crashproof: {error}", file=sys.stderr, flush=True)
        return 2
    if not args.at:
        points = [Point(**row) for row in kept.all_of(every)]
        if not all(_complete(args, job) for job in jobs):
            kept.tell_unfinished("crashproof")
    bad = [str(each) for each in points if each.bad]
    print(*bad, added_up("crashproof", points), sep="\n", flush=True)
    return 1 if bad or not any(each.reached for each in points) else 0


@dataclass(frozen=True, slots=True)
class Job:
    """One scenario, or each so many-th point of it."""

    name: str
    workers: int
    part: int
    parts: int

    def __str__(self) -> str:
        return f"{self.name}, {self.workers} workers"


def _sample(args: argparse.Namespace, job: Job) -> int:
    """How many points are sampled; 0: all are done."""
    return args.sample or (EACH if job.workers > 1 else 0)


def _kept(args: argparse.Namespace, job: Job) -> kept.Kept:
    sample = _sample(args, job)
    how = f"{sample}-seed{args.seed}" if sample else "all"
    name = f"crashproof-{job.name}-{job.workers}-{how}"
    return kept.Kept(args.folder, name)


def _complete(args: argparse.Namespace, job: Job) -> bool:
    """Whether nothing of it is left to do."""
    part = _kept(args, job)
    rows = part.rows()
    if sample := _sample(args, job):
        return bool(part.size) and len(rows) >= min(sample, part.size)
    end = min((row["n"] for row in rows if not Point(**row).reached), default=0)
    done = {row["n"] for row in rows}
    return end > 0 and done.issuperset(range(job.part, end, job.parts))


def _swept(
    args: argparse.Namespace, end: float, job: Job, alive: Callable[[], None]
) -> list[Point]:
    """The points that were done now."""
    if not args.at and (_complete(args, job) or time.monotonic() > end):
        return []
    scenario = next(each for each in SCENARIOS if each.name == job.name)
    part = _kept(args, job)
    began = time.monotonic()
    end = min(end, began + args.seconds)
    points: list[Point] = []
    with World(job.workers, alive=alive) as world:
        sweep = Sweep(world, scenario, lambda text: print(text, flush=True))
        if args.at:
            return [sweep.point(args.at)]
        for point in _chosen(args, job, sweep, part):
            part.add(point.row)
            points.append(point)
            if time.monotonic() > end:
                break
        each = (time.monotonic() - began) / (len(points) or 1)
        print(
            f"{job}: {len(points)} points of {sweep.size}, {each:.2f} s each, "
            f"{sum(point.bad for point in points)} bad",
            flush=True,
        )
    return points


def _chosen(
    args: argparse.Namespace, job: Job, sweep: Sweep, part: kept.Kept
) -> Iterator[Point]:
    """What is left to do, one after the other."""
    done = {row["n"] for row in part.rows()}
    if sample := _sample(args, job):
        return sweep.some(sample, args.seed, done, part.of_size(sweep.size))
    return sweep.all(done, job.part, job.parts)


if __name__ == "__main__":
    reproducible("tools.crashproof")
    sys.exit(main())
