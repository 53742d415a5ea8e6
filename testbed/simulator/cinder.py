# SPDX-License-Identifier: Apache-2.0
"""Cinder, API v3: enough to list volumes and to keep quotas."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import ApiError, missing
from testbed.simulator.messages import Answer, json_answer
from testbed.simulator.router import route
from testbed.simulator.service import Call, Service, public, truth
from testbed.simulator.tables import Record

_KEYS = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 413: "overLimit"}
_MEDIA = "application/vnd.openstack.volume+json;version=3"
DEFAULTS = {
    "volumes": 10,
    "per_volume_gigabytes": -1,
    "snapshots": 10,
    "gigabytes": 1000,
    "backups": 10,
    "backup_gigabytes": 1000,
    "groups": 10,
}


class Cinder(Service):
    """Volumes that only seeds make."""

    name = "volume"
    log_name = "block-storage"

    def worded(self, error: ApiError) -> Any:
        key = _KEYS.get(error.status, "computeFault")
        return {key: {"code": error.status, "message": error.message}}

    def _versions(self, call: Call) -> Any:
        newest, updated = self.cloud.release.volume
        docs = {"rel": "describedby", "type": "text/html"}
        version = {
            "id": "v3.0",
            "status": "CURRENT",
            "version": newest,
            "min_version": "3.0",
            "updated": updated,
            "links": [
                {**docs, "href": "https://docs.openstack.org/"},
                {"rel": "self", "href": f"{call.base}/v3/"},
            ],
            "media-types": [{"base": "application/json", "type": _MEDIA}],
        }
        return {"versions": [version]}

    @public
    @route("GET /")
    def versions(self, call: Call) -> Answer:
        return json_answer(300, self._versions(call))

    @public
    @route("GET /v3")
    def version(self, call: Call) -> Any:
        return self._versions(call)

    # -- volumes -----------------------------------------------------------------
    def _listed(self, call: Call) -> list[Record]:
        first = call.request.first
        wanted = call.project_id
        if call.admin and truth(first("all_tenants", "0")):
            wanted = first("project_id") or ""
        volumes = self.state.volumes
        return [*(volumes.by("project_id", wanted) if wanted else volumes)]

    @route("GET /v3/volumes", "GET /v3/{project}/volumes")
    def list_volume_names(self, call: Call, *project: str) -> Any:
        found = [{"id": v["id"], "name": v["name"]} for v in self._listed(call)]
        return {"volumes": found}

    @route("GET /v3/volumes/detail", "GET /v3/{project}/volumes/detail")
    def list_volumes(self, call: Call, *project: str) -> Any:
        return {"volumes": self._listed(call)}

    @route("GET /v3/volumes/{id}")
    def show_volume(self, call: Call, key: str) -> Any:
        record = self.state.volumes.get(key)
        if record is None or not call.sees(record["project_id"]):
            raise missing(f"Volume {key} could not be found.")
        return {"volume": record}

    @route("GET /v3/snapshots", "GET /v3/snapshots/detail")
    def list_snapshots(self, call: Call) -> Any:
        return {"snapshots": self._owned(call, "volume_snapshots")}

    @route("GET /v3/backups", "GET /v3/backups/detail")
    def list_backups(self, call: Call) -> Any:
        return {"backups": self._owned(call, "volume_backups")}

    def _owned(self, call: Call, table: str) -> list[Record]:
        first = call.request.first
        wanted = call.project_id
        if call.admin and truth(first("all_tenants", "0")):
            wanted = first("project_id") or ""
        rows = self.state.tables[table]
        return [each for each in rows if wanted in ("", each["project_id"])]

    @route("GET /v3/types")
    def types(self, call: Call) -> Any:
        kind = {
            "id": "00000000-0000-4000-8000-000000000001",
            "name": "__DEFAULT__",
            "is_public": True,
            "description": "Default Volume Type",
            "extra_specs": {},
            "qos_specs_id": None,
            "os-volume-type-access:is_public": True,
        }
        return {"volume_types": [kind]}

    # -- quotas ------------------------------------------------------------------
    def _limits(self, project: str) -> dict[str, int]:
        own = self.state.volume_quotas.get(project) or {"limits": {}}
        return {**DEFAULTS, **own["limits"]}

    @route("GET /v3/os-quota-sets/{project}")
    def show_quota(self, call: Call, project: str) -> Any:
        return {"quota_set": {**self._limits(project), "id": project}}

    @route("PUT /v3/os-quota-sets/{project}")
    def update_quota(self, call: Call, project: str) -> Any:
        call.must_be_admin()
        limits = {**self._limits(project), **call.body("quota_set")}
        self.state.volume_quotas.add({"id": project, "limits": limits})
        return {"quota_set": limits}

    @route("DELETE /v3/os-quota-sets/{project}")
    def reset_quota(self, call: Call, project: str) -> Any:
        call.must_be_admin()
        self.state.volume_quotas.remove(project)
        return 200, None
