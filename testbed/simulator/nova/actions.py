# SPDX-License-Identifier: Apache-2.0
"""What servers can be asked to do, in which states, and how that ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testbed.simulator.errors import bad, conflict
from testbed.simulator.nova.base import NovaBase
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record


@dataclass(frozen=True)
class Change:
    """One change of state: from where, by which task, to where."""

    name: str
    before: tuple[str, ...]
    task: str
    after: str


CHANGES = {
    "suspend": Change("suspend", ("active",), "suspending", "suspended"),
    "resume": Change("resume", ("suspended",), "resuming", "active"),
    "os-stop": Change("stop", ("active", "error"), "powering-off", "stopped"),
    "os-start": Change("start", ("stopped",), "powering-on", "active"),
    "pause": Change("pause", ("active",), "pausing", "paused"),
    "unpause": Change("unpause", ("paused",), "unpausing", "active"),
    "reboot": Change("reboot", ("active", "stopped", "error"), "rebooting", "active"),
}


class Actions(NovaBase):
    """``POST /servers/{id}/action``, ``DELETE`` and ``PUT``."""

    @route("POST /v2.1/servers/{id}/action")
    def act(self, call: Call, key: str) -> Any:
        record, asked = self.server(call, key), call.body()
        if len(asked) != 1:
            raise bad("Malformed request body")
        ((action, details),) = asked.items()
        if action in CHANGES:
            self._change(call, record, CHANGES[action])
        elif action in ("lock", "unlock"):
            record["locked"] = action == "lock"
            known = record["locked"] and call.version >= (2, 73)
            reason = (details or {}).get("locked_reason") if known else None
            record["locked_reason"] = reason
        elif action == "os-resetState":
            call.must_be_admin()
            state = (details or {}).get("state")
            if state not in ("active", "error"):
                raise bad(f"Invalid input for field/attribute state. Value: {state}.")
            record.update(vm_state=state, task_state=None)
        else:
            raise bad(f"There is no such action: {action}")
        record["updated"] = self.state.now()
        return 202, None

    def _change(self, call: Call, record: Record, change: Change) -> None:
        self._must_be_unlocked(call, record)
        said = f"Cannot '{change.name}' instance {record['id']} while it is in"
        if record["vm_state"] not in change.before:
            raise conflict(f"{said} vm_state {record['vm_state']}")
        if record["task_state"]:
            raise conflict(f"{said} task_state {record['task_state']}")
        record["task_state"] = change.task
        self.state.later(
            self.cloud.settings.change,
            "compute.changed",
            record["id"],
            change.task,
            change.after,
        )

    def _must_be_unlocked(self, call: Call, record: Record) -> None:
        if record["locked"] and not call.admin:
            raise conflict(f"Instance {record['id']} is locked")

    def changed(self, key: str, task: str, after: str) -> None:
        """The time of a change is over."""
        record = self.state.servers.get(key)
        if record is not None and record["task_state"] == task:
            record.update(
                task_state=None, vm_state=after, updated=self.state.now(), fault=None
            )

    @route("DELETE /v2.1/servers/{id}")
    def delete_server(self, call: Call, key: str) -> None:
        record = self.server(call, key)
        self._must_be_unlocked(call, record)
        if record["task_state"] != "deleting":
            record["task_state"] = "deleting"
            self.state.later(self.cloud.settings.change, "compute.deleted", key)

    def deleted(self, key: str) -> None:
        """The time of deleting is over."""
        record = self.state.servers.remove(key)
        if record is not None:
            self.release(record)

    @route("PUT /v2.1/servers/{id}")
    def update_server(self, call: Call, key: str) -> Any:
        record = self.server(call, key)
        names = {"name", "description", "accessIPv4", "accessIPv6", "hostname"}
        asked = call.body("server")
        if unknown := sorted(asked.keys() - names):
            raise bad(f"Additional properties are not allowed ({unknown})")
        record.update(asked)
        return {"server": self.server_shown(call, record, alone=True)}
