# SPDX-License-Identifier: Apache-2.0
"""n = 1, 2, …: begin, kill at the n-th point, go on, compare."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from tools.crashproof.accounts import unaccounted
from tools.crashproof.compare import Difference, Picture, differences, picture
from tools.crashproof.results import Point
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

    def all(
        self, done: Collection[int] = (), first: int = 1, step: int = 1
    ) -> Iterator[Point]:
        """All points from *first* on, or each *step*-th; the last one is not reached.

        :param done: those not to do again
        :raises Unfinished: a run ended long before it had passed all of them
        """
        n = first
        while n in done:
            n += step
        while (found := self.point(n)).reached:
            yield found
            n += step
            while n in done:
                n += step
        # How many durable writes there are depends a little on time.
        if n < SHORTEST * self._size:
            raise Unfinished(
                f"{self._scenario.name}: no point {n}, though an undisturbed run "
                f"passed {self._size}"
            )
        yield found

    def some(
        self, count: int, seed: int, done: Collection[int] = (), size: int = 0
    ) -> Iterator[Point]:
        """So many points, chosen by *seed*.

        :param done: those not to do again
        :param size: among how many they are chosen, if not all
        """
        dice = random.Random(f"{seed}/{self._scenario.name}")
        size = size or self._size
        for n in dice.sample(range(1, size + 1), min(count, size)):
            if n not in done:
                yield self.point(n)

    def point(self, n: int) -> Point:
        """What is wrong after a kill at the n-th point, if that was reached."""
        world, left = self._world, n
        began = time.monotonic()
        world.back("start")
        self._scenario.trouble(world)
        ended = Ended((), 0, "")
        for words in self.commands:
            ended = world.pumphouse(*words, kill_at=left)
            if ended.code == KILLED:
                break
            left -= len(ended.passed)
        result = Point(self._scenario.name, n, "")
        if ended.code == KILLED:
            result.at = ended.passed[0]
            found = self._after(ended)
            result.duplicates, result.orphans = found.duplicates, found.orphans
            result.lost = found.lost
        result.seconds = round(time.monotonic() - began, 2)
        if result.bad:
            self._tell(str(result))
        return result

    def _after(self, ended: Ended) -> Difference:
        """What is wrong once an operator has gone on after a kill."""
        try:
            self._go_on(ended)
        except Unfinished as stuck:
            return Difference(lost=[f"the end: {stuck}"])
        except Unaccounted as orphans:
            return Difference(orphans=[str(orphans)])
        crashes = self._world.crashes()
        if crashes:
            raise RuntimeError(f"a fault of the simulator: {crashes[0]}")
        return differences(self.wanted, picture(self._world))

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
