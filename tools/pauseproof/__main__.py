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
from pathlib import Path

from tools.crashproof.scenarios import SCENARIOS
from tools.crashproof.side_by_side import Failed, Stuck, side_by_side, tidy_when_ended
from tools.crashproof.world import World
from tools.hashing import reproducible
from tools.pauseproof.point import Points
from tools.pauseproof.results import Kept, Result, line

NAMES = ("project", "server-active", "server-disabled-owner", "put-back", "rollback")
DATABASES = ("sqlite", "postgresql")
EACH = 30  # points of each scenario on each database
KEPT = Path("build") / "proof"


@dataclass(frozen=True, slots=True)
class Part:
    """One scenario on one database."""

    scenario: str
    database: str
    seed: int

    def __str__(self) -> str:
        return f"pause-{self.scenario}-{self.database}-{self.seed}"


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
    parser.add_argument("--fresh", action="store_true", help="forget what is kept")
    parser.add_argument("--folder", type=Path, default=KEPT, help="of what is kept")
    args = parser.parse_args(argv)
    tidy_when_ended()
    parts = [
        Part(name, database, args.seed)
        for name in args.names or NAMES
        for database in ([args.database] if args.database else DATABASES)
    ]
    for part in parts if args.fresh else ():
        Kept(args.folder, str(part)).forget()
    results: list[Result] = []
    try:
        for some in side_by_side(functools.partial(_some, args), parts, args.jobs):
            results += some
    except (Stuck, Failed) as error:
        print(f"pauseproof: {error}", file=sys.stderr, flush=True)
        return 2
    print(line(results), flush=True)
    return 1 if not results or any(each.bad for each in results) else 0


def _some(
    args: argparse.Namespace, part: Part, alive: Callable[[], None]
) -> list[Result]:
    """The results of one part, those that were kept included."""
    kept = Kept(args.folder, str(part))
    known = [] if args.at else kept.all()
    if len(known) >= args.each:
        return known[: args.each]
    scenario = next(each for each in SCENARIOS if each.name == part.scenario)
    until = time.monotonic() + args.seconds
    with _world(part.database)(workers=1, alive=alive) as world:
        points = Points(world, scenario, lambda text: print(text, flush=True))
        if args.at:
            found = points.point(args.at, args.wake_at)
            return [] if found is None else [found]
        for result in points.some(args.each, args.seed, len(known)):
            kept.add(result)
            known.append(result)
            if time.monotonic() > until:
                break
    bad = sum(each.bad for each in known)
    locked = sum(each.locked for each in known)
    print(
        f"{part}: {len(known)} points, {locked} at a locked file, {bad} bad", flush=True
    )
    return known


def _world(database: str) -> type[World]:
    if database == "sqlite":
        return World
    from tools.pauseproof.postgres import PostgresWorld

    return PostgresWorld


if __name__ == "__main__":
    reproducible("tools.pauseproof")
    sys.exit(main())
