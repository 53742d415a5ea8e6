# SPDX-License-Identifier: Apache-2.0
"""n = 1, 2, …: begin, kill at the n-th point, go on, compare."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tools.crashproof.accounts import unaccounted
from tools.crashproof.compare import Difference, Picture, differences, picture
from tools.crashproof.world import KILLED, Ended, World

SHORTEST = 0.8  # of the points of an undisturbed run: what another has at least
PATIENCE = 5  # commands that an operator gives after a kill, until all is done


class Unfinished(Exception):
    """What an operator does did not bring the scenario to its end."""


class Unaccounted(Exception):
    """Pumphouse does not know of something that it made."""


@dataclass(frozen=True)
class Scenario:
    """What is begun, and how an operator goes on.

    :param begin: brings a fresh world to where the commands begin, keeps it as
        ``start``, and returns the commands
    :param trouble: what the clouds have in store: called before each begin
    :param after: a command for after a kill, asked again until it says that all is
        done (None)
    """

    name: str
    begin: Callable[[World], list[tuple[str, ...]]]
    after: Callable[[World, Ended], tuple[str, ...] | None]
    trouble: Callable[[World], None] = lambda world: None
    expected: tuple[int, ...] = (0,)  # exit codes of the commands when undisturbed


@dataclass
class Tally:
    """What came of a sweep.

    :param bad: by point, what was wrong
    """

    points: int = 0
    found: Difference = field(default_factory=Difference)
    bad: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        """Count another sweep's in."""
        self.points += other.points
        self.found.duplicates += other.found.duplicates
        self.found.orphans += other.found.orphans
        self.found.lost += other.found.lost
        self.bad += other.bad
        self.seconds += other.seconds

    def line(self) -> str:
        """The last line."""
        d, o, lost = self.found.duplicates, self.found.orphans, self.found.lost
        return (
            f"crashproof: {self.points} points, {len(d)} duplicates, "
            f"{len(o)} orphans, {len(lost)} lost"
        )


class Sweep:
    """One scenario in one world.

    :param tell: is told of each bad point

    ``commands`` are those of the scenario, ``wanted`` is what is there after them.
    """

    def __init__(
        self, world: World, scenario: Scenario, tell: Callable[[str], None] = print
    ) -> None:
        self._world = world
        self._scenario = scenario
        self._tell = tell
        self.commands = scenario.begin(world)
        self.wanted = self._undisturbed()

    @property
    def size(self) -> int:
        """How many points an undisturbed run passes."""
        return self._size

    def _undisturbed(self) -> Picture:
        world = self._world
        world.back("start")
        self._scenario.trouble(world)
        self._size = 0
        for words in self.commands:
            ended = world.pumphouse(*words)
            self._size += len(ended.passed)
            last = words is self.commands[-1]
            if ended.code not in (self._scenario.expected if last else (0, 4)):
                raise Unfinished(f"{self._scenario.name}: {words}\n{ended.said}")
        return picture(world)

    def all(self, first: int = 1, step: int = 1) -> Iterator[tuple[int, Difference]]:
        """All points from *first* on, or each *step*-th of them.

        :raises Unfinished: a run ended long before it had passed all of them
        """
        n = first
        while (found := self.point(n)) is not None:
            yield n, found
            n += step
        # How many durable writes there are depends a little on time.
        if n < SHORTEST * self._size:
            raise Unfinished(
                f"{self._scenario.name}: no point {n}, though an undisturbed run "
                f"passed {self._size}"
            )

    def some(self, count: int, seed: int) -> Iterator[tuple[int, Difference]]:
        """So many points, chosen by *seed*."""
        dice = random.Random(f"{seed}/{self._scenario.name}")
        for n in dice.sample(range(1, self._size + 1), min(count, self._size)):
            found = self.point(n)
            if found is not None:
                yield n, found

    def tally(
        self, points: Iterable[tuple[int, Difference]], seconds: float = math.inf
    ) -> Tally:
        """Count them, and tell of the bad ones.

        :param seconds: after which no other is begun
        """
        result = Tally()
        began = time.monotonic()
        for n, found in points:
            result.points += 1
            if found:
                part = Tally(
                    found=found, bad=[f"{self._scenario.name} {n}: {self._at}"]
                )
                result.add(part)
                self._tell(f"{part.bad[0]}\n{found}")
            if time.monotonic() - began > seconds:
                break
        result.seconds = time.monotonic() - began
        return result

    def point(self, n: int) -> Difference | None:
        """What is wrong after a kill at the n-th point; None: it was not reached."""
        world, left = self._world, n
        world.back("start")
        self._scenario.trouble(world)
        ended = Ended((), 0, "")
        for words in self.commands:
            ended = world.pumphouse(*words, kill_at=left)
            if ended.code == KILLED:
                break
            left -= len(ended.passed)
        if ended.code != KILLED:
            return None
        self._at = ended.passed[0]
        try:
            self._go_on(ended)
        except Unfinished as stuck:
            return Difference(lost=[f"the end: {stuck}"])
        except Unaccounted as orphans:
            return Difference(orphans=[str(orphans)])
        crashes = world.crashes()
        if crashes:
            raise RuntimeError(f"a fault of the simulator: {crashes[0]}")
        return differences(self.wanted, picture(world))

    def _go_on(self, ended: Ended) -> None:
        for _ in range(PATIENCE):
            if left := unaccounted(self._world):
                raise Unaccounted(f"after {ended.words}: {left}")
            words = self._scenario.after(self._world, ended)
            if words is None:
                return
            ended = self._world.pumphouse(*words)
        if self._scenario.after(self._world, ended) is not None:
            raise Unfinished(f"{ended.code}: {ended.said[-1500:]}")
