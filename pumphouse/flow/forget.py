# SPDX-License-Identifier: Apache-2.0
"""Forgets plans that are no longer wanted, and runs that have come to their end.

What stands for what, and what the journal says of the clouds, is never forgotten.
Without its plan and runs nobody can verify a migration, or take it back.
"""

from __future__ import annotations

from collections.abc import Sequence

from pumphouse.store import Store
from pumphouse.store.rows import PlanRow, RunRow, RunState

_OVER = (RunState.SUCCEEDED, RunState.ROLLED_BACK)


def runs_of(store: Store) -> dict[str, list[RunRow]]:
    """The runs of each plan that has any, by its id."""
    found: dict[str, list[RunRow]] = {}
    for run in store.runs():
        found.setdefault(run.plan_id, []).append(run)
    return found


def why_kept(store: Store, runs: Sequence[RunRow], *, with_runs: bool) -> str:
    """Why a plan with these runs must stay; empty if it may go.

    :param with_runs: whether runs that are over may go along
    """
    for run in runs:
        name = f"run {run.id[:8]}"
        if run.owner is not None or run.state not in _OVER:
            return f"{name} has not come to its end"
        if not with_runs:
            return f"{name} belongs to it"
        if store.open_intents(run_id=run.id):
            return f"{name} left something open: 'pumphouse cleanup' first"
    return ""


def forget(store: Store, plan: PlanRow, runs: Sequence[RunRow]) -> None:
    """Delete *plan* and all its *runs*.

    :raises StoreError: a run of it has begun since they were read
    """
    store.delete_plan(plan.id, [run.id for run in runs])
    books = [run.logbook_id for run in runs if run.logbook_id]
    if books:
        from pumphouse.flow import engine

        engine.persistence(store.engine).forget(books)
