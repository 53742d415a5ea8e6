# SPDX-License-Identifier: Apache-2.0
"""Sends a request again where that is safe, and only there.

Wrapped around a request from outside: what is inside knows nothing of it.
A request is *repeatable* if doing it twice equals doing it once (GET, HEAD, PUT,
DELETE).  One that is not may be sent again only when it had no effect: it never
left, or the answer was "too many requests".
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from keystoneauth1 import exceptions as ka

from pumphouse.cloud.causes import hopeless, never_sent

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_BUSY = frozenset({408, 502, 503, 504})
_BUG = 500  # mostly the same again, so it is not worth all attempts
_BUG_RETRIES = 2


class GotNoAnswer(Exception):
    """The connection failed for good; the cause is what ``requests`` raised.

    :param retried: whether an earlier attempt may have taken effect
    """

    def __init__(self, cause: BaseException, retried: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.retried = retried


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and whether an earlier attempt may have taken effect."""

    response: requests.Response
    retried: bool


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, and how long to wait between.  Times are seconds.

    :param sleep: waits that many seconds; tests pass their own
    :param clock: the time of day, Unix time, to read an HTTP date against
    """

    retries: int = 5
    first: float = 0.5
    longest: float = 30.0
    longest_asked: float = 120.0  # of a Retry-After
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.time
    jitter: Callable[[], float] = field(default=random.random)

    def run(
        self,
        send: Callable[[], requests.Response],
        *,
        repeatable: bool,
        replayable: bool = True,
        failures: tuple[type[BaseException], ...] = (ka.ConnectionError,),
    ) -> Answer:
        """Calls *send* until it brings an answer worth having, or attempts are up.

        :param repeatable: sending it twice equals sending it once
        :param replayable: the body can be sent again at all (not a stream)
        :param failures: what *send* raises when there is no answer
        :raises GotNoAnswer: where the last attempt had none
        """
        retried = False  # an attempt before this one may have taken effect
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                response = send()
            except failures as error:
                lost = not never_sent(error)
                safe = replayable and (repeatable or not lost)
                if last or not safe or hopeless(error):
                    raise GotNoAnswer(error, retried) from error
                retried = retried or lost
                self.sleep(self.pause(attempt))
                continue
            if last or not replayable or not self._worth(response, attempt, repeatable):
                return Answer(response, retried)
            retried = retried or response.status_code >= 500
            response.close()
            self.sleep(self.pause(attempt, response.headers.get("Retry-After", "")))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _worth(
        self, response: requests.Response, attempt: int, repeatable: bool
    ) -> bool:
        """Whether asking again may bring another answer, and harms nothing."""
        status = response.status_code
        asked = response.headers.get("Retry-After", "0").strip()
        if status == 429 or (status == 413 and asked != "0"):
            return True
        if status == _BUG:
            return repeatable and attempt < _BUG_RETRIES
        return repeatable and status in _BUSY

    def pause(self, attempt: int, retry_after: str = "") -> float:
        """Seconds to wait after *attempt* (0 is the first), Retry-After first."""
        asked = self._asked(retry_after)
        if asked is not None:
            return min(asked, self.longest_asked)
        wait: float = min(self.first * 2.0**attempt, self.longest)
        return wait * (0.5 + self.jitter() / 2)

    def _asked(self, retry_after: str) -> float | None:
        """Seconds that a Retry-After asks for: a number, or an HTTP date."""
        text = retry_after.strip()
        if not text:
            return None
        try:
            return max(0.0, float(text))
        except ValueError:
            pass
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return None
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        now = datetime.fromtimestamp(self.clock(), UTC)
        return max(0.0, (when - now).total_seconds())
