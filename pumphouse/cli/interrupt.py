# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C at any moment: one line and 130, also before the program is loaded.

Three times, three ways.  While modules are loaded nothing has begun, and an exception
could end up in any library's hands: the process ends on the spot.  While a command
runs, Ctrl-C is Python's exception, so that what is open is closed.  Once the outcome
is known it decides the exit code, and Ctrl-C only shortens the wait for threads.

Imports nothing but what Python has loaded anyway.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

EXIT_INTERRUPTED = 130
LINE = "pumphouse: interrupted\n"


def while_loading() -> None:
    """From now on Ctrl-C ends the process at once.

    One that is ignored, as of a shell's background job, stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)
    sys.unraisablehook = _unraisable


def while_running() -> None:
    """From now on Ctrl-C is ``KeyboardInterrupt``."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def to_the_end(command: Callable[[], int]) -> int:
    """The exit code of *command*, with which Ctrl-C ends the process from then on."""
    code: int | None = None
    try:
        code = command()
        _once_over(code)
        return code
    except KeyboardInterrupt:  # as the command began or ended: nobody else takes it
        if code is not None:
            os._exit(code)
        _end(signal.SIGINT, None)


def _once_over(code: int) -> None:
    handlers = (_end, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) in handlers:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(code))
        # After the threads have ended; Python's last moments know no handlers.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


def _end(number: int, frame: Any) -> NoReturn:
    try:  # noqa: SIM105
        os.write(2, LINE.encode())
    except OSError:  # it is closed, or nobody reads it
        pass
    os._exit(EXIT_INTERRUPTED)


def _unraisable(what: Any) -> None:
    """A ``KeyboardInterrupt`` that came where nothing can be raised still counts."""
    if isinstance(what.exc_value, KeyboardInterrupt):
        _end(signal.SIGINT, None)
    sys.__unraisablehook__(what)
