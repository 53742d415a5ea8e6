# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.crashproof``: sweeps, and says so in one last line.

The whole: every scenario with one worker at every point, and a sample of each with
eight.  ``--sample N`` instead takes N points of each, chosen by ``--seed``.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys

from tools.crashproof.scenarios import SCENARIOS
from tools.crashproof.sweep import Sweep, Tally
from tools.crashproof.world import World, die_with_parent

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
    chosen = [s.name for s in SCENARIOS if not args.names or s.name in args.names]
    parts = 1 if args.at or args.sample else args.jobs
    jobs = [
        (name, workers, part, parts, args)
        for workers in ([args.workers] if args.workers else [1, CONCURRENT])
        for name in chosen
        for part in range(1, 1 + (parts if workers == 1 else 1))
    ]
    total = Tally()
    with multiprocessing.get_context("fork").Pool(
        args.jobs, die_with_parent, maxtasksperchild=1
    ) as pool:
        for tally in pool.imap(_swept, jobs, chunksize=1):
            total.add(tally)
    print(total.line(), flush=True)
    return 1 if total.bad or not total.points else 0


def _swept(job: tuple[str, int, int, int, argparse.Namespace]) -> Tally:
    """One scenario, or each so many-th point of it."""
    name, workers, part, parts, args = job
    scenario = next(each for each in SCENARIOS if each.name == name)
    with World(workers) as world:
        sweep = Sweep(world, scenario, lambda text: print(text, flush=True))
        if args.at:
            found = sweep.point(args.at)
            tally = sweep.tally([] if found is None else [(args.at, found)])
        elif args.sample or workers > 1:
            tally = sweep.tally(
                sweep.some(args.sample or EACH, args.seed), args.seconds
            )
        else:
            tally = sweep.tally(sweep.all(part, parts), args.seconds)
    each = tally.seconds / (tally.points or 1)
    print(
        f"{name}, {workers} workers: {tally.points} points of {sweep.size}, "
        f"{each:.2f} s each, {len(tally.bad)} bad",
        flush=True,
    )
    return tally


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the same order of sets each time
        os.environ["PYTHONHASHSEED"] = "0"
        again = [sys.executable, "-m", "tools.crashproof", *sys.argv[1:]]
        os.execv(sys.executable, again)
    sys.exit(main())
