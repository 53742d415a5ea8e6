# SPDX-License-Identifier: Apache-2.0
"""Tries a node again after a while, where that may help."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from taskflow import retry


class Backoff(retry.Retry):  # type: ignore[misc]
    """Runs its flow again after errors that say they are ``retryable``.

    Before each further attempt what the last one did is reverted, and a pause is
    made that grows; the pause occupies no thread.  Errors that do not say so, among
    them all that are bugs, are permanent.

    :param name: of the atom; unique within the whole flow
    :param attempts: in one run, the first one included
    :param delay: seconds before the second attempt
    :param factor: by how much each pause is longer than the one before
    :param longest: seconds, no pause is longer
    :param jitter: gives 0..1: each pause is shortened by up to a quarter, so that
        many nodes that failed together do not come back together
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
        self._attempts = attempts
        self._delay = delay
        self._factor = factor
        self._longest = longest
        self._jitter = jitter

    def execute(self, history: retry.History, *args: Any, **kwargs: Any) -> int:
        """The number of the attempt, from 1."""
        return len(history) + 1

    def on_failure(self, history: retry.History, *args: Any, **kwargs: Any) -> str:
        """RETRY while there are attempts left and all failures are retryable."""
        if len(history) >= self._attempts:
            return str(retry.REVERT)
        causes = [cause for _name, cause in history.outcomes_iter(index=-1)]
        retryable = all(getattr(one.exception, "retryable", False) for one in causes)
        return str(retry.RETRY if retryable else retry.REVERT)

    def pause(self, history: retry.History) -> float:
        """Seconds to let go by before the next attempt."""
        if not len(history) or self._delay <= 0:
            return 0.0
        grown = self._delay * self._factor ** (len(history) - 1)
        return min(grown, self._longest) * (1 - self._jitter() / 4)
