# SPDX-License-Identifier: Apache-2.0
"""How many requests may be in flight at once, for each service of a cloud."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

DEFAULT = 16


class Limits:
    """One semaphore a service.  Thread-safe.

    A slot is held from sending a request until its headers are back: a streamed
    download holds it no longer, a streamed upload for as long as it uploads.

    :param limits: service -> requests in flight; ``default`` for all others
    :raises ValueError: for a limit below 1
    """

    def __init__(self, limits: Mapping[str, int] | None = None) -> None:
        self._limits = dict(limits or {})
        for service, limit in self._limits.items():
            if limit < 1:
                raise ValueError(f"the limit of {service} is {limit}, below 1")
        self._lock = threading.Lock()
        self._slots: dict[str, threading.BoundedSemaphore] = {}

    def of(self, service: str) -> int:
        """The limit of *service*."""
        return self._limits.get(service, self._limits.get("default", DEFAULT))

    @contextmanager
    def slot(self, service: str) -> Iterator[None]:
        """Waits for a free slot of *service* and holds it inside the block."""
        with self._lock:
            if service not in self._slots:
                self._slots[service] = threading.BoundedSemaphore(self.of(service))
            slots = self._slots[service]
        with slots:
            yield
