# SPDX-License-Identifier: Apache-2.0
"""Pumphouse's own database: plans, runs, bindings, journal, events.

Opening a :class:`Store` brings the tables up to date.  Every method is one short
transaction, committed and on disk when it returns, and may be called from any
thread.  Secrets are refused.  What belongs to a run is written by a :class:`Writer`,
behind the run's fence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pumphouse.store.owner import Owner
from pumphouse.store.rows import (
    EventRow,
    Intent,
    NodeRow,
    NodeState,
    Outcome,
    PlanRow,
    RunRow,
    RunState,
)

if TYPE_CHECKING:
    from pumphouse.store.store import Store
    from pumphouse.store.writer import Writer

__all__ = [
    "EventRow",
    "Intent",
    "NodeRow",
    "NodeState",
    "Outcome",
    "Owner",
    "PlanRow",
    "RunRow",
    "RunState",
    "Store",
    "Writer",
]


def __getattr__(name: str) -> Any:
    """Loads what brings SQLAlchemy along when somebody first wants it."""
    if name == "Store":
        from pumphouse.store.store import Store as found
    elif name == "Writer":
        from pumphouse.store.writer import Writer as found  # type: ignore[assignment]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found
