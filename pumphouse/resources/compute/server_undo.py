# SPDX-License-Identifier: Apache-2.0
"""Brings a source server back after its destination half is gone for good.

What has to be done follows from what the source is now, so it may be done any
number of times, and after any crash:

==================  =====================  ==================================
it was              it is now              what is done
==================  =====================  ==================================
ACTIVE              SUSPENDED              resume
ACTIVE              PAUSED                 unpause
ACTIVE              SHUTOFF                start
PAUSED, SUSPENDED   another of these       as if it was ACTIVE; then pause, suspend
SHUTOFF             anything               nothing: it never ran
whatever            locked by the run      unlock
whatever            ports set down         set them up, before it runs
==================  =====================  ==================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.models import Record, Resource
from pumphouse.resources.compute import server_power, server_shutdown
from pumphouse.resources.compute.server_halt import SUSPENDED
from pumphouse.resources.compute.server_shutdown import SHUTDOWN
from pumphouse.resources.context import Context

# The way back from each state to ACTIVE
_ACTIONS = {**server_shutdown.WAKE, "SHUTOFF": "os-start"}
# The way on from ACTIVE to the state in which its move found it
_THEN = {"ACTIVE": "", "PAUSED": "pause", "SUSPENDED": "suspend"}
_RETURNABLE = ("ACTIVE", *_ACTIONS)


def check(ctx: Context, resource: Resource) -> None:
    """Whether the source could take its place again; asked before it has to.

    :raises WrongState: no; the destination's server may be the only one left
    """
    if not ctx.binding(resource.ref) and not ctx.unsettled("create", resource.ref):
        return
    record = _read(ctx, resource)
    status = record["status"] if record else "gone"
    if status not in _RETURNABLE:
        raise exceptions.WrongState(
            f"the source is {status}, so what stands for it is not removed",
            resource=str(resource),
            hint=f"Bring the source to {', '.join(_RETURNABLE[:-1])} or "
            f"{_RETURNABLE[-1]}, then resume",
        )


def reactivate(ctx: Context, resource: Resource) -> Mapping[str, Any]:
    """The step: the source as its move found it.

    :param resource: its ``status`` says what it was
    """
    ref = resource.ref
    bound = ctx.binding(ref)
    if bound is not None:  # two of them must not run
        return {"kept": bound.destination_id}
    suspended = ctx.unsettled(SUSPENDED, ref)
    known = suspended.details if suspended else {}
    was = known.get("was") or resource.record.get("status")
    record = _read(ctx, resource)
    server_shutdown.join_again(ctx, resource)
    locked = record is not None and record.get("locked") and not known.get("locked")
    if locked and _ours_to_unlock(ctx, resource):
        server_power.act(ctx.source, ref.id, "unlock")
    status = record["status"] if record else "gone"
    if was in _THEN and status != was:
        _bring_to(ctx, resource, was, status)
        ctx.note(ref, "server.reactivated")
    for kind in (SUSPENDED, SHUTDOWN):
        intent = ctx.unsettled(kind, ref)
        if intent is not None:
            ctx.settle(intent)
    return {"source": was}


def _bring_to(ctx: Context, resource: Resource, was: str, status: str) -> None:
    if status != "ACTIVE":
        _start(ctx, resource, status)
    if _THEN[was]:
        server_power.act(ctx.source, resource.ref.id, _THEN[was])
        name = f"source {resource}"
        server_power.wait_for(
            ctx, ctx.source, resource.ref.id, was, name=name, coming_from="ACTIVE"
        )


def _start(ctx: Context, resource: Resource, status: str) -> None:
    name = f"source {resource}"
    if status not in _ACTIONS:
        raise exceptions.WrongState(
            f"it is {status} and cannot be started",
            resource=name,
            hint="See to it there, then resume",
        )
    server_power.act(ctx.source, resource.ref.id, _ACTIONS[status])
    server_power.wait_for(
        ctx, ctx.source, resource.ref.id, "ACTIVE", name=name, coming_from=status
    )


def _ours_to_unlock(ctx: Context, resource: Resource) -> bool:
    return ctx.options.lock_source and not resource.record.get("locked")


def _read(ctx: Context, resource: Resource) -> Record | None:
    return server_power.settled(
        ctx, ctx.source, resource.ref.id, name=f"source {resource}"
    )
