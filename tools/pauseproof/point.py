# SPDX-License-Identifier: Apache-2.0
"""One point: stop, take over, wake, compare."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from tools.crashproof.accounts import unaccounted
from tools.crashproof.compare import differences, picture
from tools.crashproof.side_by_side import Stuck
from tools.crashproof.sweep import PATIENCE, Scenario, Sweep, Unfinished
from tools.crashproof.world import KILLED, Begun, Ended, World
from tools.pauseproof.results import Result
from tools.pauseproof.trap import PauseTrap

BUSY = 8  # exit code of a process that cannot have the run, or has lost it
BOUND = 30.0  # seconds in which a take-over has to end while the file is locked
_ELSEWHERE = "another-host"
_HELD = re.compile(r"pumphouse: run (\S+): is driven by .*--take-over")
_LATER = re.compile(r"When that one has ended: 'pumphouse resume (\S+)'")
_NOISE = ("Traceback", "Exception ignored", "fault of Pumphouse", "unexpected ")
_TABLES = (
    *("plans", "runs", "nodes", "bindings", "intents", "events"),
    *("logbooks", "flowdetails", "atomdetails"),
)
_OWNED = "select id, epoch from runs where owner is not null"
_CONF = "quick.conf"
_QUICK = "[database]\nlock_timeout = 2\n"


class Points:
    """The points of one scenario in one world.

    :param tell: is told of each bad point
    """

    def __init__(
        self, world: World, scenario: Scenario, tell: Callable[[str], None] = print
    ) -> None:
        self._world = world
        self._scenario = scenario
        self._tell = tell
        self._patient = True  # the first time at a locked file: as configured
        conf = (world.folder / "pumphouse.conf").read_text()
        (world.folder / _CONF).write_text(conf + _QUICK)
        self._sweep = Sweep(world, scenario, tell)

    @property
    def size(self) -> int:
        """How many points an undisturbed run passes."""
        return self._sweep.size

    def some(
        self, count: int, seed: int, done: Collection[int], size: int
    ) -> Iterator[Result]:
        """So many points, chosen by *seed*.

        :param done: those not to do again
        :param size: among how many they are chosen
        """
        dice = random.Random(f"{seed}/{self._scenario.name}")
        chosen = dice.sample(range(1, size + 1), min(count, size))
        for number, n in enumerate(chosen):
            wake_at = dice.randint(1, size) if number % 2 else 0
            if n not in done:
                yield self.point(n, wake_at)

    def point(self, n: int, wake_at: int) -> Result:
        """What came of it, if it was reached.

        :param wake_at: the point of whoever takes over at which the first one is
            woken; 0: when the other one has ended
        """
        world = self._world
        began = time.monotonic()
        world.back("start")
        self._scenario.trouble(world)
        first = self._stopped(n)
        result = Result(self._scenario.name, n, "", wake_at=wake_at)
        if first is None:
            return result
        result.at = first.told.read_text()
        try:
            self._taken_over(first, wake_at, result)
        except Unfinished as stuck:
            result.unhealable.append(str(stuck))
        finally:
            _wake(first.pid)
            _bury(first.pid)
        if left := unaccounted(world):
            result.orphans.append(left)
        if not result.unhealable:
            found = differences(self._sweep.wanted, picture(world))
            result.duplicates += found.duplicates
            result.orphans += found.orphans
            result.lost += found.lost
        if crashes := world.crashes():
            raise RuntimeError(f"a fault of the simulator: {crashes[0]}")
        result.seconds = round(time.monotonic() - began, 1)
        if result.bad:
            self._tell(str(result))
        return result

    def _stopped(self, n: int) -> Begun | None:
        """The process that was stopped at the n-th point; None: none was."""
        left = n
        for words in self._sweep.commands:
            stop_at = left
            begun = self._world.begin(
                words, lambda told, at=stop_at: PauseTrap(told, at), "-first", _CONF
            )
            if self._stands(begun):
                return begun
            left -= len(self._world.end(begun).passed)
        return None

    def _stands(self, begun: Begun) -> bool:
        """Whether it was stopped; otherwise it has ended.

        :raises Stuck: neither
        """
        until = time.monotonic() + self._world.patience
        how = os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG
        while (found := os.waitid(os.P_PID, begun.pid, how)) is None:
            if time.monotonic() > until:
                _kill(begun.pid)
                raise Stuck(f"{begun.words} has neither stopped nor ended")
            time.sleep(0.002)
        return found.si_code == os.CLD_STOPPED

    def _taken_over(self, first: Begun, wake_at: int, result: Result) -> None:
        """Another process goes on; the first one wakes up, be it meanwhile or later."""
        self._hint = ""
        self._owned = self._world.rows(_OWNED)
        ended = Ended(first.words, KILLED, "")
        asleep = True
        for _ in range(PATIENCE):
            words = self._words(ended)
            if words is None:
                break
            before = self._all() if asleep else None
            began = time.monotonic()
            ended = self._second(words, first.pid if asleep else 0, wake_at)
            if asleep and self._locked(ended, first, time.monotonic() - began):
                result.locked = True
                if self._all() != before:
                    result.lost.append("a refused take-over changed something")
            elif asleep and not ended.code and not wake_at:
                self._wakes_late(first, result)
                asleep = False
                continue
            if asleep and (wake_at or result.locked):
                _wake(first.pid)
                if not result.locked:  # or it goes on, and is taken over then
                    self._first_ended(first, result)
                asleep = False
        _wake(first.pid)
        self._first_ended(first, result)
        for _ in range(PATIENCE):
            words = self._words(ended)
            if words is None:
                break
            ended = self._second(words, 0, 0)
        else:
            raise Unfinished(f"{ended.words}: {ended.code}: {ended.said[-1500:]}")
        if self._hint:  # of the first one, whose run is another than the second's
            ended = self._second(("resume", self._hint), 0, 0)
            if ended.code:
                raise Unfinished(f"{ended.words}: {ended.code}: {ended.said[-1500:]}")

    def _words(self, ended: Ended) -> tuple[str, ...] | None:
        """What an operator says next; None: all is done."""
        held = _HELD.search(ended.said) if ended.code == BUSY else None
        if held:  # e.g. the run that is to be rolled back
            return ("resume", held[1], "--take-over")
        if ended.words[0] == "resume" and self._over(ended):
            ended = Ended(self._sweep.commands[-1], 4, "")
        words = self._scenario.after(self._world, ended)
        if words is not None and words[0] == "resume":
            return (*words, "--take-over")
        return words

    def _over(self, ended: Ended) -> bool:
        """Whether that went on with another run than the scenario is about."""
        return not ended.code and len(ended.words) == 3

    def _second(self, words: tuple[str, ...], wake: int, wake_at: int) -> Ended:
        begun = self._world.begin(
            words,
            lambda told: PauseTrap(told, 0, wake, wake_at, _ELSEWHERE),
            "-second",
            "pumphouse.conf" if self._patient else _CONF,
        )
        return self._world.end(begun)

    def _locked(self, ended: Ended, first: Begun, took: float) -> bool:
        """Whether the first one has the file locked, and the other one says so."""
        if f"is locked by process {first.pid} " not in ended.said:
            return False
        if ended.code != BUSY or took > BOUND or ended.said.count("\n") > 3:
            raise Unfinished(f"locked: {ended.code}, {took:.0f} s: {ended.said}")
        self._patient = False
        return True

    def _wakes_late(self, first: Begun, result: Result) -> None:
        """The other one has ended: nothing may change any more, if it had the run."""
        had = [each for each in self._owned if each not in self._world.rows(_OWNED)]
        before = self._all() if had else None
        _wake(first.pid)
        self._first_ended(first, result)
        if had and self._all() != before:
            result.lost.append("a former owner changed something")

    def _first_ended(self, first: Begun, result: Result) -> None:
        """It ends, and says no more than one line of it."""
        if first.pid in result.buried:
            return
        ended = self._world.end(first)
        result.buried.append(first.pid)
        hint = _LATER.search(ended.said) if ended.code == BUSY else None
        self._hint = hint[1] if hint else ""
        last = [line for line in ended.said.splitlines() if line.startswith("pumph")]
        noise = any(word in ended.said for word in _NOISE)
        if noise or ended.code < 0 or (ended.code and len(last) != 1):
            result.lost.append(f"it said: {ended.code}: {ended.said[-1500:]}")

    def _all(self) -> Any:
        """Every row of the database, and of both clouds."""
        rows = {
            t: sorted(self._world.rows(f"select * from {t}"), key=str) for t in _TABLES
        }
        clouds = {
            side: {k: v for k, v in kinds.items() if k != "tokens"}
            for side, kinds in self._world.dump().items()
        }
        return rows, clouds


def _wake(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _bury(pid: int) -> None:
    """Nothing is left of it, whatever went wrong."""
    try:
        if os.waitpid(pid, os.WNOHANG) == (0, 0):
            _kill(pid)
    except ChildProcessError:
        return
