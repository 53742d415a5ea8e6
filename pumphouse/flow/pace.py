# SPDX-License-Identifier: Apache-2.0
"""Learns how long a cloud takes for what is waited for again and again.

A look that comes too early is a request for nothing, one that comes too late adds
to a server's downtime.  So the first look at the next server comes shortly before
it can be expected to be there, going by those before it.
"""

from __future__ import annotations

import threading

_WEIGHT = 0.5  # of the newest; clouds get slower and faster during a run
_SHORTLY = 0.9  # of what it is expected to take
_FASTER = 0.85  # assumed of what was there at the first look already


class Pace:
    """How long each kind of waiting takes, as it went so far.  Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._typical: dict[str, float] = {}

    def first_look(self, kind: str, guess: float, longest: float) -> float:
        """Seconds after which to look for the first time.

        :param guess: as long as nothing is known of that kind
        :param longest: seconds that any trouble may stay unseen; where things
            take much longer than that, half of what they take
        """
        with self._lock:
            typical = self._typical.get(kind)
        if typical is None:
            return min(guess, longest)
        return min(typical * _SHORTLY, max(longest, typical / 2))

    def took(self, kind: str, missed: float, found: float) -> None:
        """It was not there *missed* seconds after the beginning, and was at *found*.

        :param missed: 0 if it was there at the first look
        """
        newest = (missed + found) / 2 if missed else found * _FASTER
        with self._lock:
            before = self._typical.get(kind, newest)
            self._typical[kind] = before + (newest - before) * _WEIGHT
