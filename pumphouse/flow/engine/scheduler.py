# SPDX-License-Identifier: Apache-2.0
"""Starts no more tasks than there are workers; holds the others back.

TaskFlow hands everything that may run to the pool at once, and calls it RUNNING.
Here RUNNING means running, a suspended run has nothing to take back, and waiting
costs what is in flight, not what is outstanding.
"""

from __future__ import annotations

import heapq
import weakref
from collections.abc import Iterable
from typing import Any

from taskflow.engines.action_engine import scheduler as stock

Atom = Any


class Scheduler(stock.Scheduler):  # type: ignore[misc]
    """Takes the place of TaskFlow's scheduler."""

    def __init__(self, runtime: Any) -> None:
        super().__init__(runtime)
        self._run = weakref.proxy(runtime)
        self._heap: list[tuple[int, int, Atom]] = []
        self._held: set[Atom] = set()
        self._pauses: dict[Atom, float] = {}

    def pause(self, atom: Atom, seconds: float) -> None:
        """When *atom* is to be started next, let *seconds* go by first."""
        self._pauses[atom] = seconds

    def schedule(self, atoms: Iterable[Atom]) -> Any:
        """Start what there is room for: higher priority first, then as in the flow.

        :returns: the futures of what was started, and failures to start
        """
        now = []
        pauses = set()
        for atom in atoms:
            if atom in self._pauses:
                pauses.add(self._run.completions.pause(atom, self._pauses.pop(atom)))
                self._run.selector.pause_begins(atom)
            elif atom not in self._held:
                self._held.add(atom)
                entry = (-atom.priority, self._run.order[atom.name], atom)
                heapq.heappush(self._heap, entry)
        room = self._room()
        while room > 0 and self._heap:
            now.append(self._pop())
            room -= 1
        started, failures = super().schedule(now)
        return started | pauses, failures

    def next_held_back(self) -> list[Atom]:
        """The atom to start next, if one is held back and there is room for it."""
        return [self._heap[0][2]] if self._heap and self._room() > 0 else []

    def holds_back(self) -> bool:
        """Whether there is more to start than there is room for."""
        return bool(self._heap)

    def clear(self) -> None:
        """Forget what is held back: at the start of a run all is counted anew."""
        self._heap.clear()
        self._held.clear()
        self._pauses.clear()

    def _room(self) -> int:
        room: int = self._run.slots - self._run.completions.at_work
        return room

    def _pop(self) -> Atom:
        atom = heapq.heappop(self._heap)[2]
        self._held.discard(atom)
        return atom
