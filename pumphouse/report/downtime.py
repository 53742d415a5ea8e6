# SPDX-License-Identifier: Apache-2.0
"""How long each server was down: in the move that succeeded, and in those before it.

The step that verifies a server says how long its last attempt took it down; an
attempt that was put back says so in an event of the run.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from pumphouse.models import Ref
from pumphouse.plan.document import Plan
from pumphouse.store.rows import EventRow, NodeRow, RunRow

if TYPE_CHECKING:
    from pumphouse.store import Store

PUT_BACK = "server.resumed"  # the event's name
_SAME = 1.0  # seconds between two accounts of when one attempt began
_PAGE = 1000  # events read at once


def downtime(
    store: Store, plan: Plan, run: RunRow, nodes: Iterable[NodeRow]
) -> dict[str, float]:
    """Seconds each server was down, by name (and id, where two have it).

    :param nodes: those of *run*
    """
    down = dict(_put_back(_events(store, run)))
    for node in nodes:
        if "downtime" in node.details:
            down[node.ref] = down.get(node.ref, 0.0) + node.details["downtime"]
    names = Counter(plan.nodes[ref].resource.name for ref in down)
    found = {}
    for ref, seconds in down.items():
        name = plan.nodes[ref].resource.name
        shown = name if names[name] == 1 else f"{name} ({ref.id})"
        found[shown] = round(float(seconds), 3)
    return found


def _put_back(events: Iterable[EventRow]) -> Mapping[Ref, float]:
    """Seconds that attempts took which were put back."""
    attempts: dict[Ref, dict[float, float]] = {}  # by when they began
    for event in events:
        if event.ref is None or event.name != PUT_BACK:
            continue
        seconds = float(event.details["downtime"])
        began = datetime.fromisoformat(event.at).timestamp() - seconds
        known = attempts.setdefault(event.ref, {})
        # Killed after it had said so, a process says it again when it goes on.
        same = next((b for b in known if math.isclose(b, began, abs_tol=_SAME)), began)
        known[same] = seconds
    return {ref: sum(known.values()) for ref, known in attempts.items()}


def _events(store: Store, run: RunRow) -> Iterator[EventRow]:
    page = store.events(run.id, limit=_PAGE, name=PUT_BACK)
    while page:
        yield from page
        last = page[-1].number
        page = store.events(run.id, after=last, limit=_PAGE, name=PUT_BACK)
