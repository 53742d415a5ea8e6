# SPDX-License-Identifier: Apache-2.0
"""Versions, catalogue, services, endpoints and regions."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from testbed.simulator.errors import bad
from testbed.simulator.keystone.base import KeystoneBase
from testbed.simulator.messages import Answer, json_answer
from testbed.simulator.router import route
from testbed.simulator.service import Call, public

REGION = "RegionOne"
# type, name, where below the cloud's URL
SERVICES = (
    ("identity", "keystone", "identity/v3"),
    ("compute", "nova", "compute/v2.1"),
    ("network", "neutron", "network"),
    ("image", "glance", "image"),
    ("block-storage", "cinder", "volume/v3"),
)
_PROJECT = re.compile(r"[$%]\((tenant|project)_id\)s")
INTERFACES = ("public", "internal", "admin")


def _id(*words: str) -> str:
    return hashlib.md5("/".join(words).encode(), usedforsecurity=False).hexdigest()


class Catalog(KeystoneBase):
    """What this cloud consists of."""

    @public
    @route("GET /")
    def versions(self, call: Call) -> Answer:
        return json_answer(300, {"versions": {"values": [self._version(call)]}})

    @public
    @route("GET /v3")
    def version(self, call: Call) -> Any:
        return {"version": self._version(call)}

    def _version(self, call: Call) -> Any:
        media = "application/vnd.openstack.identity-v3+json"
        return {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": f"{call.base}/v3/"}],
            "media-types": [{"base": "application/json", "type": media}],
        }

    def catalog(self, call: Call, project_id: str = "") -> list[Any]:
        """The services with their addresses, as the client reaches them.

        :param project_id: for addresses that have a project's id in them
        """
        root = call.base.rpartition("/")[0]
        registered = [
            {
                "endpoints": [
                    {
                        **{k: e[k] for k in ("id", "interface", "region_id", "region")},
                        "url": _PROJECT.sub(project_id, e["url"]),
                    }
                    for e in self.state.endpoints
                    if e["service_id"] == service["id"] and e["enabled"]
                ],
                **{k: service[k] for k in ("id", "type", "name")},
            }
            for service in self.state.services
            if service["enabled"]
        ]
        return registered + [
            {
                "endpoints": [
                    {
                        "id": _id(kind, interface),
                        "interface": interface,
                        "region_id": REGION,
                        "region": REGION,
                        "url": f"{root}/{path}",
                    }
                    for interface in INTERFACES
                ],
                "id": _id(kind),
                "type": kind,
                "name": name,
            }
            for kind, name, path in SERVICES
        ]

    @route("GET /v3/auth/catalog")
    def own_catalog(self, call: Call) -> Any:
        here = f"{call.base}/v3/auth/catalog"
        return {"catalog": self.catalog(call, call.project_id), "links": {"self": here}}

    @route("GET /v3/regions")
    def regions(self, call: Call) -> Any:
        region = {"id": REGION, "description": "", "parent_region_id": None}
        return self.listing(call, "region", [self.shown(call, "region", region)])

    @route("GET /v3/services")
    def services(self, call: Call) -> Any:
        found = [
            {"name": name, "id": _id(kind), "type": kind, "enabled": True}
            for kind, name, _ in SERVICES
        ] + [*self.state.services]
        shown = [self.shown(call, "service", each) for each in found]
        return self.listing(call, "service", shown)

    @route("GET /v3/endpoints")
    def endpoints(self, call: Call) -> Any:
        found = [
            {**endpoint, "enabled": True, "service_id": service["id"]}
            for service in self.catalog(call)
            for endpoint in service["endpoints"]
        ]
        shown = [self.shown(call, "endpoint", each) for each in found]
        return self.listing(call, "endpoint", shown)

    # -- others' services --------------------------------------------------
    @route("POST /v3/services")
    def create_service(self, call: Call) -> Any:
        call.must_be_admin()
        asked = call.body("service")
        record = {
            "id": self.state.hex(),
            "type": asked["type"],
            "name": asked.get("name", ""),
            "enabled": asked.get("enabled", True),
        }
        self.state.services.add(record)
        return 201, {"service": self.shown(call, "service", record)}

    @route("DELETE /v3/services/{id}")
    def delete_service(self, call: Call, key: str) -> None:
        call.must_be_admin()
        self.one("service", key)
        self.state.services.remove(key)
        for endpoint in [*self.state.endpoints]:
            if endpoint["service_id"] == key:
                self.state.endpoints.remove(endpoint["id"])

    @route("POST /v3/endpoints")
    def create_endpoint(self, call: Call) -> Any:
        call.must_be_admin()
        asked = call.body("endpoint")
        if asked["service_id"] not in self.state.services:
            raise bad(f"Could not find service: {asked['service_id']}.")
        region = asked.get("region_id")
        record = {
            "id": self.state.hex(),
            "service_id": asked["service_id"],
            "interface": asked["interface"],
            "url": asked["url"],
            "region_id": region,
            "region": region,
            "enabled": asked.get("enabled", True),
        }
        self.state.endpoints.add(record)
        return 201, {"endpoint": self.shown(call, "endpoint", record)}
