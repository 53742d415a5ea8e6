# SPDX-License-Identifier: Apache-2.0
"""Which of the runs there were is meant, where nobody says it, and what is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.flow import undoing
from pumphouse.models import NOT_KEPT, Binding, Ref
from pumphouse.plan.document import Plan
from pumphouse.store.rows import MIGRATE, RunRow, RunState

if TYPE_CHECKING:
    from pumphouse.store import Store

_OVER = (RunState.SUCCEEDED, RunState.ROLLED_BACK)


def newest(store: Store) -> RunRow:
    """The newest run, of whatever kind.

    :raises NotFound: there is none
    """
    return store.run()


def newest_unfinished(store: Store) -> RunRow:
    """The newest run that has not come to its end; the newest if all have.

    :raises NotFound: there is none
    """
    for run in store.runs():
        if run.state not in _OVER and undoing.begun(store, run):
            return run
    return newest(store)


def newest_migration(store: Store) -> RunRow:
    """The newest run that brought something, rather than taking it back.

    :raises NotFound: there is none
    """
    return next((run for run in store.runs() if run.kind == MIGRATE), newest(store))


def applied(store: Store, plan_id: str) -> RunRow | None:
    """The run that has carried out this plan already, if one has.

    One that was taken back since does not count.

    :raises InputError: a run of it, or the taking back of one, is not over
    """
    for run in store.runs():
        if run.plan_id != plan_id or run.kind != MIGRATE:
            continue
        if run.state is RunState.SUCCEEDED:
            return run
        undone_by = undoing.unfinished(store, run)
        if undone_by is not None or run.state not in _OVER:
            goes_on = (undone_by or run).id[:8]
            what = "is being taken back by" if undone_by else "was begun by"
            raise exceptions.InputError(
                f"it {what} run {goes_on}, which has not come to its end",
                resource=f"plan {plan_id[:8]}",
                hint=f"'pumphouse resume {goes_on}' goes on with that",
            )
    return None


def not_kept(
    store: Store, plan: Plan, bindings: Mapping[Ref, Binding]
) -> dict[Ref, list[str]]:
    """Fields of what is in *plan* that could not be kept, as the runs said.

    :param bindings: what stands for what: whatever run made it, it need not be the
        plan's own
    """
    runs = {b.run_id for ref, b in bindings.items() if ref in plan.nodes and b.run_id}
    return {
        node.ref: node.details[NOT_KEPT]
        for run_id in sorted(runs)
        for node in store.nodes(run_id)
        if node.details.get(NOT_KEPT)
    }
