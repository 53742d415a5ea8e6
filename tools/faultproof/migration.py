# SPDX-License-Identifier: Apache-2.0
"""One migration on failing clouds: what an operator does, and what is checked."""

from __future__ import annotations

import re
from collections.abc import Callable

from pumphouse import exceptions
from tools.crashproof.accounts import unaccounted
from tools.crashproof.compare import Picture, differences, picture
from tools.crashproof.scenarios import PLAN, apply, must, newest, of_tenant, planned
from tools.crashproof.world import Ended, World
from tools.faultproof import faults

TRIES = 4  # commands while the clouds fail
PATIENCE = 6  # commands on clouds that are well again
CLEAN = frozenset(
    {exceptions.EXIT_BLOCKED, exceptions.EXIT_FAILED, exceptions.EXIT_CLOUD}
)
_LEFT_OUT = re.compile(r"(\d+) left out")

Tell = Callable[[str], None]


class Migrations:
    """Many of them in one world, which goes back before each.

    :param tell: is told of each command; for a replay
    """

    def __init__(self, world: World, tell: Tell = lambda text: None) -> None:
        self._world = world
        self._tell = tell
        of_tenant(world)
        world.keep("start")
        planned(world)
        must(world, *apply(world))
        self._left_out = _left_out(must(world, "verify"))
        self._wanted: Picture = picture(world)

    def migrate(self, seed: int) -> str:
        """What is wrong with the result of one of them, or nothing."""
        world = self._world
        world.back("start")
        self._advised = False  # whether the operator was told to clean up
        rules = faults.of_seed(seed)
        for side, some in rules.items():
            world.clouds[side].ask("POST", "faults", {"seed": seed})
            for rule in some:
                self._tell(f"{side}: {rule}")
                world.clouds[side].ask("POST", "faults", rule)
        wrong = self._endure()
        for cloud in world.clouds.values():
            hits = [(r["kind"], r["hit"]) for r in cloud.ask("GET", "faults")["faults"]]
            self._tell(f"hit: {hits}")
            cloud.ask("DELETE", "faults")
        wrong = wrong or self._end(faults.may_lose(rules))
        crashes = world.crashes()
        return f"a fault of the simulator: {crashes[0]}" if crashes else wrong

    def _endure(self) -> str:
        """While the clouds fail."""
        for _ in range(TRIES):
            ended = self._next()
            wrong = self._unclean(ended) or unaccounted(self._world)
            if wrong or not ended.code:
                return wrong
        return ""

    def _end(self, may_lose: bool) -> str:
        """Once they are well again."""
        for _ in range(PATIENCE):
            ended = self._next()
            if not ended.code:
                break
            wrong = self._unclean(ended) or unaccounted(self._world)
            if wrong:
                return wrong
        if ended.code:
            return "" if may_lose else f"no end: {ended.code}: {ended.said[-1500:]}"
        if self._world.rows("select 1 from intents where outcome = ''"):
            if not self._advised:
                return "an intent is open, and nobody was told"
            self._run("cleanup", "--yes")
        found = differences(self._wanted, picture(self._world))
        if found and may_lose:
            verified = self._run("verify")
            told = verified.code == exceptions.EXIT_DIFFERENT
            told |= _left_out(verified) > self._left_out  # it was gone for the plan
            return "" if told else str(found)
        return str(found) if found else ""

    def _next(self) -> Ended:
        """What an operator says now."""
        if newest(self._world, "runs"):
            return self._run("resume")
        planned = self._run(*PLAN)
        if planned.code not in (0, exceptions.EXIT_BLOCKED):
            return planned
        return self._run(*apply(self._world))

    def _run(self, *words: str) -> Ended:
        ended = self._world.pumphouse(*words)
        self._advised |= "'pumphouse cleanup'" in ended.said
        self._tell(f"$ pumphouse {' '.join(words)}\n{ended.said}exit {ended.code}\n")
        return ended

    def _unclean(self, ended: Ended) -> str:
        """What is wrong with how a command failed."""
        if not ended.code:
            return ""
        lines = ended.said.splitlines()
        explained = bool(lines) and lines[-1].startswith("pumphouse: ")
        told = ("Traceback", "fault of Pumphouse")
        if ended.code in CLEAN and explained and not any(t in ended.said for t in told):
            return ""
        return f"unclean end {ended.code} of {ended.words}: {ended.said[-1500:]}"


def _left_out(verified: Ended) -> int:
    """How many things the plan had left out, as a verification says."""
    found = _LEFT_OUT.search(verified.said)
    return int(found[1]) if found else 0
