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
from pumphouse.flow.remedies import UNKNOWN, remedies
from pumphouse.models import CloudPair, Ref
from pumphouse.plan.document import Plan
from pumphouse.resources.base import ResourceType
from pumphouse.resources.temporaries import Case, Temporary
from pumphouse.store import Store, Writer
from pumphouse.store.rows import Intent, RunRow

MakeContext = Callable[[RunRow, Plan], RunContext]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to become of one open intent.

    :param remedy: what is done about its kind
    :param leave: why nothing is; empty if something is
    """

    case: Case
    context: RunContext
    intent: Intent
    remedy: Temporary
    leave: str

    @property
    def does(self) -> str:
        """What is done, in words."""
        return self.remedy.does


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
    known = remedies(types)
    order = [*known]

    def rank(intent: Intent) -> tuple[int, int]:
        at = order.index(intent.kind) if intent.kind in known else len(order)
        # What was made last may need what was made first.
        return at, -intent.id

    found = []
    for intent in sorted(store.open_intents(pair), key=rank):
        if intent.run_id not in plans:
            run = by_id[intent.run_id]
            plan = Plan.loads(store.plan(run.plan_id).document)
            plans[run.id] = plan, context_of(run, plan)
        plan, context = plans[intent.run_id]
        node = plan.nodes.get(intent.ref)
        kind = types.get(intent.ref.type) if node else None
        case = Case(intent, context, kind, node.resource if node else None)
        remedy = known.get(intent.kind, UNKNOWN)
        why = _in_use(intent, remedy, at_work) or remedy.leave(case)
        found.append(Finding(case, context, intent, remedy, why))
    return found


def carry_out(finding: Finding, writer: Writer) -> None:
    """Do what was found to be done.

    :param writer: of the run whose intent this is, which nobody else has meanwhile
    :raises PumphouseError: it could not be done, and the intent is open still
    """
    intent, context = finding.intent, finding.context
    context.writer = writer
    if context.unsettled(intent.kind, intent.ref) is None:
        return  # what was done about another intent has closed it
    finding.remedy.act(finding.case)
    if context.unsettled(intent.kind, intent.ref) is not None:
        raise exceptions.ResourceError(
            "something on the destination stands for it that no run made",
            resource=str(finding.case),
            hint=f"'pumphouse unregister {intent.ref.type} {intent.ref.id}' first",
        )


def _in_use(
    intent: Intent, remedy: Temporary, at_work: Mapping[str, Collection[Ref]]
) -> str:
    for run_id, refs in at_work.items():
        # Whoever opened shared ones first: they serve all runs of the pair.
        if intent.run_id == run_id or intent.ref in refs or remedy.shared:
            return f"run {run_id[:8]} is being driven"
    return ""
