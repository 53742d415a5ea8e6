# SPDX-License-Identifier: Apache-2.0
"""Nova's versions, zones, hosts, limits and server groups."""

from __future__ import annotations

from typing import Any

from testbed.simulator.nova.base import NovaBase
from testbed.simulator.router import route
from testbed.simulator.service import Call, public

_MEDIA = "application/vnd.openstack.compute+json;version=2.1"


class About(NovaBase):
    """What there is to know before asking."""

    def _version(self, call: Call) -> Any:
        return {
            "id": "v2.1",
            "status": "CURRENT",
            "version": ".".join(map(str, self.cloud.release.compute)),
            "min_version": "2.1",
            "updated": "2013-07-23T11:33:21Z",
            "links": [{"rel": "self", "href": f"{call.base}/v2.1/"}],
        }

    @public
    @route("GET /")
    def versions(self, call: Call) -> Any:
        old = {
            "id": "v2.0",
            "status": "DEPRECATED" if self.cloud.release.newer else "SUPPORTED",
            "version": "",
            "min_version": "",
            "updated": "2011-01-21T11:33:21Z",
            "links": [{"rel": "self", "href": f"{call.base}/v2/"}],
        }
        return {"versions": [old, self._version(call)]}

    @public
    @route("GET /v2.1")
    def version(self, call: Call) -> Any:
        found = self._version(call)
        docs = {"rel": "describedby", "type": "text/html"}
        found["links"].append({**docs, "href": "http://docs.openstack.org/"})
        media = {"base": "application/json", "type": _MEDIA}
        return {"version": {**found, "media-types": [media]}}

    def hosts(self) -> list[str]:
        """The names of the compute hosts."""
        count = self.cloud.settings.hosts
        return [f"{self.cloud.name}-cmp-{n}" for n in range(1, count + 1)]

    @route("GET /v2.1/os-availability-zone")
    def zones(self, call: Call) -> Any:
        zone = {"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}
        return {"availabilityZoneInfo": [zone]}

    @route("GET /v2.1/os-services")
    def compute_services(self, call: Call) -> Any:
        call.must_be_admin()
        return {
            "services": [
                {
                    "id": number,
                    "binary": "nova-compute",
                    "host": host,
                    "zone": "nova",
                    "status": "enabled",
                    "state": "up",
                    "updated_at": self.state.stamp(),
                    "disabled_reason": None,
                }
                for number, host in enumerate(self.hosts(), 1)
            ]
        }

    @route("GET /v2.1/os-hypervisors/detail", "GET /v2.1/os-hypervisors")
    def hypervisors(self, call: Call) -> Any:
        call.must_be_admin()
        return {
            "hypervisors": [
                {
                    "id": number,
                    "hypervisor_hostname": host,
                    "state": "up",
                    "status": "enabled",
                    "hypervisor_type": "fake",
                    "hypervisor_version": 1000,
                    "host_ip": "127.0.0.1",
                }
                for number, host in enumerate(self.hosts(), 1)
            ]
        }

    @route("GET /v2.1/os-server-groups")
    def server_groups(self, call: Call) -> Any:
        return {"server_groups": list(self.state.server_groups)}

    @route("GET /v2.1/extensions", "GET /v2.1/os-aggregates")
    def nothing(self, call: Call) -> Any:
        return {call.request.path.rpartition("/")[2].removeprefix("os-"): []}

    @route("GET /v2.1/limits")
    def absolute_limits(self, call: Call) -> Any:
        limits = self.limits(call.project_id)
        used = self.in_use(call.project_id)
        absolute = {
            "maxTotalInstances": limits["instances"],
            "maxTotalCores": limits["cores"],
            "maxTotalRAMSize": limits["ram"],
            "maxServerMeta": limits["metadata_items"],
            "maxTotalKeypairs": limits["key_pairs"],
            "totalInstancesUsed": used["instances"],
            "totalCoresUsed": used["cores"],
            "totalRAMUsed": used["ram"],
        }
        return {"limits": {"rate": [], "absolute": absolute}}
