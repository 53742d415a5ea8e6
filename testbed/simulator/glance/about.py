# SPDX-License-Identifier: Apache-2.0
"""Glance's versions, schemas and stores."""

from __future__ import annotations

from typing import Any

from testbed.simulator.glance.base import GlanceBase
from testbed.simulator.messages import Answer, json_answer
from testbed.simulator.router import route
from testbed.simulator.service import Call, public


class About(GlanceBase):
    """What there is to know before asking."""

    @public
    @route("GET /", "GET /versions")
    def versions(self, call: Call) -> Answer:
        newest, *older = self.cloud.release.image
        link = {"rel": "self", "href": f"{call.base}/v2/"}
        found = [{"id": newest, "status": "CURRENT", "links": [link]}]
        found += [{"id": v, "status": "SUPPORTED", "links": [link]} for v in older]
        return json_answer(300, {"versions": found})

    @route("GET /v2/schemas/{name}")
    def schema(self, call: Call, name: str) -> Any:
        anything = {"type": "string"}
        return {"name": name, "properties": {}, "additionalProperties": anything}

    @route("GET /v2/info/import")
    def imports(self, call: Call) -> Any:
        about = {"description": "Import methods available.", "type": "array"}
        return {"import-methods": {**about, "value": []}}

    @route("GET /v2/info/stores")
    def stores(self, call: Call) -> Any:
        return {"stores": [{"id": "files", "default": "true"}]}
