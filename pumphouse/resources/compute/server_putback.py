# SPDX-License-Identifier: Apache-2.0
"""Puts a server back after a failure: no destination half, the source runs again."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.models import Resource
from pumphouse.resources.compute import server_create, server_power
from pumphouse.resources.compute.server_halt import SUSPENDED
from pumphouse.resources.compute.server_shutdown import SHUTDOWN
from pumphouse.resources.context import Context

CREATE = "create"


def put_back(ctx: Context, resource: Resource, error: Exception) -> None:
    """Undo what the steps did so far, and say so in *error*.

    The source is resumed even if the destination half cannot be removed: its
    users come first, and the half is known by its binding and its tag.

    :raises WrongState: some of it could not be undone; says what is left
    :raises Suspended: stopped on request; what is left is undone by ``cleanup``
    """
    if ctx.unsettled(SUSPENDED, resource.ref) is None:
        return  # nothing was done
    if ctx.unsettled(SHUTDOWN, resource.ref) is not None:
        return  # verified: there is no way back
    left = [
        *_attempt(ctx, resource, _remove_half, "its half there could not be removed"),
        *_attempt(ctx, resource, _resume_source, "the source could not be resumed"),
    ]
    if left:
        raise exceptions.WrongState(
            f"{_what(error)}; and putting it back failed: " + "; ".join(left),
            resource=str(resource),
            hint="See to that on both clouds, then 'pumphouse resume' or "
            "'pumphouse cleanup'",
        ) from error
    if isinstance(error, exceptions.PumphouseError):
        said = f"{error.hint.rstrip('.')}. " if error.hint else ""
        error.hint = f"{said}The source server is as it was before"


def _attempt(ctx: Context, resource: Resource, undo: Any, failed: str) -> list[str]:
    try:
        undo(ctx, resource)
    except exceptions.Suspended:
        raise
    except exceptions.PumphouseError as error:
        return [f"{failed} ({error.what})"]
    return []


def _what(error: Exception) -> str:
    if isinstance(error, exceptions.PumphouseError):
        return error.what
    return f"unexpected {type(error).__name__}"


def _remove_half(ctx: Context, resource: Resource) -> None:
    bound = ctx.binding(resource.ref)
    unknown = ctx.unsettled(CREATE, resource.ref)
    half = bound.destination_id if bound else None
    if half is None and unknown is not None:
        half = server_create.left_behind(ctx, resource)
    if half is None:
        return  # an intent of unknown outcome stays open: looked at next time
    server_create.remove(ctx, resource, half)
    if bound is not None:
        ctx.unbind(resource.ref)
    if unknown is not None:
        ctx.settle(unknown)
    ctx.note(resource.ref, "server.half-removed", id=half)


def _resume_source(ctx: Context, resource: Resource) -> None:
    intent = ctx.unsettled(SUSPENDED, resource.ref)
    assert intent is not None
    if intent.details["was"] == "ACTIVE":
        name, server_id = f"source {resource}", resource.ref.id
        record = server_power.settled(ctx, ctx.source, server_id, name=name)
        status = record["status"] if record else "gone"
        if status == "SUSPENDED":
            server_power.act(ctx.source, server_id, "resume")
            server_power.wait_for(
                ctx, ctx.source, server_id, "ACTIVE", name=name, coming_from=status
            )
        elif status != "ACTIVE":
            raise exceptions.WrongState(f"it is {status}", resource=name)
        downtime = round(ctx.now() - intent.details["at"], 3)
        ctx.note(resource.ref, "server.resumed", downtime=downtime)
    ctx.settle(intent)
