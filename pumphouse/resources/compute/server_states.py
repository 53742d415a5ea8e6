# SPDX-License-Identifier: Apache-2.0
"""In which states a server can be moved, and what to do about each other one.

The advice is what Nova takes in that state (``nova/compute/api.py``): it stops no
server that is paused or suspended, say.  :doc:`/reference/server-states` has the
same as a table.
"""

from __future__ import annotations

from typing import Any

from pumphouse.models import Record
from pumphouse.resources.compute.server_fields import TASK

MOVABLE = ("ACTIVE", "SHUTOFF")
AT_REST = ("PAUSED", "SUSPENDED")  # movable by an option: they do not run

_HOST = "OS-EXT-SRV-ATTR:host"
_PAUSED = "or set options.move_paused_servers in the migration file"
_EVENTS = "if it does not end, 'openstack server event list {id}' tells why"
_WAIT = f"wait until that is over; {_EVENTS}"

_WHAT_TO_DO = {
    "PAUSED": f"'openstack server unpause {{id}}', {_PAUSED}",
    "SUSPENDED": f"'openstack server resume {{id}}', {_PAUSED}",
    "SHELVED": "'openstack server unshelve {id}'",
    "SHELVED_OFFLOADED": "'openstack server unshelve {id}'",
    "RESCUE": "'openstack server unrescue {id}'",
    "VERIFY_RESIZE": "'openstack server resize confirm {id}', or 'revert'",
    "ERROR": "'openstack server reboot --hard {id}' if its disk is well, or delete it",
    "SOFT_DELETED": "'openstack server restore {id}', or leave it out",
    "DELETED": "it is gone: leave it out",
    "UNKNOWN": "its cell is down: bring that back first",
    **dict.fromkeys(
        (
            *("BUILD", "REBUILD", "REBOOT", "HARD_REBOOT", "PASSWORD"),
            *("MIGRATING", "RESIZE", "REVERT_RESIZE"),
        ),
        _WAIT,
    ),
}
MOVED = "moved by Pumphouse"
"""How the reason of a lock begins that Pumphouse puts on a source it has moved."""

_OTHERWISE = "bring it to ACTIVE or SHUTOFF"
_NEVER_BUILT = "it was never built: delete it, or leave it out"


def blocked(record: Record, options: Any) -> str:
    """Why a server cannot be moved in the state it is in, and what to do.

    :param options: the migration options (``move_paused_servers`` and
        ``move_locked_servers`` matter)
    """
    status, server_id = str(record.get("status")), record.get("id")
    if status not in MOVABLE and not woken(record, options):
        what = _WHAT_TO_DO.get(status, _OTHERWISE).format(id=server_id)
        if status == "ERROR" and _HOST in record and not record[_HOST]:
            what = _NEVER_BUILT
        return f"it is in {status}{_fault(record)}: {what}; then plan again"
    if record.get(TASK):
        wait = _WAIT.format(id=server_id)
        return f"it is busy ({record[TASK]}): {wait}; then plan again"
    reason = str(record.get("locked_reason") or "")
    if record.get("locked") and reason.startswith(MOVED):
        there = reason.rpartition(" ")[2] if reason != MOVED else "NEW"
        return (
            f"it was {reason}, by a run of another database: leave it locked, it "
            "must not run beside its successor; go on with that database, or find out "
            "what stands for it with 'pumphouse binding recover', or say so: "
            f"'pumphouse register server {server_id} {there}'"
        )
    if record.get("locked") and not options.move_locked_servers:
        why = f" ({reason})" if reason else ""
        return (
            f"it is locked{why}: 'openstack server unlock {server_id}', or set "
            "options.move_locked_servers in the migration file; then plan again"
        )
    return ""


def successor(record: Record) -> str:
    """The server on the destination that the reason of its lock names; "" if none."""
    reason = str(record.get("locked_reason") or "")
    if not record.get("locked") or not reason.startswith(MOVED) or reason == MOVED:
        return ""
    return reason.rpartition(" ")[2]


def woken(record: Record, options: Any) -> bool:
    """Whether it is paused or suspended, and moved all the same."""
    return record.get("status") in AT_REST and bool(options.move_paused_servers)


def notes(record: Record, options: Any) -> list[str]:
    """What a move by these options does not keep."""
    found = []
    if woken(record, options):
        found.append(
            f"it is {record['status']}: the new server will be ACTIVE, and what is in "
            "its memory is lost"
        )
    if record.get("locked") and options.move_locked_servers:
        found.append("it is locked, and stays so: the new server will not be locked")
    return found


def fault(record: Record) -> str:
    """What Nova says went wrong with it, in a few words; empty if nothing."""
    return str((record.get("fault") or {}).get("message") or "").strip().rstrip(".")


def _fault(record: Record) -> str:
    return f" ({fault(record)})" if fault(record) else ""
