# SPDX-License-Identifier: Apache-2.0
"""Shuts a source server off for good, and locks it.

Nova stops only what is ACTIVE, so a suspended or paused server runs again for a
moment.
Meanwhile its ports are set down: it and its destination half have the same
addresses and must never talk at the same time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record, Resource
from pumphouse.resources.compute import server_power, server_states
from pumphouse.resources.context import Context

SHUTDOWN = "shutdown"  # kinds of intents, see server_steps
ISOLATED = "isolated"
_REASONED_LOCK = (2, 73)
WAKE = {"SUSPENDED": "resume", "PAUSED": "unpause"}  # what leads to ACTIVE from there


def shut_off(
    ctx: Context, resource: Resource, ports: Collection[str], left: str = ""
) -> None:
    """Bring the source to SHUTOFF, from whatever an earlier try left, and lock it.

    :param ports: ids of those of its ports that are set up
    :param left: the status in which this move left it.  It is not read again
        where Nova itself notices that it is in another.
    :raises WrongState: it is in a state from which it cannot be shut off
    """
    record: Record | None = resource.record
    try:
        if left != "SUSPENDED":
            record = _settled(ctx, resource)
            left = record["status"] if record else "gone"
        _stop(ctx, resource, ports, left)
    except (exceptions.Conflict, exceptions.WrongState):
        # It was not in the state it was thought to be in: an answer may have been lost.
        record = _settled(ctx, resource)
        _stop(ctx, resource, ports, record["status"] if record else "gone")
    join_again(ctx, resource)
    if ctx.options.lock_source and not (record and record.get("locked")):
        _lock(ctx, resource)


def _settled(ctx: Context, resource: Resource) -> Record | None:
    name = f"source {resource}"
    return server_power.settled(ctx, ctx.source, resource.ref.id, name=name)


def _stop(
    ctx: Context, resource: Resource, ports: Collection[str], status: str
) -> None:
    cloud, name, server_id = ctx.source, f"source {resource}", resource.ref.id
    if status in WAKE:
        if ctx.options.isolate_source_ports:
            _isolate(ctx, resource, ports)
        server_power.act(cloud, server_id, WAKE[status])
        server_power.wait_for(
            ctx, cloud, server_id, "ACTIVE", name=name, coming_from=status
        )
        status = "ACTIVE"
    if status == "ACTIVE":
        server_power.act(cloud, server_id, "os-stop")
        server_power.wait_for(
            ctx, cloud, server_id, "SHUTOFF", name=name, coming_from=status
        )
    elif status != "SHUTOFF":
        raise exceptions.WrongState(
            f"it is {status} and cannot be shut off",
            resource=name,
            hint="Shut it off there, then resume",
        )


def join_again(ctx: Context, resource: Resource) -> None:
    """Set up again the ports that were set down, if any were."""
    isolated = ctx.unsettled(ISOLATED, resource.ref)
    if isolated is not None:
        for port_id in isolated.details["ports"]:
            _set_port(ctx.source, port_id, up=True)
        ctx.settle(isolated)


def _isolate(ctx: Context, resource: Resource, ports: Collection[str]) -> None:
    isolated = ctx.unsettled(ISOLATED, resource.ref)
    if isolated is None:
        isolated = ctx.temporary(ISOLATED, resource.ref, ports=list(ports))
    for port_id in isolated.details["ports"]:
        _set_port(ctx.source, port_id, up=False)


def _set_port(cloud: Cloud, port_id: str, *, up: bool) -> None:
    with contextlib.suppress(exceptions.ResourceMissing):  # removed since
        cloud.put("network", f"/ports/{port_id}", {"port": {"admin_state_up": up}})


def _lock(ctx: Context, resource: Resource) -> None:
    bound = ctx.binding(resource.ref)
    negotiated = ctx.source.microversion("compute", "2.73")
    if tuple(map(int, negotiated.split("."))) >= _REASONED_LOCK:
        where = f" to server {bound.destination_id}" if bound else ""
        reason = {"locked_reason": f"{server_states.MOVED}{where}"}
        server_power.act(ctx.source, resource.ref.id, "lock", reason, negotiated)
    else:
        server_power.act(ctx.source, resource.ref.id, "lock")
