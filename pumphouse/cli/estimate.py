# SPDX-License-Identifier: Apache-2.0
"""How fast a run goes and how long it still takes, as far as that can be told.

A server takes a minute and a rule a tenth of a second, so types are told apart: what is
left of each takes as long as those of it that are done took, and as many go on side by
side as did so far.  While nothing of a type that is left is done nobody knows, and
nothing is said.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from pumphouse.models import Ref

_SOON = 5.0  # seconds; before that a run says nothing of itself


class Estimate:
    """Of one run, as one process sees it.

    :param left: what is not done yet
    """

    def __init__(
        self, left: Iterable[Ref], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._begun = clock()
        self._left = {*left}
        self._started: dict[Ref, float] = {}
        self._took: dict[str, float] = defaultdict(float)
        self._done: Counter[str] = Counter()

    def step(self, ref: Ref, state: str) -> None:
        """What the run's watcher is told of a step of *ref*."""
        if state == "started":
            self._started.setdefault(ref, self._clock())
        elif state == "finished" and ref in self._left:
            self._left.discard(ref)
            began = self._started.pop(ref, None)
            if began is not None:
                self._done[ref.type] += 1
                self._took[ref.type] += self._clock() - began

    @property
    def a_minute(self) -> float:
        """Resources that are done in a minute; 0 while that cannot be told."""
        elapsed = self._clock() - self._begun
        done = sum(self._done.values())
        return 60.0 * done / elapsed if done and elapsed >= _SOON else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Until all is done, if nothing fails; None while nobody can know."""
        elapsed = self._clock() - self._begun
        left = Counter(ref.type for ref in self._left)
        if elapsed < _SOON or not left or any(not self._done[t] for t in left):
            return None
        side_by_side = sum(self._took.values()) / elapsed
        work = sum(n * self._took[t] / self._done[t] for t, n in left.items())
        return work / side_by_side if side_by_side else None

    def __str__(self) -> str:
        """``140 a minute, about 2 min left``; "" while nothing can be told."""
        rate = self.a_minute
        if not rate:
            return ""
        said = f"{rate:.0f} a minute" if rate >= 1 else f"{rate * 60:.0f} an hour"
        left = self.seconds_left
        return said if left is None else f"{said}, about {_words(left)} left"


def _words(seconds: float) -> str:
    """Rounded as far as it is uncertain."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
