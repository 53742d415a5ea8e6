# SPDX-License-Identifier: Apache-2.0
"""What the types foresee, put into the decisions.

The last look before a plan is saved: each type is shown the whole plan and both
clouds (``ResourceType.foresee``).
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pumphouse.models import Action, Decision, Finding, Ref
from pumphouse.plan.discovery import PARALLEL
from pumphouse.resources.base import ResourceType
from pumphouse.resources.outlook import Outlook


def foresee(types: Mapping[str, ResourceType], outlook: Outlook) -> list[Finding]:
    """What all types foresee, in the order of the types.  Reads both clouds only.

    :raises CloudError: a cloud could not be read
    """
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        found = pool.map(lambda kind: list(kind.foresee(outlook)), types.values())
        return [finding for batch in found for finding in batch]


def applied(
    decisions: Mapping[Ref, Decision], findings: Iterable[Finding]
) -> tuple[dict[Ref, Decision], tuple[str, ...]]:
    """The decisions with these findings in them, and the notes on the plan.

    What stands already, mapped, migrated earlier or begun, is not blocked any more:
    the reason becomes a note.
    """
    decided = dict(decisions)
    notes: list[str] = []
    for finding in findings:
        if finding.ref is None or finding.ref not in decided:
            notes.extend(filter(None, (finding.blocked, *finding.notes)))
            continue
        decided[finding.ref] = _with(decided[finding.ref], finding)
    return decided, tuple(dict.fromkeys(notes))


def _with(decision: Decision, finding: Finding) -> Decision:
    more = replace(
        decision,
        notes=tuple(dict.fromkeys((*decision.notes, *finding.notes))),
        announced=tuple(dict.fromkeys((*decision.announced, *finding.announced))),
    )
    if not finding.blocked:
        return more
    begun = decision.action is Action.CREATE and decision.destination_id
    if decision.action in (Action.CREATE, Action.ADOPT) and not begun:
        return replace(more, action=Action.BLOCKED, reason=finding.blocked)
    if decision.action is Action.BLOCKED:
        return replace(more, reason=f"{decision.reason}; {finding.blocked}")
    return replace(more, notes=(*more.notes, finding.blocked))
