# SPDX-License-Identifier: Apache-2.0
"""Brings the source server to a halt, at the beginning of its move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.models import Record, Resource
from pumphouse.resources.compute import (
    server_compare,
    server_fitness,
    server_nics,
    server_power,
    server_ready,
)
from pumphouse.resources.compute.server_discovery import NEWEST, read
from pumphouse.resources.compute.server_fields import TASK
from pumphouse.resources.context import Context, Intent

SUSPENDED = "suspended"  # kind of intent, see server_steps


def halted(ctx: Context, resource: Resource) -> tuple[Mapping[str, Any], Intent]:
    """The source as it is now, not running; and the intent of its move.

    :returns: its record, which holds its user data
    """
    name, server_id = str(resource), resource.ref.id
    intent = ctx.unsettled(SUSPENDED, resource.ref)
    record = read(ctx.source, server_id)
    if intent is not None and record is not None and record.get(TASK):
        record = server_power.settled(ctx, ctx.source, server_id, name=name)
    if record is None:
        raise exceptions.WrongState("it vanished from the source", resource=name)
    if intent is not None and record["status"] == "ACTIVE":
        # Killed before it was suspended or while it was put back, or its users
        # started it.
        ctx.settle(intent)
        intent = None
    if intent is not None:
        left = left_in(intent)
        if record["status"] != left:
            raise exceptions.WrongState(
                f"the source is in {record['status']}, not in {left} as it was left",
                resource=name,
                hint=f"Bring it to ACTIVE or {left}, then resume",
            )
        return record, intent
    _check(ctx, resource, record)
    was = record["status"]
    # Read while it still runs: nobody has to wait for that.
    ports = server_nics.ports_of(ctx.source, server_id)
    server_ready.check(ctx, resource, ports)
    intent = ctx.temporary(
        SUSPENDED,
        resource.ref,
        was=was,
        locked=bool(record.get("locked")),
        ports=ports,
        at=ctx.now(),
    )
    return (_suspended(ctx, resource) if was == "ACTIVE" else record), intent


def left_in(intent: Intent) -> str:
    """The status in which a source is left whose move has begun."""
    was = str(intent.details["was"])
    return "SUSPENDED" if was == "ACTIVE" else was  # what does not run is left alone


def _suspended(ctx: Context, resource: Resource) -> Mapping[str, Any]:
    server_power.act(ctx.source, resource.ref.id, "suspend")
    ctx.note(resource.ref, "server.suspended")
    return server_power.wait_for(
        ctx,
        ctx.source,
        resource.ref.id,
        "SUSPENDED",
        name=str(resource),
        coming_from="ACTIVE",
    )


def _with_reason(ctx: Context, record: Record) -> Record:
    """*record* with the reason of its lock, which only newer APIs tell.

    It may be locked because a run of another database has moved it.
    """
    if not record.get("locked") or "locked_reason" in record:
        return record
    newer = read(ctx.source, str(record["id"]), NEWEST) or {}
    return {**record, "locked_reason": newer.get("locked_reason")}


def _check(ctx: Context, resource: Resource, record: Record) -> None:
    """Whether the source can be moved still, and is what the plan is about.

    :raises WrongState: no
    """
    blocked = server_fitness.judge(_with_reason(ctx, record), ctx.options).blocked
    if blocked:
        raise exceptions.WrongState(blocked, resource=str(resource))
    changed = server_compare.changed(resource.record, record)
    if changed:
        raise exceptions.WrongState(
            "it was changed since the plan was drawn up: "
            + "; ".join(map(str, changed)),
            resource=str(resource),
            hint="Plan again",
        )
