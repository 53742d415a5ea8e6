# SPDX-License-Identifier: Apache-2.0
"""The frozen rows that leave the store, and the states they can be in.

Times are ISO 8601 in UTC with microseconds, so that they sort as text; an empty
string says that it has not happened yet.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pumphouse.models import Ref
from pumphouse.store.owner import Owner

Details = Mapping[str, Any]
"""A JSON object of at most 16 KiB without secrets."""


MIGRATE = "migrate"  # kinds of runs
ROLLBACK = "rollback"


class RunState(enum.StrEnum):
    """Where a run stands."""

    PENDING = "pending"  # never started
    RUNNING = "running"  # owned by a process, which may have died
    SUSPENDED = "suspended"  # stopped on request
    FAILED = "failed"  # ended with failed nodes
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled-back"  # a rollback took it back, or is at it


class Approval(enum.StrEnum):
    """How an operator said yes to a run."""

    ANSWER = "answer"  # yes, at the question
    YES = "--yes"
    COMMAND = "apply"  # which names a saved plan, and does not ask


class NodeState(enum.StrEnum):
    """Where one node of a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Outcome(enum.StrEnum):
    """How an intent of the journal ended."""

    DONE = "done"  # it took effect, and the effect stays
    FAILED = "failed"  # it never took effect
    UNDONE = "undone"  # it took effect and was taken back


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One saved plan: an immutable document under its digest."""

    id: str
    digest: str
    source: str
    destination: str
    title: str
    document: str  # JSON text; empty in listings
    summary: Details = field(default_factory=dict, hash=False)
    created_at: str = ""
    planned_by: str = ""  # as of actor.current(); empty where nobody knows


@dataclass(frozen=True, slots=True)
class RunRow:
    """One execution of a plan.

    ``epoch`` counts the take-overs: whoever writes with an older one has lost
    the run to another process.  Who applied and approved it is as of
    ``actor.current()``, and empty where nobody knows.
    """

    id: str
    plan_id: str
    kind: str
    state: RunState
    owner: Owner | None
    epoch: int
    logbook_id: str
    flow_id: str
    created_at: str
    started_at: str
    finished_at: str
    summary: Details = field(default_factory=dict, hash=False)
    owner_since: str = ""
    applied_by: str = ""
    approved_by: str = ""
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class NodeRow:
    """What the operator sees of one node of a run."""

    ref: Ref
    step: str
    state: NodeState
    error: str
    code: str
    started_at: str
    finished_at: str
    attempts: int
    details: Details = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Intent:
    """One side effect that was announced.  ``reopened``: it was open already,
    so it may have taken effect, and its marker has to be looked up first."""

    id: int
    run_id: str
    kind: str
    ref: Ref
    details: Details = field(hash=False)
    reopened: bool
    opened_at: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened in a run.  ``number`` grows and is never reused."""

    number: int
    run_id: str
    name: str
    ref: Ref | None
    details: Details = field(hash=False)
    at: str
