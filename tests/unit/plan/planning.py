# SPDX-License-Identifier: Apache-2.0
"""Plans of the toy clouds, drawn up in one line."""

from __future__ import annotations

from typing import Any

from pumphouse.conf.migration import Options
from pumphouse.plan.document import Plan
from pumphouse.plan.planner import Planner
from pumphouse.plan.selection import Selection
from tests.unit.plan import toys


def planner(destination: toys.ToyCloud | None = None, **more: Any) -> Planner:
    arguments: dict[str, Any] = {
        "source": toys.source(),
        "destination": destination or toys.ToyCloud("destination"),
        "types": toys.TYPES,
        "options": Options(),
        "mappings": {},
        "bindings": {},
        **more,
    }
    return Planner(**arguments)


def house(*terms: str, **more: Any) -> Plan:
    return planner(**more).draw_up(Selection("house", terms))


def actions(plan: Plan) -> dict[str, str]:
    return {str(r): n.decision.action.value for r, n in plan.nodes.items()}
