# SPDX-License-Identifier: Apache-2.0
"""Pumphouse's own database: plans, runs, bindings, journal, events.

Opening a :class:`Store` brings the tables up to date.  Every method is one short
transaction, committed and on disk when it returns, and may be called from any
thread.  Secrets are refused.
"""

from __future__ import annotations

from pumphouse.store.bindings import Bindings
from pumphouse.store.events import Events
from pumphouse.store.journal import Journal
from pumphouse.store.nodes import Nodes
from pumphouse.store.owner import Owner
from pumphouse.store.plans import Plans
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
from pumphouse.store.runs import Runs

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
]


class Store(Plans, Runs, Nodes, Bindings, Journal, Events):
    """The whole database; see each part for its methods.

    ``engine`` is SQLAlchemy's and may be shared, e.g. with TaskFlow's persistence.
    """
