# SPDX-License-Identifier: Apache-2.0
"""Glance's versions, schemas and stores."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import missing
from testbed.simulator.glance.base import GlanceBase
from testbed.simulator.glance.images import CONTAINER, DISK, READ_ONLY, VISIBILITY
from testbed.simulator.messages import Answer, json_answer
from testbed.simulator.router import route
from testbed.simulator.service import Call, public

_TEXT = {"type": ["null", "string"]}
_SCHEMA: dict[str, Any] = {
    **{name: {"type": "integer"} for name in ("min_ram", "min_disk")},
    **{name: {"type": "boolean"} for name in ("protected", "os_hidden")},
    **{name: {**_TEXT, "readOnly": True} for name in READ_ONLY},
    **{name: {**_TEXT, "maxLength": 255} for name in ("name", "owner")},
    "visibility": {"type": "string", "enum": [*VISIBILITY]},
    "disk_format": {**_TEXT, "enum": [None, *DISK]},
    "container_format": {**_TEXT, "enum": [None, *CONTAINER]},
    "id": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 255}},
}


class About(GlanceBase):
    """What there is to know before asking."""

    @public
    @route("GET /versions")
    def list_versions(self, call: Call) -> Any:
        return self._versions(call)

    @public
    @route("GET /")
    def versions(self, call: Call) -> Answer:
        return json_answer(300, self._versions(call))

    def _versions(self, call: Call) -> Any:
        newest, *older = self.cloud.release.image
        link = {"rel": "self", "href": f"{call.base}/v2/"}
        found = [{"id": newest, "status": "CURRENT", "links": [link]}]
        found += [{"id": v, "status": "SUPPORTED", "links": [link]} for v in older]
        return {"versions": found}

    @route("GET /v2/schemas/{name}")
    def schema(self, call: Call, name: str) -> Any:
        if name != "image":
            raise missing("No such schema")
        anything = {"type": "string"}
        return {"name": name, "properties": _SCHEMA, "additionalProperties": anything}

    @route("GET /v2/info/import")
    def imports(self, call: Call) -> Any:
        about = {"description": "Import methods available.", "type": "array"}
        return {"import-methods": {**about, "value": []}}

    @route("GET /v2/info/usage")
    def usage(self, call: Call) -> Any:
        return {"usage": {}}

    @route("GET /v2/info/stores")
    def stores(self, call: Call) -> Any:
        return {"stores": [{"id": "files", "default": "true"}]}
