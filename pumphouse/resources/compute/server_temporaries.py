# SPDX-License-Identifier: Apache-2.0
"""What a server lends itself, or stops, on its way, and what ends that.

==============  ===============================  ===============================
kind            what may be left                 what cleanup does
==============  ===============================  ===============================
``shutdown``    a source server that is to be    shuts it off and locks it, as
                shut off: its move is verified   its run would have
``suspended``   a source server that stands      deletes its half on the
                still, perhaps with a half on    destination and starts the
                the destination                  source again; but if the half
                                                 is up, leaves it to ``resume``
``isolated``    source ports that are set down   sets them up again, unless both
                                                 servers would then be on the
                                                 network
``keypair``     a keypair lent to Pumphouse's    deletes it
                own user
==============  ===============================  ===============================
"""

from __future__ import annotations

from collections.abc import Mapping

from pumphouse import exceptions
from pumphouse.resources.compute import server_keypair, server_shutdown
from pumphouse.resources.compute.server_discovery import read
from pumphouse.resources.compute.server_halt import SUSPENDED
from pumphouse.resources.compute.server_keypair import KEYPAIR
from pumphouse.resources.compute.server_shutdown import ISOLATED, SHUTDOWN
from pumphouse.resources.temporaries import Case, Temporary, not_planned, undo


# -- what is done ------------------------------------------------------------
def _delete_keypair(case: Case) -> None:
    server_keypair.take_back(case.context, str(case.intent.details["name"]))


def _shut_off(case: Case) -> None:
    assert case.resource is not None
    begun = case.context.unsettled(SUSPENDED, case.intent.ref)
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
def _arrived(case: Case) -> str:
    if case.context.unsettled(SHUTDOWN, case.intent.ref) is not None:
        return "it is verified on the destination, and its move is finished"
    there = _there(case)
    if there is not None and there["status"] == "ACTIVE":
        return f"it is up on the destination: {case.resume} finishes its move"
    return not_planned(case)


def _lost(case: Case) -> str:
    if _there(case) is None:
        run = case.intent.run_id[:8]
        return (
            "what stood for it on the destination is gone: 'pumphouse rollback "
            f"{run}' starts the source again"
        )
    return not_planned(case)


def _alone(case: Case) -> str:
    shut_off_first = case.context.unsettled(SHUTDOWN, case.intent.ref)
    return not_planned(case) or ("" if shut_off_first else _both_would_talk(case))


def _both_would_talk(case: Case) -> str:
    here = read(case.context.source, case.intent.ref.id)
    if here is not None and here["status"] == "ACTIVE" and _there(case) is not None:
        return f"it runs on both clouds: {case.resume} shuts the source off first"
    return ""


def _there(case: Case) -> Mapping[str, object] | None:
    bound = case.context.binding(case.intent.ref)
    return read(case.context.destination, bound.destination_id) if bound else None


TEMPORARIES = (  # servers are shut off before their ports go up
    Temporary(
        SHUTDOWN,
        "shut the source off and lock it",
        _shut_off,
        _lost,
        unfinished=True,
    ),
    Temporary(
        SUSPENDED,
        "remove its half on the destination, start the source again",
        undo,
        _arrived,
        stops=lambda details: details.get("was") == "ACTIVE",
        unfinished=True,
    ),
    Temporary(
        ISOLATED,
        "set the ports of the source up again",
        _join_again,
        _alone,
    ),
    Temporary(
        KEYPAIR,
        "delete the keypair lent to Pumphouse's user",
        _delete_keypair,
        shared=True,
    ),
)
"""In the order in which they are ended."""
