# SPDX-License-Identifier: Apache-2.0
"""Finishes or undoes whatever temporary thing a run announced and never ended.

The open intents of the journal say what that is, and ``remedies`` what becomes of
each.  What a run that is being driven may be at is left to that run, and the runs
whose intents these are cannot be driven meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pumphouse import exceptions
from pumphouse.flow.context import RunContext
from pumphouse.flow.remedies import REMEDIES, UNKNOWN, Case
from pumphouse.models import CloudPair, Ref
from pumphouse.plan.document import Plan
from pumphouse.resources.base import ResourceType
from pumphouse.store import Store, Writer, journal
from pumphouse.store.rows import Intent, RunRow

MakeContext = Callable[[RunRow, Plan], RunContext]

# Whoever opened them first: they serve all runs of the pair.
_SHARED = (journal.CREDENTIAL, journal.ROLE_GRANT, journal.KEYPAIR)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to become of one open intent.

    :param does: what is done about it
    :param leave: why nothing is; empty if something is
    """

    case: Case
    does: str
    leave: str


def find(
    store: Store,
    pair: CloudPair,
    types: Mapping[str, ResourceType],
    context_of: MakeContext,
) -> list[Finding]:
    """All open intents between these clouds, and what is to become of them.

    :param context_of: makes the context of a run and its plan
    """
    runs = store.runs()
    live = [run for run in runs if run.owner is not None and not store.abandoned(run)]
    at_work = {run.id: {n.ref for n in store.nodes(run.id)} for run in live}
    plans: dict[str, tuple[Plan, RunContext]] = {}
    by_id = {run.id: run for run in runs}
    found = []
    for intent in sorted(store.open_intents(pair), key=_rank):
        if intent.run_id not in plans:
            run = by_id[intent.run_id]
            plan = Plan.loads(store.plan(run.plan_id).document)
            plans[run.id] = plan, context_of(run, plan)
        plan, context = plans[intent.run_id]
        node = plan.nodes.get(intent.ref)
        kind = types.get(intent.ref.type) if node else None
        case = Case(intent, context, kind, node.resource if node else None)
        remedy = REMEDIES.get(intent.kind, UNKNOWN)
        why = _in_use(intent, at_work) or remedy.leave(case)
        found.append(Finding(case, remedy.does, why))
    return found


def carry_out(finding: Finding, writer: Writer) -> None:
    """Do what was found to be done.

    :param writer: of the run whose intent this is, which nobody else has meanwhile
    :raises PumphouseError: it could not be done, and the intent is open still
    """
    intent, context = finding.case.intent, finding.case.context
    context.writer = writer
    if context.unsettled(intent.kind, intent.ref) is None:
        return  # what was done about another intent has closed it
    REMEDIES[intent.kind].act(finding.case)
    if context.unsettled(intent.kind, intent.ref) is not None:
        raise exceptions.ResourceError(
            "something on the destination stands for it that no run made",
            resource=str(finding.case),
            hint=f"'pumphouse unregister {intent.ref.type} {intent.ref.id}' first",
        )


def _in_use(intent: Intent, at_work: Mapping[str, Collection[Ref]]) -> str:
    for run_id, refs in at_work.items():
        if intent.run_id == run_id or intent.ref in refs or intent.kind in _SHARED:
            return f"run {run_id[:8]} is being driven"
    return ""


def _rank(intent: Intent) -> tuple[int, int]:
    """In the order of the remedies: servers are shut off before their ports go up."""
    kinds = [*REMEDIES]
    at = kinds.index(intent.kind) if intent.kind in kinds else len(kinds)
    # What was made last may need what was made first.
    return at, -intent.id
