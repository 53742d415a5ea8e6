# SPDX-License-Identifier: Apache-2.0
"""Which of the runs there were is meant, where nobody says it, and what is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.flow import undoing
from pumphouse.models import NOT_KEPT, Binding, Origin, Ref
from pumphouse.plan.document import Plan
from pumphouse.store.rows import MIGRATE, NodeState, RunRow, RunState

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


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of one resource while it was brought over.

    :param announced: fields of which its plan said that they would differ
    :param not_kept: fields of which the run found that they could not be kept
    """

    announced: tuple[str, ...] = ()
    not_kept: tuple[str, ...] = ()


def told(
    store: Store, bindings: Iterable[Binding], run: RunRow | None = None
) -> dict[Ref, Told]:
    """What the plan and the run that brought something over said of it.

    :param bindings: what stands for what: whatever run made it
    :param run: one that may have finished what another had begun
    :raises StoreError: a plan was damaged
    """
    by_run: dict[str, set[Ref]] = defaultdict(set)
    for binding in bindings:
        by_run[binding.run_id].add(binding.ref)
        if run is not None:
            by_run[run.id].add(binding.ref)
    by_run.pop("", None)
    found: dict[Ref, Told] = {}
    for run_id, refs in sorted(by_run.items()):
        planned = _announced(store, run_id, refs)
        for node in store.nodes(run_id):
            said = tuple(node.details.get(NOT_KEPT, ()))
            if said and node.ref in refs:
                before = found.get(node.ref, Told())
                found[node.ref] = replace(before, not_kept=(*before.not_kept, *said))
        for ref, fields in planned.items():
            before = found.get(ref, Told())
            found[ref] = replace(before, announced=(*before.announced, *fields))
    return found


def begun(store: Store, bindings: Iterable[Binding]) -> dict[Ref, str]:
    """What a run created and did not finish, nor any run since, with its id.

    An image without its data, say.
    """
    left: dict[str, set[Ref]] = defaultdict(set)
    for binding in bindings:
        if binding.run_id and binding.origin is Origin.CREATED:
            left[binding.run_id].add(binding.ref)
    runs = [run for run in store.runs() if run.kind == MIGRATE]
    unclear = {run.id for run in runs if run.state is not RunState.SUCCEEDED}
    suspects = unclear.intersection(left)
    found: dict[Ref, str] = {}
    since: set[Ref] = set()  # what later runs have finished
    for run in runs:  # newest first
        if not suspects:
            break
        states = store.node_states(run.id)
        done = {ref for ref, state in states.items() if state is NodeState.DONE}
        if run.id in suspects:
            suspects.discard(run.id)
            for ref in left[run.id] & (states.keys() - done - since):
                found[ref] = run.id
        since |= done
    return found


def undone_by(store: Store, run: RunRow) -> str:
    """The id of the run that took *run* back, be it in part; empty if none did."""
    later = next(undoing.of(store, run), None)
    return later.id if later is not None else ""


def _announced(
    store: Store, run_id: str, refs: Collection[Ref]
) -> dict[Ref, tuple[str, ...]]:
    """The fields of *refs* that the plan of that run announced."""
    row = store.plan(store.run(run_id).plan_id)
    try:
        plan = Plan.loads(row.document)
    except (ValueError, KeyError) as error:
        raise exceptions.StoreError(
            f"cannot be read: {error}", resource=f"plan {row.id[:8]}"
        ) from None
    nodes = (plan.nodes[ref] for ref in refs if ref in plan.nodes)
    return {n.ref: n.decision.announced for n in nodes if n.decision.announced}
