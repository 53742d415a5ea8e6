# SPDX-License-Identifier: Apache-2.0
"""Tags of everything in Neutron."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import bad, missing
from testbed.simulator.messages import Answer
from testbed.simulator.neutron.base import KINDS, NeutronBase
from testbed.simulator.neutron.values import must_be_few
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record


class Tags(NeutronBase):
    """``/v2.0/{collection}/{id}/tags``."""

    def _tagged(self, call: Call, collection: str, key: str) -> Record:
        table = collection.replace("-", "_")
        if table not in KINDS:
            raise missing("The resource could not be found.")
        return self.one(call, table, key)

    @route("GET /v2.0/{collection}/{id}/tags")
    def tags_of(self, call: Call, collection: str, key: str) -> Any:
        return {"tags": self._tagged(call, collection, key)["tags"]}

    @route("PUT /v2.0/{collection}/{id}/tags")
    def set_tags(self, call: Call, collection: str, key: str) -> Any:
        record = self._tagged(call, collection, key)
        asked = call.body("tags")
        if not isinstance(asked, list):
            raise bad(f"'{asked}' is not a list")
        if self.cloud.release.newer:
            must_be_few(collection, asked)
        record["tags"] = sorted(set(asked))
        self.touch(collection.replace("-", "_"), key)
        return {"tags": record["tags"]}

    @route("DELETE /v2.0/{collection}/{id}/tags")
    def clear_tags(self, call: Call, collection: str, key: str) -> None:
        self._tagged(call, collection, key)["tags"] = []

    @route("PUT /v2.0/{collection}/{id}/tags/{tag}")
    def add_tag(self, call: Call, collection: str, key: str, tag: str) -> Any:
        record = self._tagged(call, collection, key)
        if self.cloud.release.newer:
            must_be_few(collection, [*record["tags"], tag])
        record["tags"] = sorted({*record["tags"], tag})
        return Answer(201)

    @route("GET /v2.0/{collection}/{id}/tags/{tag}")
    def has_tag(self, call: Call, collection: str, key: str, tag: str) -> Any:
        if tag not in self._tagged(call, collection, key)["tags"]:
            raise missing(f"Tag {tag} could not be found.", "TagNotFound")
        return Answer(204)

    @route("DELETE /v2.0/{collection}/{id}/tags/{tag}")
    def remove_tag(self, call: Call, collection: str, key: str, tag: str) -> None:
        record = self._tagged(call, collection, key)
        if tag not in record["tags"]:
            raise missing(f"Tag {tag} could not be found.", "TagNotFound")
        record["tags"] = [each for each in record["tags"] if each != tag]
