# SPDX-License-Identifier: Apache-2.0
"""What a run came to: counts by state, and what failed and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskflow import states as st
from taskflow.types import failure


@dataclass(frozen=True, slots=True)
class AtomFailure:
    """Why one atom failed.

    :param atom: its name
    :param type: class name of the exception, without its module
    :param message: what it said, secrets masked
    :param retryable: whether the same step may succeed if it is tried again
    :param error: the exception, if it was raised in this process
    """

    atom: str
    type: str
    message: str
    retryable: bool = False
    error: BaseException | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, atom: str, cause: failure.Failure) -> AtomFailure:
        """The failure as TaskFlow keeps it, in our words."""
        name = next(iter(cause), "Exception")
        return cls(
            atom=atom,
            type=name.rpartition(".")[2],
            message=cause.exception_str,
            retryable=bool(getattr(cause.exception, "retryable", False)),
            error=cause.exception,
        )


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    :param state: of the flow: SUCCESS, FAILURE (all that could run has run, and
        something failed) or SUSPENDED (stopped on request)
    :param counts: tasks by state; retry controllers are not counted
    :param failures: by atom name
    :param executed: how many tasks were started in this run
    :param in_flight: tasks that went on when the run gave up waiting for them
    """

    state: str
    counts: Mapping[str, int]
    failures: Mapping[str, AtomFailure]
    executed: int = 0
    in_flight: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Everything is done."""
        return bool(self.state == st.SUCCESS)

    @property
    def suspended(self) -> bool:
        """It was stopped, and can go on."""
        return bool(self.state == st.SUSPENDED)
