# SPDX-License-Identifier: Apache-2.0
"""Jobs side by side, each in a process of its own, and a bound on every wait for one.

Each process is forked from this one's only thread and dies with it.  A
``multiprocessing.Pool`` will not do: it forks from a thread that ends before its
processes do, so they are killed wherever they are, also while they hold a lock that
the pool waits for.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

__all__ = ["Failed", "Stuck", "die_with_parent", "side_by_side", "tidy_when_ended"]

J = TypeVar("J")
R = TypeVar("R")
PATIENCE = 300.0  # seconds without a sign of life of one job
_GRACE = 5.0  # seconds in which a job that is over puts away what it made
_AGAIN = 0.02
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Stuck(Exception):
    """What was waited for did not come in time; says what, and for how long."""


class Failed(Exception):
    """A job raised something, or its process died; says how."""


def die_with_parent() -> None:
    """Where the system can do it, this process ends with the *thread* it is from."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def tidy_when_ended() -> None:
    """SIGTERM ends this process as an exception does: nothing is left behind."""

    def end(*_: object) -> None:
        sys.exit(1)

    def swallowed(what: sys.UnraisableHookArgs) -> None:
        # It came while something was destroyed, where no exception gets out: again.
        if isinstance(what.exc_value, SystemExit):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        else:
            sys.__unraisablehook__(what)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, end)
    sys.unraisablehook = swallowed


@dataclass
class _Running:
    """One job under way."""

    name: str
    process: BaseProcess
    pipe: Connection
    until: float  # when it will have been silent for too long


def side_by_side(
    function: Callable[[J, Callable[[], None]], R],
    jobs: Sequence[J],
    at_once: int,
    patience: float = PATIENCE,
) -> Iterator[R]:
    """What *function* returns for each of *jobs*, as they end.

    :param function: is given a job, and something to call as a sign of life
    :param at_once: so many under way
    :param patience: seconds after the last sign of life
    :raises Stuck: a job gave none for too long
    :raises Failed: a job did not end well
    """
    left = list(reversed(jobs))
    running: dict[Connection, _Running] = {}
    try:
        while left or running:
            while left and len(running) < at_once:
                one = _begun(function, left.pop(), patience)
                running[one.pipe] = one
            nearest = min(one.until for one in running.values())
            ready = wait([*running], max(0.0, nearest - time.monotonic()))
            now = time.monotonic()
            for pipe in ready:
                assert isinstance(pipe, Connection)
                kind, what = _received(running[pipe])
                running[pipe].until = now + patience
                if kind == "result":
                    _ended(running.pop(pipe))
                    yield what
            for one in running.values():
                if one.until <= now:
                    raise Stuck(f"{one.name}: no sign of life for {patience:g} s")
    finally:
        for one in running.values():
            one.process.terminate()
            _ended(one)


def _begun(function: Callable[..., R], job: J, patience: float) -> _Running:
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_work, args=(function, job, theirs))
    process.start()
    theirs.close()
    return _Running(str(job), process, ours, time.monotonic() + patience)


def _work(function: Callable[..., R], job: J, pipe: Connection) -> None:
    """In the forked process."""
    die_with_parent()
    tidy_when_ended()
    try:
        found = function(job, lambda: pipe.send(("alive", None)))
    except Stuck as stuck:
        pipe.send(("stuck", str(stuck)))
    except Exception:  # noqa: BLE001  (raised by who waits)
        pipe.send(("failed", traceback.format_exc()))
    else:
        pipe.send(("result", found))


def _received(one: _Running) -> tuple[str, Any]:
    try:
        kind, what = one.pipe.recv()
    except EOFError:
        one.process.join(PATIENCE)
        code = one.process.exitcode
        raise Failed(f"{one.name}: its process died: {code}") from None
    if kind == "stuck":
        raise Stuck(f"{one.name}: {what}")
    if kind == "failed":
        raise Failed(f"{one.name}: {what}")
    return kind, what


def _ended(one: _Running) -> None:
    """It is over, if need be at once; what it started dies with it."""
    one.process.join(_GRACE)
    one.process.kill()
    one.process.join()
    one.pipe.close()
