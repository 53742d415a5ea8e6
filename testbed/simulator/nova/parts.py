# SPDX-License-Identifier: Apache-2.0
"""What hangs on a server: tags, metadata, interfaces, and what was done to it."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import bad, conflict
from testbed.simulator.messages import Answer
from testbed.simulator.nova.base import NovaBase
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

_MOST_TAGS = 50


class Parts(NovaBase):
    """``/servers/{id}/…``."""

    # -- tags ------------------------------------------------------------------
    @route("GET /v2.1/servers/{id}/tags")
    def server_tags(self, call: Call, key: str) -> Any:
        return {"tags": self._tagged(call, key)["tags"]}

    @route("PUT /v2.1/servers/{id}/tags")
    def set_server_tags(self, call: Call, key: str) -> Any:
        record, tags = self._tagged(call, key), call.body("tags")
        if len(tags) > _MOST_TAGS or any("/" in t or "," in t for t in tags):
            raise bad("Invalid input for field/attribute tags.")
        record["tags"] = sorted(set(tags))
        return {"tags": record["tags"]}

    @route("DELETE /v2.1/servers/{id}/tags")
    def clear_server_tags(self, call: Call, key: str) -> None:
        self._tagged(call, key)["tags"] = []

    @route("PUT /v2.1/servers/{id}/tags/{tag}")
    def add_server_tag(self, call: Call, key: str, tag: str) -> Any:
        record = self._tagged(call, key)
        known = tag in record["tags"]
        record["tags"] = sorted({*record["tags"], tag})
        return Answer(204 if known else 201)

    @route("DELETE /v2.1/servers/{id}/tags/{tag}")
    def remove_server_tag(self, call: Call, key: str, tag: str) -> None:
        record = self._tagged(call, key)
        if tag not in record["tags"]:
            raise self.gone(f"Server {key} has no tag '{tag}'")
        record["tags"].remove(tag)

    def _tagged(self, call: Call, key: str) -> Record:
        if call.version < (2, 26):
            raise self.gone("The resource could not be found.")
        return self.server(call, key)

    # -- metadata --------------------------------------------------------------
    @route("GET /v2.1/servers/{id}/metadata")
    def metadata(self, call: Call, key: str) -> Any:
        return {"metadata": self.server(call, key)["metadata"]}

    @route("PUT /v2.1/servers/{id}/metadata")
    def set_metadata(self, call: Call, key: str) -> Any:
        record = self.server(call, key)
        record["metadata"] = dict(call.body("metadata"))
        return {"metadata": record["metadata"]}

    @route("POST /v2.1/servers/{id}/metadata")
    def add_metadata(self, call: Call, key: str) -> Any:
        record = self.server(call, key)
        record["metadata"].update(call.body("metadata"))
        return {"metadata": record["metadata"]}

    @route("DELETE /v2.1/servers/{id}/metadata/{name}")
    def remove_metadata(self, call: Call, key: str, name: str) -> None:
        if self.server(call, key)["metadata"].pop(name, None) is None:
            raise self.gone("Metadata item was not found")

    # -- interfaces ------------------------------------------------------------
    @route("GET /v2.1/servers/{id}/os-interface")
    def interfaces(self, call: Call, key: str) -> Any:
        ports = self.state.ports
        shown = []
        for nic in self.server(call, key)["nics"]:
            if nic["port_id"] in ports:
                tag = {"tag": nic.get("tag")} if call.version >= (2, 70) else {}
                shown.append({**_attachment(ports.rows[nic["port_id"]]), **tag})
        return {"interfaceAttachments": shown}

    @route("POST /v2.1/servers/{id}/os-interface")
    def attach(self, call: Call, key: str) -> Any:
        record, asked = self.server(call, key), call.body("interfaceAttachment")
        neutron = self.cloud.services["network"]
        port = self.state.ports.get(asked.get("port_id"))
        made = port is None and "net_id" in asked
        if made:
            body = {"network_id": asked["net_id"]}
            port = neutron.make_port(record["tenant_id"], body)
        if port is None:
            raise self.gone(f"Port id {asked.get('port_id')} could not be found.")
        if port["device_id"]:
            raise bad(f"Port {port['id']} is still in use.")
        record["nics"].append({"port_id": port["id"], "made": made})
        neutron.bind_port(port["id"], key, record["zone"], record["host"])
        return {"interfaceAttachment": _attachment(port)}

    @route("DELETE /v2.1/servers/{id}/os-interface/{port}")
    def detach(self, call: Call, key: str, port_id: str) -> Any:
        record = self.server(call, key)
        nics = [nic for nic in record["nics"] if nic["port_id"] == port_id]
        if not nics:
            raise self.gone(f"Port {port_id} is not attached")
        if record["vm_state"] not in ("active", "stopped", "paused"):
            raise conflict(
                f"Cannot 'detach_interface' instance {key} while it is in vm_state "
                f"{record['vm_state']}"
            )
        record["nics"].remove(nics[0])
        self.release({"nics": nics})
        return 202, None

    # -- what happened ---------------------------------------------------------
    @route("GET /v2.1/servers/{id}/os-instance-actions")
    def history(self, call: Call, key: str) -> Any:
        record = self.server(call, key)
        action = {
            "action": "create",
            "instance_uuid": key,
            "request_id": f"req-{key}",
            "user_id": record["user_id"],
            "project_id": record["tenant_id"],
            "start_time": record["created"],
            "message": None,
        }
        return {"instanceActions": [action]}


def _attachment(port: Record) -> Record:
    return {
        "port_id": port["id"],
        "net_id": port["network_id"],
        "mac_addr": port["mac_address"],
        "port_state": port["status"],
        "fixed_ips": port["fixed_ips"],
    }
