# SPDX-License-Identifier: Apache-2.0
"""Tries again after a while, where that may help.

Errors that say they are ``retryable`` may go away by themselves; all others, among
them all that are bugs, are permanent.  A task says in
:meth:`~pumphouse.flow.engine.Task.again` that it, and perhaps some before it, are to
run once more.  This costs nothing as long as nothing fails; the pause occupies no
thread, and a request to stop ends it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, and how long to wait in between.

    :param attempts: in one run, the first one included
    :param delay: seconds before the second attempt
    :param factor: by how much each pause is longer than the one before
    :param longest: seconds, no pause is longer
    :param jitter: gives 0..1: each pause is shortened by up to a quarter, so that
        many that failed together do not come back together
    """

    attempts: int = 3
    delay: float = 2.0
    factor: float = 3.0
    longest: float = 60.0
    jitter: Callable[[], float] = random.random

    def after(self, error: BaseException | None, attempt: int) -> float | None:
        """Seconds to wait after *attempt* (from 1) failed; None: not again."""
        if attempt >= self.attempts or not getattr(error, "retryable", False):
            return None
        return self.pause(attempt)

    def pause(self, attempt: int) -> float:
        """Seconds to let go by after *attempt*."""
        if attempt < 1 or self.delay <= 0:
            return 0.0
        grown = self.delay * self.factor ** (attempt - 1)
        return min(grown, self.longest) * (1 - self.jitter() / 4)


@dataclass(frozen=True, slots=True)
class Again:
    """What is to run once more after a failure.

    :param seconds: from now
    :param atoms: names, in the order in which they run; the failed one is the last
    """

    seconds: float
    atoms: tuple[str, ...]
