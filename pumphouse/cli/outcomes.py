# SPDX-License-Identifier: Apache-2.0
"""Whether a plan has anything to do, in words and as an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.models import Action
from pumphouse.text import count

if TYPE_CHECKING:
    from pumphouse.plan.document import Plan


def finished(plan: Plan) -> bool:
    """Whether nothing of it is to be done: all has been before, or is left out."""
    return not any(plan.having(Action.CREATE, Action.ADOPT, Action.BLOCKED))


def nothing_to_do(plan: Plan) -> str:
    """Why nothing of a finished plan is to be done."""
    left, changed = plan.left_out, plan.changed
    if left or changed:
        counts = []
        if left:
            counts.append(f"{count(len(left), 'resource')} left out")
        if changed:
            counts.append(f"{len(changed)} changed since, which is not carried yet")
        return f"everything else is migrated already; {', '.join(counts)}"
    return "everything is migrated already"


def detailed(plan: Plan, done: int = exceptions.EXIT_CHANGES) -> int:
    """What ``--detailed-exitcode`` says of a plan.

    :param done: where there is something to do, or was
    """
    if plan.left_out or any(plan.having(Action.BLOCKED)):
        return exceptions.EXIT_BLOCKED
    if finished(plan) and not plan.changed:
        return exceptions.EXIT_OK
    return done
