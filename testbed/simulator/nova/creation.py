# SPDX-License-Identifier: Apache-2.0
"""Creates servers: checks what is asked for, takes ports, and builds for a while."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from testbed.simulator.errors import ApiError, bad, conflict
from testbed.simulator.messages import Answer
from testbed.simulator.nova.base import NovaBase
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record
from testbed.simulator.words import words

_SINCE = {"description": 19, "tags": 52, "hostname": 90}
_FIELDS = words(
    """name imageRef flavorRef networks metadata key_name user_data config_drive
    security_groups availability_zone description tags hostname accessIPv4
    accessIPv6 OS-DCF:diskConfig adminPass min_count max_count
    block_device_mapping_v2 host personality return_reservation_id
    trusted_image_certificates"""
)


class Creation(NovaBase):
    """``POST /servers``."""

    def make_server(
        self, user_id: str, project_id: str, asked: Record, nics: list[Record]
    ) -> Record:
        """A new server, building; unchecked.

        :param nics: ``{"port_id", "made"}``: whether Nova made the port itself
        """
        state, now = self.state, self.state.now()
        flavor = state.flavors.rows[asked["flavorRef"]]
        image = state.images.get(asked.get("imageRef") or "")
        number = state.number()
        hosts = self.hosts()
        host = hosts[number % len(hosts)]
        name = asked["name"]
        record = state.servers.add(
            {
                "id": state.uuid(),
                "number": number,
                "name": name,
                "tenant_id": project_id,
                "user_id": user_id,
                "image_id": asked.get("imageRef") or "",
                "image_properties": self.cloud.services["image"].properties(image),
                "flavor": {k: v for k, v in flavor.items() if k != "projects"},
                "metadata": dict(asked.get("metadata") or {}),
                "tags": sorted(set(asked.get("tags") or ())),
                "description": asked.get("description"),
                "key_name": asked.get("key_name"),
                "config_drive": str(asked.get("config_drive")).lower() == "true",
                "user_data": asked.get("user_data"),
                "hostname": asked.get("hostname") or _hostname(name),
                "accessIPv4": asked.get("accessIPv4") or "",
                "accessIPv6": asked.get("accessIPv6") or "",
                "disk_config": asked.get("OS-DCF:diskConfig") or "MANUAL",
                "zone": asked.get("availability_zone") or "nova",
                "asked_zone": asked.get("availability_zone"),
                "nics": nics,
                "volumes": [],
                "created": now,
                "updated": now,
                "launched_at": None,
                "host": host,
                "vm_state": "building",
                "task_state": "spawning",
                "locked": False,
                "locked_reason": None,
                "fault": None,
                "doom": "",
            }
        )
        neutron = self.cloud.services["network"]
        for nic in nics:
            neutron.bind_port(nic["port_id"], record["id"], record["zone"], host)
        return record

    @route("POST /v2.1/servers")
    def create_server(self, call: Call) -> Any:
        self.must_write(call)
        asked = call.body("server")
        self._must_make_sense(call, asked)
        flavor = self.flavor_asked(call, asked)
        self._must_have_image(call, asked, flavor)
        keypair = f"{call.user_id}/{asked.get('key_name')}"
        if asked.get("key_name") and keypair not in self.state.keypairs:
            raise bad("Invalid key_name provided.")
        wanted = self._wanted_nics(call, asked)
        self.must_fit(call.project_id, flavor)
        nics = self._nics(call, asked, wanted)
        record = self.make_server(call.user_id, call.project_id, asked, nics)
        self.state.later(self.cloud.settings.build, "compute.built", record["id"])
        shown = {
            "id": record["id"],
            "links": self.links(call, "servers", record["id"]),
            "OS-DCF:diskConfig": record["disk_config"],
            "security_groups": asked.get("security_groups") or [{"name": "default"}],
            "adminPass": self.state.hex()[:12],
        }
        return 202, {"server": shown}

    # -- checks ----------------------------------------------------------------
    def _must_make_sense(self, call: Call, asked: Record) -> None:
        unknown = sorted(asked.keys() - _FIELDS)
        unknown += [
            n for n, m in _SINCE.items() if n in asked and call.version < (2, m)
        ]
        if unknown:
            names = ", ".join(repr(name) for name in unknown)
            raise bad(f"Additional properties are not allowed ({names} was unexpected)")
        name = asked.get("name")
        if not isinstance(name, str) or not name.strip() or len(name) > 255:
            raise bad(f"Invalid input for field/attribute name. Value: {name}.")
        tags = asked.get("tags") or ()
        if len(tags) > 50 or any("/" in tag or "," in tag for tag in tags):
            raise bad("Invalid input for field/attribute tags.")
        try:
            base64.b64decode(asked.get("user_data") or "", validate=False)
        except binascii.Error:
            raise bad(
                "Invalid input for field/attribute user_data: is not a 'base64'"
            ) from None

    def flavor_asked(self, call: Call, asked: Record) -> Record:
        """The flavor for a new server.

        :raises ApiError: 400
        """
        if "flavorRef" not in asked:
            raise bad("'flavorRef' is a required property")
        try:
            return self.flavor(call, str(asked["flavorRef"]))
        except ApiError as error:
            raise bad(error.message) from None

    def _must_have_image(self, call: Call, asked: Record, flavor: Record) -> None:
        key = asked.get("imageRef")
        if not key:
            raise bad("Block Device Mapping is Invalid: no image, and no volumes here")
        image = self.state.images.get(key)
        glance = self.cloud.services["image"]
        if image is None or not glance.readable(call, image):
            raise bad("Can not find requested image")
        if image["status"] != "active":
            raise bad(f"Image {key} is not active.")
        if image["min_ram"] > flavor["ram"]:
            raise bad("Flavor's memory is too small for requested image.")
        if flavor["disk"] and image["min_disk"] > flavor["disk"]:
            raise bad(
                "Flavor's disk is smaller than the minimum size specified in image "
                "metadata."
            )

    # -- NICs ------------------------------------------------------------------
    def _wanted_nics(self, call: Call, asked: Record) -> list[Record]:
        wanted = asked.get("networks")
        if wanted is None and call.version >= (2, 37):
            raise bad("'networks' is a required property")
        if wanted == "none":
            return []
        networks = self.state.networks
        if wanted in (None, "auto"):
            own = networks.by("project_id", call.project_id)
            return [{"uuid": each["id"]} for each in [*own][:1]]
        if not isinstance(wanted, list):
            raise bad(f"Invalid input for field/attribute networks. Value: {wanted}.")
        seen = set()
        for each in wanted:
            if "tag" in each and not _is_tag(call, each["tag"]):
                raise bad(f"Invalid input for field/attribute tag. Value: {each}.")
            if each.get("port"):
                self._must_be_free(call, each["port"], seen)
            else:
                network = networks.get(each.get("uuid"))
                if network is None or not self._attachable(call, network):
                    raise bad(f"Network {each.get('uuid')} could not be found.")
                if not network["subnets"]:
                    raise bad(
                        f"Network {network['id']} requires a subnet in order to boot "
                        "instances on."
                    )
        return wanted

    def _attachable(self, call: Call, network: Record) -> bool:
        shared = self.cloud.services["network"].reaches(
            network["id"], call.project_id, "access_as_shared"
        )
        return call.sees(network["project_id"]) or shared

    def _must_be_free(self, call: Call, port_id: str, seen: set[str]) -> None:
        port = self.state.ports.get(port_id)
        if port is None or not call.sees(port["project_id"]):
            raise bad(f"Port id {port_id} could not be found.")
        if port["device_id"]:
            raise conflict(f"Port {port_id} is still in use.")
        if port_id in seen:
            raise bad(f"Port {port_id} is given twice.")
        seen.add(port_id)

    def _nics(self, call: Call, asked: Record, wanted: list[Record]) -> list[Record]:
        neutron = self.cloud.services["network"]
        groups = self._groups_asked(call, asked)
        nics, made = [], []
        try:
            for each in wanted:
                if each.get("port"):
                    nic = {"port_id": each["port"], "made": False}
                    nics.append({**nic, "tag": each.get("tag")})
                    continue
                body = {"network_id": each["uuid"], "security_groups": groups}
                if each.get("fixed_ip"):
                    body["fixed_ips"] = [{"ip_address": each["fixed_ip"]}]
                port = neutron.make_port(call.project_id, body)
                made.append(port["id"])
                nic = {"port_id": port["id"], "made": True}
                nics.append({**nic, "tag": each.get("tag")})
        except ApiError as error:
            for port_id in made:
                neutron.drop_port(port_id)
            raise bad(error.message) from None
        return nics

    def _groups_asked(self, call: Call, asked: Record) -> list[str] | None:
        if not asked.get("security_groups"):
            return None
        own = self.state.security_groups.by("project_id", call.project_id)
        found = []
        for each in asked["security_groups"]:
            same = [g["id"] for g in own if each["name"] in (g["name"], g["id"])]
            if len(same) != 1:
                raise bad(
                    f"Unable to find security_group with name or id '{each['name']}'"
                )
            found.append(same[0])
        return found

    # -- later -----------------------------------------------------------------
    def doom(self, answer: Answer, message: str) -> None:
        """A fault: the server that *answer* announces will go to ERROR."""
        assert isinstance(answer.body, bytes)
        key = json.loads(answer.body)["server"]["id"]
        self.state.servers.rows[key]["doom"] = message

    def built(self, key: str) -> None:
        """The time of building is over."""
        record = self.state.servers.get(key)
        if record is None or record["task_state"] != "spawning":
            return
        record["updated"] = self.state.now()
        record["task_state"] = None
        if record["doom"]:
            record["vm_state"] = "error"
            record["fault"] = {
                "code": 500,
                "created": self.state.now(),
                "message": record["doom"],
                "details": "",
            }
            record["host"] = None
            self.release(record)
            return
        record["vm_state"] = "active"
        record["launched_at"] = self.state.stamp()

    def release(self, record: Record) -> None:
        """Gives the ports of a server back: those that Nova made are deleted."""
        neutron = self.cloud.services["network"]
        for nic in record["nics"]:
            if nic["made"]:
                neutron.drop_port(nic["port_id"])
            else:
                neutron.bind_port(nic["port_id"], "", "", "")


def _is_tag(call: Call, tag: Any) -> bool:
    known = call.version >= (2, 42)
    return known and isinstance(tag, str) and bool(re.fullmatch("[^,/]{1,60}", tag))


def _hostname(name: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.") or "server"
