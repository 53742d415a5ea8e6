# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.faultproof``: migrations by seed, and one last line.

What came of each is kept in ``build/proof``, so that it goes on where it was stopped;
``--fresh`` forgets it.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable, Mapping

from tools.crashproof import kept
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
    kept.add_arguments(parser)
    parser.add_argument("--jobs", type=int, default=2, help="worlds side by side")
    parser.add_argument("--seed", type=int, help="replay just this one, and tell all")
    args = parser.parse_args(argv)
    tidy_when_ended()
    seeds = range(args.first, args.first + args.count)
    if args.seed is not None:
        seeds = range(args.seed, args.seed + 1)
    part = kept.Kept(args.folder, "faultproof-seeds", "seed")
    known: dict[int, str] = {}
    if args.seed is None:
        kept.begin("faultproof", args, [part])
        known = {row["seed"]: row["wrong"] for row in part.rows()}
    left = [seed for seed in seeds if seed not in known]
    parts = [some for n in range(args.jobs) if (some := left[n :: args.jobs])]
    do = functools.partial(_some, part if args.seed is None else None, args.within)
    try:
        for some in side_by_side(do, parts, args.jobs):
            known |= some
    except (Stuck, Failed) as error:
        print(f"faultproof: {error}", file=sys.stderr, flush=True)
        return 2
    return _told(seeds, known)


def _told(seeds: range, known: Mapping[int, str]) -> int:
    """Say what came of them; the exit code."""
    done = [seed for seed in seeds if seed in known]
    if not done:
        print("faultproof: no migration was done", file=sys.stderr)
        return 2
    wrong = [seed for seed in done if known[seed]]
    for seed in wrong:
        print(f"seed {seed}: {known[seed]}")
    if len(done) < len(seeds):
        kept.tell_unfinished("faultproof")
    print(
        f"faultproof: {len(done)} migrations, {len(wrong)} wrong results, "
        f"seeds {done[0]}-{done[-1]}",
        flush=True,
    )
    return 1 if wrong else 0


def _some(
    part: kept.Kept | None, seconds: float, seeds: list[int], alive: Callable[[], None]
) -> dict[int, str]:
    """What is wrong with each.

    :param part: where it is kept; None: it is a replay, which tells all
    """
    began = time.monotonic()
    left = list(seeds)
    results: dict[int, str] = {}
    while left and time.monotonic() < began + seconds:
        with World(workers=1, timeout=TIMEOUT, alive=alive) as world:
            migrations = Migrations(world, (lambda text: None) if part else print)
            stuck = False
            while left and not stuck and time.monotonic() < began + seconds:
                seed = left.pop(0)
                try:
                    wrong = migrations.migrate(seed)
                except Stuck as error:  # the others get a world of their own
                    wrong, stuck = f"stuck: {error}", True
                results[seed] = wrong
                if part is not None:
                    part.add({"seed": seed, "wrong": wrong})
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
