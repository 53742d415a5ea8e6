# SPDX-License-Identifier: Apache-2.0
"""Asks each question once, whoever asks it and however many ask it at a time."""

from __future__ import annotations

import concurrent.futures
import copy
import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Answers by question, kept for as long as this object is.  Thread-safe.

    Who asks while the answer is under way waits for it.  An error goes to all who
    wait, and the next who asks tries again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[Hashable, concurrent.futures.Future[T]] = {}

    def known(self, question: Hashable) -> T | None:
        """The answer to *question* if it has come already; None otherwise."""
        with self._lock:
            answer = self._answers.get(question)
        if answer is None or not answer.done() or answer.exception():
            return None
        return answer.result()

    def get(self, question: Hashable, ask: Callable[[], T]) -> T:
        """The answer to *question*: one kept, or what *ask* returns."""
        with self._lock:
            answer = self._answers.get(question)
            mine = answer is None
            if answer is None:
                answer = self._answers[question] = concurrent.futures.Future()
        if mine:
            try:
                answer.set_result(ask())
            except BaseException as error:  # noqa: BLE001  (told to all who wait)
                with self._lock:
                    del self._answers[question]
                answer.set_exception(error)
            return answer.result()
        refused = answer.exception()
        if refused is not None:
            # A copy: each says of its own resource that it happened to that.
            raise copy.copy(refused)
        return answer.result()
