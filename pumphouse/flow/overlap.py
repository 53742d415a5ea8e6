# SPDX-License-Identifier: Apache-2.0
"""Keeps two live runs from making the same thing.

The journal says that a creation is under way, not by whom: a second run would take
the first one's open intent for what a killed process left, look for the result too
early, and make it again.
"""

from __future__ import annotations

from collections.abc import Collection

from pumphouse import exceptions
from pumphouse.models import CloudPair, Ref
from pumphouse.store import Store
from pumphouse.store.rows import NodeState, RunRow
from pumphouse.text import some

_NAMED = 3  # resources spelled out in the error


def refuse(store: Store, run: RunRow, pair: CloudPair, wanted: Collection[Ref]) -> None:
    """Make sure that no live run is still about any of *wanted*.

    To be called when *run* is this process's own already, and its nodes are in the
    store: so of two that begin at once at least one sees the other.  What the other
    run has done already is bound, and no obstacle.

    :param wanted: what *run* is going to create
    :raises RunBusy: one is; names it, and what both are about
    """
    for other in store.runs():
        if other.id == run.id or other.owner is None or store.abandoned(other):
            continue
        plan = store.plan(other.plan_id)
        if (plan.source, plan.destination) != (pair.source, pair.destination):
            continue
        states = store.node_states(other.id).items()
        undone = {ref for ref, state in states if state is not NodeState.DONE}
        shared = sorted(undone.intersection(wanted))
        if shared:
            raise _busy(run, other, shared)


def _busy(run: RunRow, other: RunRow, shared: list[Ref]) -> exceptions.RunBusy:
    both = some([*map(str, shared)], _NAMED)
    return exceptions.RunBusy(
        f"run {other.id[:8]} of {other.owner} is about to make {both} as well",
        resource=f"run {run.id[:8]}",
        hint=f"When that one has ended: 'pumphouse resume {run.id[:8]}'",
    )
