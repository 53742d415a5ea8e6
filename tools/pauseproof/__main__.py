# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.pauseproof``: points, and one last line.

The whole: 300 points, half of them on each database.  What came of each is kept in
``build/proof``, so that it goes on where it was stopped; ``--fresh`` forgets it.
"""

from __future__ import annotations

import argparse
import functools
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tools.crashproof import kept
from tools.crashproof.scenarios import SCENARIOS
from tools.crashproof.side_by_side import Failed, Stuck, side_by_side, tidy_when_ended
from tools.crashproof.world import World
from tools.hashing import reproducible
from tools.pauseproof.point import Points
from tools.pauseproof.results import Result, added_up

NAMES = ("project", "server-active", "server-disabled-owner", "put-back", "rollback")
DATABASES = ("sqlite", "postgresql")
EACH = 30  # points of each scenario on each database


@dataclass(frozen=True, slots=True)
class Part:
    """One scenario on one database."""

    scenario: str
    database: str

    def __str__(self) -> str:
        return f"{self.scenario}, {self.database}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.pauseproof")
    parser.add_argument("names", nargs="*", help=f"scenarios ({', '.join(NAMES)})")
    parser.add_argument("--database", choices=DATABASES, help="only on this one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=EACH, metavar="N", help="points")
    parser.add_argument("--at", type=int, metavar="N", help="just this point")
    parser.add_argument("--wake-at", type=int, default=0, metavar="N", help="with --at")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="of each, begin no more then"
    )
    parser.add_argument("--jobs", type=int, default=2, help="worlds side by side")
    kept.add_arguments(parser)
    args = parser.parse_args(argv)
    tidy_when_ended()
    parts = [
        Part(name, database)
        for name in args.names or NAMES
        for database in ([args.database] if args.database else DATABASES)
    ]
    every = [_kept(args, part) for part in parts]
    if not args.at:
        kept.begin("pauseproof", args, every)
    results: list[Result] = []
    do = functools.partial(_some, args, time.monotonic() + args.within)
    try:
        for some in side_by_side(do, parts, args.jobs):
            results += some
    except (Stuck, Failed) as error:
        print(f"pauseproof: {error}", file=sys.stderr, flush=True)
        return 2
    if not args.at:
        results = [Result(**row) for row in kept.all_of(every)]
        if not all(_complete(args, part) for part in parts):
            kept.tell_unfinished("pauseproof")
    bad = [str(each) for each in results if each.bad]
    print(*bad, added_up(results), sep="\n", flush=True)
    return 1 if bad or not any(each.reached for each in results) else 0


def _kept(args: argparse.Namespace, part: Part) -> kept.Kept:
    how = f"{args.each}-seed{args.seed}"
    name = f"pauseproof-{part.scenario}-{part.database}-{how}"
    return kept.Kept(args.folder, name)


def _complete(args: argparse.Namespace, part: Part) -> bool:
    """Whether nothing of it is left to do."""
    known = _kept(args, part)
    return bool(known.size) and len(known.rows()) >= min(args.each, known.size)


def _some(
    args: argparse.Namespace, end: float, part: Part, alive: Callable[[], None]
) -> list[Result]:
    """What came of the points of one part that were done now."""
    if not args.at and (_complete(args, part) or time.monotonic() > end):
        return []
    known = _kept(args, part)
    scenario = next(each for each in SCENARIOS if each.name == part.scenario)
    end = min(end, time.monotonic() + args.seconds)
    results: list[Result] = []
    with _world(part.database)(workers=1, alive=alive) as world:
        points = Points(world, scenario, lambda text: print(text, flush=True))
        if args.at:
            return [points.point(args.at, args.wake_at)]
        done = {row["n"] for row in known.rows()}
        size = known.of_size(points.size)
        for result in points.some(args.each, args.seed, done, size):
            known.add(result.row)
            results.append(result)
            if time.monotonic() > end:
                break
    bad = sum(each.bad for each in results)
    locked = sum(each.locked for each in results)
    print(
        f"{part}: {len(results)} points, {locked} at a locked file, {bad} bad",
        flush=True,
    )
    return results


def _world(database: str) -> type[World]:
    if database == "sqlite":
        return World
    from tools.pauseproof.postgres import PostgresWorld

    return PostgresWorld


if __name__ == "__main__":
    reproducible("tools.pauseproof")
    sys.exit(main())
