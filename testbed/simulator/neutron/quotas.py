# SPDX-License-Identifier: Apache-2.0
"""Neutron's quotas."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import bad
from testbed.simulator.neutron.base import NeutronBase
from testbed.simulator.router import route
from testbed.simulator.service import Call

DEFAULTS = {
    "network": 100,
    "subnet": 100,
    "subnetpool": -1,
    "port": 500,
    "router_route": 30,
    "router": 10,
    "floatingip": 50,
    "rbac_policy": 10,
    "security_group": 10,
    "security_group_rule": 100,
    "trunk": -1,
}


class Quotas(NeutronBase):
    """``/v2.0/quotas``."""

    def limits(self, project_id: str) -> dict[str, int]:
        own = self.state.network_quotas.get(project_id) or {"limits": {}}
        return {**self._defaults(), **own["limits"]}

    def _defaults(self) -> dict[str, int]:
        known = DEFAULTS if self.cloud.release.newer else _without(DEFAULTS)
        return dict.fromkeys(known, -1) if self.cloud.settings.unlimited else known

    def set_limits(self, project_id: str, limits: dict[str, int]) -> None:
        """Quotas of one project."""
        own = self.state.network_quotas.get(project_id) or {"limits": {}}
        values = {"id": project_id, "limits": {**own["limits"], **limits}}
        self.state.network_quotas.add(values)

    @route("GET /v2.0/quotas")
    def list_quotas(self, call: Call) -> Any:
        call.must_be_admin()
        return {
            "quotas": [
                {
                    **self.limits(each["id"]),
                    "project_id": each["id"],
                    "tenant_id": each["id"],
                }
                for each in self.state.network_quotas
            ]
        }

    @route("GET /v2.0/quotas/{project}")
    def show_quota(self, call: Call, project: str) -> Any:
        return {"quota": self.limits(project)}

    @route("GET /v2.0/quotas/{project}/default")
    def default_quota(self, call: Call, project: str) -> Any:
        return {"quota": dict(self._defaults())}

    @route("GET /v2.0/quotas/{project}/details")
    def quota_details(self, call: Call, project: str) -> Any:
        return {
            "quota": {
                name: {
                    "limit": limit,
                    "used": self.used(name, project),
                    "reserved": 0,
                }
                for name, limit in self.limits(project).items()
            }
        }

    @route("PUT /v2.0/quotas/{project}")
    def update_quota(self, call: Call, project: str) -> Any:
        call.must_be_admin()
        asked = call.body("quota")
        unknown = sorted(asked.keys() - self._defaults().keys() - {"tenant_id"})
        if unknown:
            raise bad(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
        self.set_limits(project, {k: int(v) for k, v in asked.items()})
        return {"quota": self.limits(project)}

    @route("DELETE /v2.0/quotas/{project}")
    def reset_quota(self, call: Call, project: str) -> None:
        call.must_be_admin()
        self.state.network_quotas.remove(project)


def _without(known: dict[str, int]) -> dict[str, int]:
    return {k: v for k, v in known.items() if k != "router_route"}
