# SPDX-License-Identifier: Apache-2.0
"""Tries again after a while, where that may help.

Errors that say they are ``retryable`` may go away by themselves; all others, among
them all that are bugs, are permanent.  There are two ways to use that:

* a task says in :meth:`~pumphouse.flow.engine.Task.again` that it, and perhaps some
  before it, are to run once more.  This costs nothing as long as nothing fails;
* :class:`Backoff`, a retry controller of TaskFlow, has the flow that it is given to
  reverted and run again: one more atom for each such flow.

In both the pause occupies no thread, and a request to stop ends it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from taskflow import retry


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


class Backoff(retry.Retry):  # type: ignore[misc]
    """Runs its flow again after errors that say they are ``retryable``.

    Before each further attempt what the last one did is reverted.

    :param name: of the atom; unique within the whole flow
    """

    def __init__(
        self,
        name: str,
        attempts: int = 3,
        delay: float = 2.0,
        factor: float = 3.0,
        longest: float = 60.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(name)
        self._patience = Patience(attempts, delay, factor, longest, jitter)

    def execute(self, history: retry.History, *args: Any, **kwargs: Any) -> int:
        """The number of the attempt, from 1."""
        return len(history) + 1

    def on_failure(self, history: retry.History, *args: Any, **kwargs: Any) -> str:
        """RETRY while there are attempts left and all failures are retryable."""
        errors = [cause.exception for _, cause in history.outcomes_iter(index=-1)]
        attempt = len(history)
        again = attempt < self._patience.attempts and all(
            self._patience.after(error, attempt) is not None for error in errors
        )
        return str(retry.RETRY if again else retry.REVERT)

    def pause(self, history: retry.History) -> float:
        """Seconds to let go by before the next attempt."""
        return self._patience.pause(len(history))
