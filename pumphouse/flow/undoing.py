# SPDX-License-Identifier: Apache-2.0
"""Which run undoes which, and that nobody goes on with what is being undone.

A rollback names the run that it takes back in its first event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.plan.document import Node, Plan
from pumphouse.store import actor
from pumphouse.store.owner import Owner
from pumphouse.store.rows import ROLLBACK, Approval, RunRow, RunState

if TYPE_CHECKING:
    from pumphouse.store import Store, Writer
    from pumphouse.store.fence import Fence

BEGUN = "rollback.begun"  # its first event: names the run that it undoes


def unfinished(store: Store, run: RunRow) -> RunRow | None:
    """A rollback of *run* that was begun and has not succeeded, if there is one.

    :raises InputError: *run* is a rollback itself
    """
    if run.kind == ROLLBACK:
        raise exceptions.InputError(
            "it is a rollback itself",
            resource=f"run {run.id[:8]}",
            hint="'pumphouse migrate' brings over again what it took back",
        )
    return next((r for r in of(store, run) if r.state is not RunState.SUCCEEDED), None)


def begin(
    store: Store,
    plan: Plan,
    run: RunRow,
    undone: Collection[Node],
    approval: Approval | None = None,
) -> RunRow:
    """A new rollback of *run*, not driven yet.  From now on *run* is not resumed.

    :param undone: what it is to take back, see ``rollback.outline``
    :param approval: how the operator said yes to it
    :raises RunBusy: *run* is being driven
    """
    with held(store, [run.id]) as writers:
        by = actor.current()
        rollback = store.create_run(
            *(plan.id, ROLLBACK, [node.ref for node in undone]),
            applied_by=by,
            approval=approval,
            event=BEGUN,
            details={"run": run.id},
            fence=writers[run.id].fence,
        )
        writers[run.id].event(actor.ROLLED_BACK, by=by, rollback=rollback.id)
        return rollback


def of(store: Store, run: RunRow) -> Iterator[RunRow]:
    """The rollbacks of *run*, newest first."""
    for each in store.runs():
        same_plan = each.kind == ROLLBACK and each.plan_id == run.plan_id
        if same_plan and _undoes(store, each) == run.id:
            yield each


def undoes(store: Store, rollback: RunRow) -> str:
    """The id of the run that *rollback* takes back.

    :raises InputError: it was cut off before it began
    """
    run_id = _undoes(store, rollback)
    if not run_id:
        raise exceptions.InputError(
            "this rollback was cut off before it began",
            resource=f"run {rollback.id[:8]}",
            hint="Begin another with 'pumphouse rollback RUN'",
        )
    return run_id


def begun(store: Store, run: RunRow) -> bool:
    """Whether there is anything to go on with: a rollback may have been cut off
    before it said what it undoes.
    """
    return run.kind != ROLLBACK or bool(_undoes(store, run))


def _undoes(store: Store, rollback: RunRow) -> str:
    first = store.events(rollback.id, limit=1)
    return str(first[0].details["run"]) if first and first[0].name == BEGUN else ""


def refuse_undone(store: Store, run: RunRow) -> None:
    """A run that was taken back, be it in part, is not gone on with.

    :raises InputError: *run* was
    """
    later = next(of(store, run), None)
    if later is not None:
        ended = later.state is RunState.SUCCEEDED
        goes_on = f"'pumphouse resume {later.id[:8]}' goes on with that; then "
        raise exceptions.InputError(
            f"it was rolled back by run {later.id[:8]}",
            resource=f"run {run.id[:8]}",
            hint=("" if ended else goes_on) + "plan again to migrate again",
        )


@contextmanager
def undone_held(
    store: Store, run: RunRow, writer: Writer, *, force: bool = False
) -> Iterator[None]:
    """A rollback has the run that it undoes as well, so that nobody goes on with that.

    Nothing for other runs.

    :param writer: of *run*: only whoever still has that gets the other one
    :raises RunBusy: the run that it undoes is being driven; or *run* is, by another
    """
    if run.kind != ROLLBACK:
        yield
        return
    undone, fence = [undoes(store, run)], writer.fence
    with held(store, undone, RunState.ROLLED_BACK, force=force, fence=fence):
        yield


@contextmanager
def held(
    store: Store,
    run_ids: Collection[str],
    state: RunState | None = None,
    *,
    force: bool = False,
    fence: Fence | None = None,
) -> Iterator[Mapping[str, Writer]]:
    """Nobody else drives these runs inside the block, which gets their writers.

    :param state: what they are left in; what they were in before, if none is given
    :param fence: of another run, on behalf of which they are to be had
    :raises RunBusy: somebody drives one of them
    """
    writers = {}
    with ExitStack() as undo:
        for run_id in sorted(run_ids):
            before = store.run(run_id)
            run = store.acquire_run(run_id, Owner.current(), force=force, fence=fence)
            after = state or before.state
            if after is RunState.RUNNING:  # cut off
                after = RunState.SUSPENDED
            summary = dict(run.summary)
            undo.callback(store.release_run, run.id, run.epoch, after, summary)
            writers[run_id] = store.writer(run)
        yield writers
