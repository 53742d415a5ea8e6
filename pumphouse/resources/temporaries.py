# SPDX-License-Identifier: Apache-2.0
"""What is made, lent or stopped for a while, and has to be undone.

Each kind of it has a name under which the journal keeps it open until it is undone.
Whoever finds it open, and nobody at work, learns here what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pumphouse.models import Ref, Resource
from pumphouse.resources.context import Context, Intent

if TYPE_CHECKING:
    from pumphouse.resources.base import ResourceType, Step


class OpenIntent(Intent, Protocol):
    """An intention that nobody has closed."""

    @property
    def kind(self) -> str: ...

    @property
    def ref(self) -> Ref:
        """What it is about."""

    @property
    def run_id(self) -> str:
        """The run that announced it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One open intent, with what is needed to deal with it.

    :param kind: the type of what it is about, and
    :param resource: that, where it is in the plan of its run
    """

    intent: OpenIntent
    context: Context
    kind: ResourceType | None = None
    resource: Resource | None = None

    def __str__(self) -> str:
        return str(self.resource or self.intent.ref)

    @property
    def resume(self) -> str:
        """The command that goes on with its run."""
        return f"'pumphouse resume {self.intent.run_id[:8]}'"


@dataclass(frozen=True, slots=True)
class Temporary:
    """One kind of temporary thing.

    :param kind: its name in the journal
    :param does: what is done about one that is open still, in words
    :param act: does it and closes the intent; may be done again after a crash
    :param leave: why it is left alone, in words; "" if it is not.  Only reads
    :param stops: whether, by what was noted with it, users of the source do without
        something until it ends
    :param unfinished: only its own run brings it to an end, no other plan
    :param shared: it serves all runs between two clouds, whoever announced it
    """

    kind: str
    does: str
    act: Callable[[Case], None]
    leave: Callable[[Case], str] = lambda case: ""
    stops: Callable[[Mapping[str, Any]], bool] = lambda details: False
    unfinished: bool = False
    shared: bool = False


def not_planned(case: Case) -> str:
    """Why what is not in its run's plan is left alone."""
    return "" if case.kind else "it is not in the plan of its run"


def undo(case: Case) -> None:
    """The steps by which a rollback takes back what it is about."""
    assert case.kind is not None
    assert case.resource is not None
    steps: list[Step] = []
    case.kind.undo_tasks(case.resource, lambda name, step: steps.append(step))
    for step in steps:
        step(case.context, case.resource)
