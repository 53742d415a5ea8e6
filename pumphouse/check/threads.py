# SPDX-License-Identifier: Apache-2.0
"""Threads that nobody has to wait for: whoever only reads may end at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Threads(Executor):
    """A thread for each call, which the process does not wait for when it ends.

    Ctrl-C then ends it at once, also while a cloud does not answer.  A pool would be
    waited for, and calls that wait for others could take all of its places.
    """

    def submit(
        self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        future: Future[Any] = Future()

        def call() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  (it is whoever asks')
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=call, name="check", daemon=True).start()
        return future
