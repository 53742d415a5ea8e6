# SPDX-License-Identifier: Apache-2.0
"""What was asked of a cloud: counts of everything, and the last requests in full."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

from testbed.simulator.messages import Answer, Request

_LAST = 10_000


class Log:
    """Requests by service, route and status."""

    def __init__(self) -> None:
        self.crashes: list[str] = []  # faults of the simulator itself
        self.clear()

    def clear(self) -> None:
        """Forget them all."""
        self.total = 0
        self.counts: Counter[tuple[str, str, int]] = Counter()
        self.last: deque[tuple[str, str, int, str]] = deque(maxlen=_LAST)
        self.crashes.clear()

    def add(self, request: Request, service: str, route: str, answer: Answer) -> None:
        """One request; its answer's status is 0 if none was sent."""
        status = 0 if answer.lost else answer.status
        self.total += 1
        self.counts[service, route, status] += 1
        self.last.append((request.method, request.target, status, service))

    def shown(self, last: int = 0) -> dict[str, Any]:
        """All of it as JSON, with the *last* requests."""
        rows = [
            {"service": s, "route": r, "status": code, "times": n}
            for (s, r, code), n in sorted(self.counts.items())
        ]
        recent = [*self.last][len(self.last) - last :] if last else []
        return {
            "total": self.total,
            "counts": rows,
            "last": recent,
            "crashes": self.crashes,
        }
