# SPDX-License-Identifier: Apache-2.0
"""Servers as the API shows them, and their lists."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Any

from testbed.simulator.errors import bad, forbidden
from testbed.simulator.nova.base import NovaBase
from testbed.simulator.router import route
from testbed.simulator.service import Call, truth
from testbed.simulator.tables import Record

_STATUS = {
    "active": "ACTIVE",
    "building": "BUILD",
    "stopped": "SHUTOFF",
    "suspended": "SUSPENDED",
    "paused": "PAUSED",
    "error": "ERROR",
    "deleted": "DELETED",
}
_POWER = {"active": 1, "paused": 3, "stopped": 4, "suspended": 4}
_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
_PROGRESS = ("ACTIVE", "BUILD")


def status_of(record: Record) -> str:
    """The status that vm and task state make."""
    if record["vm_state"] == "active" and record["task_state"] == "rebooting":
        return "REBOOT"
    return _STATUS[record["vm_state"]]


class Servers(NovaBase):
    """Shows ``/servers``."""

    # -- one -------------------------------------------------------------------
    def server_shown(self, call: Call, record: Record, *, alone: bool) -> Record:
        """The record of a server at the version asked for."""
        version, status = call.version, status_of(record)
        shown = {
            "id": record["id"],
            "name": record["name"],
            "status": status,
            "tenant_id": record["tenant_id"],
            "user_id": record["user_id"],
            "metadata": record["metadata"],
            "hostId": self._host_id(record),
            "image": self._image(call, record),
            "flavor": self._flavor(call, record),
            "created": record["created"],
            "updated": record["updated"],
            "addresses": self.addresses(record),
            "accessIPv4": record["accessIPv4"],
            "accessIPv6": record["accessIPv6"],
            "links": self.links(call, "servers", record["id"]),
            "OS-DCF:diskConfig": record["disk_config"],
            "OS-EXT-AZ:availability_zone": record["zone"] if record["host"] else "",
            "config_drive": "True" if record["config_drive"] else "",
            "key_name": record["key_name"],
            "OS-SRV-USG:launched_at": record["launched_at"],
            "OS-SRV-USG:terminated_at": None,
            "OS-EXT-STS:task_state": record["task_state"],
            "OS-EXT-STS:vm_state": record["vm_state"],
            "OS-EXT-STS:power_state": _POWER.get(record["vm_state"], 0),
            "os-extended-volumes:volumes_attached": record["volumes"],
        }
        groups = self._groups(record)
        if groups:
            shown["security_groups"] = groups
        if status in _PROGRESS:
            shown["progress"] = 0
        if record["fault"] and status in ("ERROR", "DELETED"):
            shown["fault"] = record["fault"]
        shown.update(self._newer(version, record, alone))
        if call.admin:
            shown.update(self._for_admins(version, record))
        return shown

    def _newer(
        self, version: tuple[int, int], record: Record, alone: bool
    ) -> Iterable[tuple[str, Any]]:
        fields: tuple[tuple[int, str, Callable[[], Any]], ...] = (
            (9, "locked", lambda: record["locked"]),
            (19, "description", lambda: record["description"]),
            (26, "tags", lambda: record["tags"]),
            (63, "trusted_image_certificates", lambda: None),
            (73, "locked_reason", lambda: record["locked_reason"]),
            (96, "pinned_availability_zone", lambda: record["asked_zone"]),
            (100, "scheduler_hints", lambda: {}),
        )
        for minor, name, value in fields:
            if version >= (2, minor):
                yield name, value()
        if alone and version >= (2, 71):
            groups = self.state.server_groups
            members = [g["id"] for g in groups if record["id"] in g["members"]]
            yield "server_groups", members
        if version >= (2, 90):
            yield "OS-EXT-SRV-ATTR:hostname", record["hostname"]

    def _for_admins(
        self, version: tuple[int, int], record: Record
    ) -> Iterable[tuple[str, Any]]:
        prefix, host = "OS-EXT-SRV-ATTR:", record["host"]
        yield f"{prefix}host", host
        yield f"{prefix}instance_name", f"{self.cloud.name}-{record['number']:08x}"
        yield f"{prefix}hypervisor_hostname", host
        if version >= (2, 3):
            yield f"{prefix}reservation_id", f"r-{record['id'][:8]}"
            yield f"{prefix}launch_index", 0
            yield f"{prefix}hostname", record["hostname"]
            yield f"{prefix}kernel_id", ""
            yield f"{prefix}ramdisk_id", ""
            yield f"{prefix}root_device_name", "/dev/sda"
            yield f"{prefix}user_data", record["user_data"]
        if version >= (2, 16):
            yield "host_status", "UP" if host else ""

    def _host_id(self, record: Record) -> str:
        if not record["host"]:
            return ""
        text = f"{record['tenant_id']}{record['host']}"
        return hashlib.sha224(text.encode()).hexdigest()

    def _image(self, call: Call, record: Record) -> Any:
        if not record["image_id"]:
            return ""
        here = f"{call.base}/images/{record['image_id']}"
        shown = {"id": record["image_id"], "links": [{"rel": "bookmark", "href": here}]}
        if call.version >= (2, 98):
            shown["properties"] = record["image_properties"]
        return shown

    def _flavor(self, call: Call, record: Record) -> Record:
        flavor = record["flavor"]
        if call.version < (2, 47):
            here = f"{call.base}/flavors/{flavor['id']}"
            return {"id": flavor["id"], "links": [{"rel": "bookmark", "href": here}]}
        return {
            "vcpus": flavor["vcpus"],
            "ram": flavor["ram"],
            "disk": flavor["disk"],
            "ephemeral": flavor["OS-FLV-EXT-DATA:ephemeral"],
            "swap": flavor["swap"],
            "original_name": flavor["name"],
            "extra_specs": flavor["extra_specs"],
        }

    def addresses(self, record: Record) -> dict[str, list[Record]]:
        """The addresses of a server's NICs, by network, floating ones among them."""
        found: dict[str, list[Record]] = {}
        for nic in record["nics"]:
            port = self.state.ports.get(nic["port_id"])
            if port is None or port["device_id"] != record["id"]:
                continue
            network = self.state.networks.rows[port["network_id"]]["name"]
            floating = {
                each["fixed_ip_address"]: each["floating_ip_address"]
                for each in self.state.floatingips.by("port_id", port["id"])
            }
            for ip in port["fixed_ips"]:
                there = found.setdefault(network, [])
                there.append(_address(port, ip["ip_address"], "fixed"))
                if ip["ip_address"] in floating:
                    address = floating[ip["ip_address"]]
                    there.append(_address(port, address, "floating"))
        return found

    def _groups(self, record: Record) -> list[Record]:
        ports = [self.state.ports.get(nic["port_id"]) for nic in record["nics"]]
        groups = self.state.security_groups
        return [
            {"name": groups.rows[key]["name"]}
            for port in ports
            if port is not None
            for key in port["security_groups"]
        ]

    # -- many ------------------------------------------------------------------
    def _servers_asked(self, call: Call) -> list[Record]:
        first = call.request.first
        everybody = first("all_tenants") is not None and (
            first("all_tenants") == "" or truth(first("all_tenants"))
        )
        if everybody and not call.admin:
            raise forbidden(
                "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to "
                "be performed."
            )
        wanted = first("project_id") or first("tenant_id")
        if not everybody and not (wanted and call.admin):
            wanted = call.project_id
        servers = self.state.servers
        rows = servers.by("tenant_id", wanted) if wanted else servers.rows.values()
        tests = [*self._tests(call)]
        found = [row for row in rows if all(test(row) for test in tests)]
        # The newest first; Nova orders those of one second by their ids.
        found.sort(key=lambda row: str(row["id"]))
        found.sort(key=lambda row: str(row["created"]), reverse=True)
        return found

    def _tests(self, call: Call) -> Iterable[Callable[[Record], bool]]:
        plain = {
            "user_id": "user_id",
            "host": "host",
            "uuid": "id",
            "key_name": "key_name",
            "image": "image_id",
            "vm_state": "vm_state",
            "task_state": "task_state",
        }
        for name, value in call.request.query:
            if name == "name":
                try:
                    pattern = re.compile(value)
                except re.error:
                    raise bad(f"Invalid filter name={value}") from None
                yield lambda row, p=pattern: bool(p.search(row["name"]))
            elif name == "status":
                yield lambda row, v=value: status_of(row) == v.upper()
            elif name == "flavor":
                yield lambda row, v=value: row["flavor"]["id"] == v
            elif name in plain:
                yield lambda row, f=plain[name], v=value: row[f] == v
            elif name in _TAGS and call.version >= (2, 26):
                yield _tagged(name, set(value.split(",")))

    @route("GET /v2.1/servers/detail")
    def list_servers(self, call: Call) -> Any:
        page, links = self.page(
            call, self._servers_asked(call), "servers", "servers/detail"
        )
        shown = [self.server_shown(call, each, alone=False) for each in page]
        return {"servers": shown, **links}

    @route("GET /v2.1/servers")
    def list_server_names(self, call: Call) -> Any:
        page, links = self.page(call, self._servers_asked(call), "servers", "servers")
        shown = [
            {
                "id": each["id"],
                "name": each["name"],
                "links": self.links(call, "servers", each["id"]),
            }
            for each in page
        ]
        return {"servers": shown, **links}

    @route("GET /v2.1/servers/{id}")
    def show_server(self, call: Call, key: str) -> Any:
        record = self.server(call, key)
        return {"server": self.server_shown(call, record, alone=True)}


def _address(port: Record, address: str, kind: str) -> Record:
    return {
        "version": 6 if ":" in address else 4,
        "addr": address,
        "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": port["mac_address"],
    }


def _tagged(how: str, wanted: set[str]) -> Callable[[Record], bool]:
    every, negated = how in ("tags", "not-tags"), how.startswith("not-")

    def test(row: Record) -> bool:
        there = set(row["tags"])
        found = wanted <= there if every else bool(wanted & there)
        return found is not negated

    return test
