# SPDX-License-Identifier: Apache-2.0
"""Flavors, their extra specs, and who may use the private ones."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import bad, conflict
from testbed.simulator.names import folded
from testbed.simulator.nova.base import NovaBase
from testbed.simulator.router import route
from testbed.simulator.service import Call, truth
from testbed.simulator.tables import Record

_PUBLIC = "os-flavor-access:is_public"
_EPHEMERAL = "OS-FLV-EXT-DATA:ephemeral"


class Flavors(NovaBase):
    """``/flavors``."""

    def make_flavor(self, asked: Record) -> Record:
        """A new flavor.

        :raises ApiError: 400, 409
        """
        for name in ("name", "ram", "vcpus"):
            if name not in asked:
                raise bad(f"'{name}' is a required property")
        key = asked.get("id") or asked.get("flavorid") or self.state.uuid()
        for each in self.state.flavors:
            if folded(each["id"]) == folded(str(key)):
                raise conflict(f"Flavor with ID {key} already exists.")
            if folded(each["name"]) == folded(asked["name"]):
                raise conflict(f"Flavor with name {asked['name']} already exists.")
        return self.state.flavors.add(
            {
                "id": str(key),
                "name": asked["name"],
                "ram": int(asked["ram"]),
                "disk": int(asked.get("disk") or 0),
                "swap": int(asked.get("swap") or 0),
                _EPHEMERAL: int(asked.get(_EPHEMERAL) or 0),
                "OS-FLV-DISABLED:disabled": False,
                "vcpus": int(asked["vcpus"]),
                _PUBLIC: asked.get(_PUBLIC, True),
                "rxtx_factor": float(asked.get("rxtx_factor") or 1.0),
                "description": asked.get("description"),
                "extra_specs": dict(asked.get("extra_specs") or {}),
                "projects": [],
            }
        )

    def flavor(self, call: Call, key: str) -> Record:
        """The flavor of that id, if the sender may know of it.

        :raises ApiError: 404
        """
        # A path that is not ASCII is garbled before Nova looks for it.
        garbled = key.encode().decode("latin-1")
        alike = (f for f in self.state.flavors if folded(f["id"]) == folded(garbled))
        record = self.state.flavors.get(key) or next(alike, None)
        if record is None or not self._usable(call, record):
            raise self.gone(f"Flavor {key} could not be found.")
        return record

    def _usable(self, call: Call, record: Record) -> bool:
        if call.admin or record[_PUBLIC]:
            return True
        return call.project_id in record["projects"]

    def flavor_shown(self, call: Call, record: Record) -> Record:
        """As the API shows it at the version asked for."""
        shown = {k: v for k, v in record.items() if k != "projects"}
        shown["links"] = self.links(call, "flavors", record["id"])
        if call.version < (2, 75):
            shown["swap"] = shown["swap"] or ""
        if call.version < (2, 61):
            del shown["extra_specs"]
        if call.version < (2, 55):
            del shown["description"]
        if call.version >= (2, 102):
            del shown["rxtx_factor"], shown["OS-FLV-DISABLED:disabled"]
        return shown

    # -- handlers --------------------------------------------------------------
    @route("POST /v2.1/flavors")
    def create_flavor(self, call: Call) -> Any:
        call.must_be_admin()
        asked = call.body("flavor")
        if call.version < (2, 55) and "description" in asked:
            raise bad("Additional properties are not allowed ('description')")
        return {"flavor": self.flavor_shown(call, self.make_flavor(asked))}

    def _flavors_asked(self, call: Call) -> list[Record]:
        wanted = call.request.first("is_public")
        found = [f for f in self.state.flavors if self._usable(call, f)]
        if not call.admin or wanted is None:
            found = [f for f in found if f[_PUBLIC] or not call.admin]
        elif wanted.lower() != "none":
            found = [f for f in found if f[_PUBLIC] is truth(wanted)]
        return sorted(found, key=lambda f: str(f["id"]))

    @route("GET /v2.1/flavors/detail")
    def list_flavors(self, call: Call) -> Any:
        page, links = self.page(
            call, self._flavors_asked(call), "flavors", "flavors/detail"
        )
        return {"flavors": [self.flavor_shown(call, f) for f in page], **links}

    @route("GET /v2.1/flavors")
    def list_flavor_names(self, call: Call) -> Any:
        page, links = self.page(call, self._flavors_asked(call), "flavors", "flavors")
        names = ("id", "name", "links", "description")
        shown = [self.flavor_shown(call, f) for f in page]
        found = [{k: f[k] for k in names if k in f} for f in shown]
        return {"flavors": found, **links}

    @route("GET /v2.1/flavors/{id}")
    def show_flavor(self, call: Call, key: str) -> Any:
        return {"flavor": self.flavor_shown(call, self.flavor(call, key))}

    @route("DELETE /v2.1/flavors/{id}")
    def delete_flavor(self, call: Call, key: str) -> Any:
        call.must_be_admin()
        self.flavor(call, key)
        self.state.flavors.remove(key)
        return 202, None

    @route("GET /v2.1/flavors/{id}/os-extra_specs")
    def extra_specs(self, call: Call, key: str) -> Any:
        return {"extra_specs": self.flavor(call, key)["extra_specs"]}

    @route("POST /v2.1/flavors/{id}/os-extra_specs")
    def set_extra_specs(self, call: Call, key: str) -> Any:
        call.must_be_admin()
        specs = self.flavor(call, key)["extra_specs"]
        specs.update(call.body("extra_specs"))
        return {"extra_specs": call.body("extra_specs")}

    @route("DELETE /v2.1/flavors/{id}/os-extra_specs/{name}")
    def remove_extra_spec(self, call: Call, key: str, name: str) -> Any:
        call.must_be_admin()
        if self.flavor(call, key)["extra_specs"].pop(name, None) is None:
            raise self.gone(f"Flavor {key} has no extra specs with key {name}.")
        return 200, None

    @route("GET /v2.1/flavors/{id}/os-flavor-access")
    def flavor_access(self, call: Call, key: str) -> Any:
        record = self.flavor(call, key)
        if record[_PUBLIC]:
            raise self.gone("Access list not available for public flavors.")
        return self._access(record)

    @route("POST /v2.1/flavors/{id}/action")
    def change_access(self, call: Call, key: str) -> Any:
        call.must_be_admin()
        record, asked = self.flavor(call, key), call.body()
        projects = record["projects"]
        if "addTenantAccess" in asked:
            project = asked["addTenantAccess"]["tenant"]
            if record[_PUBLIC]:
                raise conflict(
                    "Can not add access to a public flavor."
                    if call.version >= (2, 7)
                    else "Flavor is public"
                )
            if project in projects:
                raise conflict(
                    f"Flavor access already exists for flavor {key} and project "
                    f"{project} combination."
                )
            projects.append(project)
        elif "removeTenantAccess" in asked:
            project = asked["removeTenantAccess"]["tenant"]
            if project not in projects:
                raise self.gone(
                    f"Flavor access not found for {key} / {project} combination."
                )
            projects.remove(project)
        else:
            raise bad("There is no such action")
        return self._access(record)

    def _access(self, record: Record) -> Any:
        key = record["id"]
        found = [{"flavor_id": key, "tenant_id": each} for each in record["projects"]]
        return {"flavor_access": found}
