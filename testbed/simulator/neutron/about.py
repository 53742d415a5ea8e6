# SPDX-License-Identifier: Apache-2.0
"""Neutron's versions and extensions, and lists that are always empty here."""

from __future__ import annotations

from typing import Any

from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.router import route
from testbed.simulator.service import Call, public

_CORE = ("network", "subnet", "subnetpool", "port")
_EMPTY = (
    "subnetpools",
    "address-scopes",
    "address-groups",
    "agents",
    "availability_zones",
    "trunks",
    "segments",
)


class About(NeutronBase):
    """What there is to know before asking."""

    @public
    @route("GET /")
    def versions(self, call: Call) -> Any:
        link = {"rel": "self", "href": f"{call.base}/v2.0/"}
        return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]}

    @public
    @route("GET /v2.0")
    def version(self, call: Call) -> Any:
        return {
            "resources": [
                {
                    "name": name,
                    "collection": f"{name}s",
                    "links": [{"rel": "self", "href": f"{call.base}/v2.0/{name}s"}],
                }
                for name in _CORE
            ]
        }

    @route("GET /v2.0/extensions")
    def extensions(self, call: Call) -> Any:
        found = self.cloud.release.extensions
        return {"extensions": [self._extension(alias) for alias in found]}

    @route("GET /v2.0/extensions/{alias}")
    def extension(self, call: Call, alias: str) -> Any:
        return {"extension": self._extension(alias)}

    def _extension(self, alias: str) -> Any:
        name = alias.replace("-", " ").capitalize()
        return {
            "name": name,
            "alias": alias,
            "description": name,
            "updated": "2020-01-01T00:00:00-00:00",
            "links": [],
        }


def _empty(collection: str) -> Any:
    def handle(self: About, call: Call) -> Any:
        return {collection.replace("-", "_"): []}

    return route(f"GET /v2.0/{collection}")(handle)


for _name in _EMPTY:
    setattr(About, f"list_{_name}", _empty(_name))
