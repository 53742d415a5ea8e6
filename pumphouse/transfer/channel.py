# SPDX-License-Identifier: Apache-2.0
"""A bounded queue between one reading and one sending thread that can be shut.

Unlike ``queue.Queue`` either end can leave: the other one then stops waiting.
"""

from __future__ import annotations

import threading
from collections import deque


class Left(Exception):
    """The other end has left; nobody wants more."""


class Channel:
    """Chunks on their way, at most *depth* of them."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._chunks: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._error: BaseException | None = None
        self._left = False

    def put(self, chunk: bytes) -> None:
        """Hand on *chunk*; waits for room.

        :raises Left: the taker has left
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._left or len(self._chunks) < self._depth
            )
            if self._left:
                raise Left
            self._chunks.append(chunk)
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return self._left or len(self._chunks) < self._depth

    def end(self, error: BaseException | None = None) -> None:
        """No more chunks come, because of *error* or because that was all."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def take(self, timeout: float) -> bytes | None:
        """The next chunk; empty if none came within *timeout* seconds.

        :returns: None after the last one
        :raises BaseException: what the giver ended with
        """
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or self._ended, timeout)
            if self._chunks:
                chunk = self._chunks.popleft()
                self._changed.notify_all()
                return chunk
            if self._error is not None:
                raise self._error
            return None if self._ended else b""

    def leave(self) -> None:
        """Nobody takes any more; drops what is on its way."""
        with self._changed:
            self._left = True
            self._chunks.clear()
            self._changed.notify_all()
