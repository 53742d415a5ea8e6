# SPDX-License-Identifier: Apache-2.0
"""Moves a server from one state to another, and waits until it is there.

Nova takes an action by setting ``task_state`` before it answers, and clears it
when the action is over.  So a server without a task, in its old state or in a third
one, was asked in vain: nothing is going to change that.
"""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.resources.compute.server_discovery import read
from pumphouse.resources.compute.server_fields import TASK
from pumphouse.resources.compute.server_states import fault
from pumphouse.resources.context import Context

_REPEATABLE = ("lock", "unlock")  # nobody waits for them, and twice is as once
_IN_VAIN = 2  # polls elsewhere without a task: nobody is at it


def act(
    cloud: Cloud,
    server_id: str,
    action: str,
    details: Any = None,
    microversion: str = "",
) -> None:
    """Ask Nova for *action*; returns when it is accepted.

    :raises Conflict: the server's state does not allow it
    """
    path, body = f"/servers/{server_id}/action", {action: details}
    if action in _REPEATABLE:
        cloud.post("compute", path, body, microversion=microversion, repeatable=True)
        return
    try:
        cloud.post("compute", path, body, microversion=microversion)
    except exceptions.LostAnswer:
        try:
            cloud.post("compute", path, body, microversion=microversion)
        except exceptions.Conflict:
            return  # the first one had arrived; whoever waits for it will see


def wait_for(
    ctx: Context,
    cloud: Cloud,
    server_id: str,
    *statuses: str,
    name: str,
    coming_from: str = "",
    timeout: float = 0.0,
) -> dict[str, Any]:
    """Wait until the server is in one of *statuses* and nothing is going on.

    :param name: whom errors speak of
    :param coming_from: its status when it was asked
    :param timeout: seconds; those of ``state_timeout`` unless said otherwise
    :returns: its record then
    :raises WrongState: it went to ERROR, or stays in another status
    :raises ResourceMissing: it vanished
    :raises Timeout: it is not there in that time
    """
    in_vain = 0
    wanted = " or ".join(statuses)

    def poll() -> dict[str, Any] | None:
        nonlocal in_vain
        record = read(cloud, server_id)
        _still_well(cloud, record, name)
        assert record is not None
        if record.get(TASK):
            return None
        if record["status"] in statuses:
            return record
        in_vain += bool(coming_from)
        if in_vain >= _IN_VAIN:
            now = record["status"]
            found = "" if now == coming_from else f": it is {now}"
            raise exceptions.WrongState(
                f"the {cloud.side} cloud accepted to bring it from {coming_from} to "
                f"{wanted}, but did not{found}",
                resource=name,
                hint="'openstack server event list' tells why; then resume",
            )
        return None

    timeout = timeout or ctx.settings.state_timeout
    kind = f"{cloud.side} {wanted}"
    return ctx.wait(f"{name} to become {wanted}", poll, timeout=timeout, kind=kind)


def settled(
    ctx: Context, cloud: Cloud, server_id: str, *, name: str
) -> dict[str, Any] | None:
    """Its record once nothing is going on with it; None if it does not exist."""

    def poll() -> tuple[dict[str, Any] | None] | None:
        record = read(cloud, server_id)
        return None if record is not None and record.get(TASK) else (record,)

    timeout = ctx.settings.state_timeout
    return ctx.wait(f"{name} to settle", poll, timeout=timeout)[0]


def remove(ctx: Context, cloud: Cloud, server_id: str, *, name: str) -> None:
    """Delete it and wait until it is gone, so that its ports are free again.

    :raises WrongState: Nova could not delete it
    """
    cloud.delete("compute", f"/servers/{server_id}")
    polls = 0

    def poll() -> bool | None:
        nonlocal polls
        polls += 1
        record = read(cloud, server_id)
        if record is None or record["status"] == "DELETED":
            return True
        if record["status"] == "ERROR" and not record.get(TASK) and polls > _IN_VAIN:
            raise exceptions.WrongState(
                f"it cannot be deleted: {fault(record) or 'it is in ERROR'}",
                resource=f"{name} ({server_id}) on the {cloud.side} cloud",
                hint="Delete it there, then resume",
            )
        return None

    timeout, kind = ctx.settings.state_timeout, f"{cloud.side} gone"
    ctx.wait(f"{name} to be gone", poll, timeout=timeout, kind=kind)


def _still_well(cloud: Cloud, record: dict[str, Any] | None, name: str) -> None:
    if record is None or record["status"] == "DELETED":
        raise exceptions.ResourceMissing(
            f"it vanished from the {cloud.side} cloud", resource=name
        )
    if record["status"] == "ERROR":
        why = fault(record)
        raise exceptions.WrongState(
            f"it went to ERROR on the {cloud.side} cloud" + (f": {why}" if why else ""),
            resource=name,
            hint="See to what Nova complains of, then resume",
        )
