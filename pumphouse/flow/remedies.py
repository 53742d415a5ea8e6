# SPDX-License-Identifier: Apache-2.0
"""What becomes of an open intent of the journal, for each kind of them.

==============  ===============================  ===============================
kind            what may be left                 what cleanup does
==============  ===============================  ===============================
``credential``  an EC2 credential of a user      deletes it
``role-grant``  a role of Pumphouse's own user   revokes it
``keypair``     a keypair lent to that user      deletes it
``suspended``   a source server that stands      deletes its half on the
                still, perhaps with a half on    destination and starts the
                the destination                  source again; but if the half
                                                 is up, leaves it to ``resume``
``shutdown``    a source server that is to be    shuts it off and locks it, as
                shut off: its move is verified   its run would have
``isolated``    source ports that are set down   sets them up again, unless both
                                                 servers would then be on the
                                                 network
``create``      something of which nobody knows  looks for it by its marker or
                whether it was made              key, and deletes what it finds,
                                                 unless it stands for something
==============  ===============================  ===============================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pumphouse import exceptions
from pumphouse.flow import delegations
from pumphouse.flow.context import RunContext
from pumphouse.models import Resource
from pumphouse.resources.base import ResourceType, Step
from pumphouse.resources.compute import server_keypair, server_shutdown
from pumphouse.resources.compute.server_discovery import read
from pumphouse.store import journal
from pumphouse.store.rows import Intent


@dataclass(frozen=True, slots=True)
class Case:
    """One open intent, with what is needed to deal with it.

    :param resource: what it is about, where that is in its run's plan
    """

    intent: Intent
    context: RunContext
    kind: ResourceType | None = None
    resource: Resource | None = None

    def __str__(self) -> str:
        return str(self.resource or self.intent.ref)


@dataclass(frozen=True, slots=True)
class Remedy:
    """How one kind of intent is dealt with.

    :param does: what is done, in words
    :param act: does it and closes the intent; may be done again after a crash
    :param leave: why it is left alone, in words; empty if it is not.  Only reads
    """

    does: str
    act: Callable[[Case], None]
    leave: Callable[[Case], str] = lambda case: ""


# -- what is done ------------------------------------------------------------
def _take_back(case: Case) -> None:
    delegations.take_back(case.context, case.intent)


def _delete_keypair(case: Case) -> None:
    server_keypair.take_back(case.context, str(case.intent.details["name"]))


def _undo(case: Case) -> None:
    """The steps by which a rollback takes it back."""
    assert case.kind is not None
    assert case.resource is not None
    steps: list[Step] = []
    case.kind.undo_tasks(case.resource, lambda name, step: steps.append(step))
    for step in steps:
        step(case.context, case.resource)


def _sweep(case: Case) -> None:
    assert case.kind is not None
    assert case.resource is not None
    case.kind.sweep(case.context, case.resource)


def _shut_off(case: Case) -> None:
    assert case.resource is not None
    begun = case.context.unsettled(journal.SUSPENDED, case.intent.ref)
    if begun is not None:  # killed between the two: its move is not undone any more
        case.context.settle(begun, "done")
    ports = case.intent.details["ports"]
    server_shutdown.shut_off(case.context, case.resource, ports)
    case.context.settle(case.intent, "done")


def _join_again(case: Case) -> None:
    assert case.resource is not None
    why = _both_would_talk(case)
    if why:
        raise exceptions.WrongState(why, resource=str(case))
    server_shutdown.join_again(case.context, case.resource)


# -- what is left alone ------------------------------------------------------
def _not_planned(case: Case) -> str:
    return "" if case.kind else "it is not in the plan of its run"


def _arrived(case: Case) -> str:
    if case.context.unsettled(journal.SHUTDOWN, case.intent.ref) is not None:
        return "it is verified on the destination, and its move is finished"
    there = _there(case)
    if there is not None and there["status"] == "ACTIVE":
        return f"it is up on the destination: {_resume(case)} finishes its move"
    return _not_planned(case)


def _lost(case: Case) -> str:
    if _there(case) is None:
        run = case.intent.run_id[:8]
        return (
            "what stood for it on the destination is gone: 'pumphouse rollback "
            f"{run}' starts the source again"
        )
    return _not_planned(case)


def _alone(case: Case) -> str:
    shut_off_first = case.context.unsettled(journal.SHUTDOWN, case.intent.ref)
    return _not_planned(case) or ("" if shut_off_first else _both_would_talk(case))


def _both_would_talk(case: Case) -> str:
    here = read(case.context.source, case.intent.ref.id)
    if here is not None and here["status"] == "ACTIVE" and _there(case) is not None:
        return f"it runs on both clouds: {_resume(case)} shuts the source off first"
    return ""


def _there(case: Case) -> Mapping[str, object] | None:
    bound = case.context.binding(case.intent.ref)
    return read(case.context.destination, bound.destination_id) if bound else None


def _resume(case: Case) -> str:
    return f"'pumphouse resume {case.intent.run_id[:8]}'"


REMEDIES: Mapping[str, Remedy] = {
    journal.SHUTDOWN: Remedy("shut the source off and lock it", _shut_off, _lost),
    journal.SUSPENDED: Remedy(
        "remove its half on the destination, start the source again", _undo, _arrived
    ),
    journal.ISOLATED: Remedy(
        "set the ports of the source up again", _join_again, _alone
    ),
    journal.CREATE: Remedy(
        "look for it on the destination, delete it if it was made",
        _sweep,
        _not_planned,
    ),
    journal.KEYPAIR: Remedy(
        "delete the keypair lent to Pumphouse's user", _delete_keypair
    ),
    journal.CREDENTIAL: Remedy("delete the temporary credential", _take_back),
    journal.ROLE_GRANT: Remedy("revoke the temporary role", _take_back),
}
"""What is done about each kind of intent, in this order."""

UNKNOWN = Remedy(
    "", lambda case: None, lambda case: f"nobody here knows {case.intent.kind!r}"
)
