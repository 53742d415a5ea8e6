# SPDX-License-Identifier: Apache-2.0
"""Nova's quotas: servers count by what their flavors take."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import bad, forbidden
from testbed.simulator.nova.base import NovaBase
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

DEFAULTS = {
    "cores": 20,
    "fixed_ips": -1,
    "floating_ips": -1,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
    "injected_files": 5,
    "instances": 10,
    "key_pairs": 100,
    "metadata_items": 128,
    "ram": 51200,
    "security_group_rules": -1,
    "security_groups": -1,
    "server_group_members": 10,
    "server_groups": 10,
}
_OLD_ONLY = (36, 57)  # microversions that dropped networks' and files' quotas
_NETWORKS = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")
_FILES = (
    "injected_file_content_bytes",
    "injected_file_path_bytes",
    "injected_files",
)


class Quotas(NovaBase):
    """``/os-quota-sets``."""

    def limits(self, project_id: str) -> dict[str, int]:
        """The quotas of a project."""
        own = self.state.compute_quotas.get(project_id) or {"limits": {}}
        return {**self._defaults(), **own["limits"]}

    def _defaults(self) -> dict[str, int]:
        unlimited = self.cloud.settings.unlimited
        return dict.fromkeys(DEFAULTS, -1) if unlimited else dict(DEFAULTS)

    def set_limits(self, project_id: str, limits: dict[str, int]) -> None:
        """Quotas of one project."""
        own = self.state.compute_quotas.get(project_id) or {"limits": {}}
        values = {"id": project_id, "limits": {**own["limits"], **limits}}
        self.state.compute_quotas.add(values)

    def in_use(self, project_id: str) -> dict[str, int]:
        """What a project's servers take."""
        servers = self.state.servers.by("tenant_id", project_id)
        return {
            "instances": len(servers),
            "cores": sum(s["flavor"]["vcpus"] for s in servers),
            "ram": sum(s["flavor"]["ram"] for s in servers),
        }

    def must_fit(self, project_id: str, flavor: Record) -> None:
        """:raises ApiError: 403, no room for one more server"""
        limits = self.limits(project_id)
        names = ("instances", "cores", "ram")
        if all(limits[name] < 0 for name in names):
            return
        used = self.in_use(project_id)
        more = {"instances": 1, "cores": flavor["vcpus"], "ram": flavor["ram"]}
        for name in names:
            if 0 <= limits[name] < used[name] + more[name]:
                raise forbidden(
                    f"Quota exceeded for {name}: Requested {more[name]}, but already "
                    f"used {used[name]} of {limits[name]} {name}"
                )

    def _shown(self, call: Call, project: str, values: Record) -> Record:
        hidden: tuple[str, ...] = _NETWORKS if call.version >= (2, 36) else ()
        hidden += _FILES if call.version >= (2, 57) else ()
        shown = {k: v for k, v in values.items() if k not in hidden}
        return {"quota_set": {"id": project, **shown}}

    @route("GET /v2.1/os-quota-sets/{project}")
    def show_quota(self, call: Call, project: str) -> Any:
        return self._shown(call, project, self.limits(project))

    @route("GET /v2.1/os-quota-sets/{project}/defaults")
    def default_quota(self, call: Call, project: str) -> Any:
        return self._shown(call, project, self._defaults())

    @route("GET /v2.1/os-quota-sets/{project}/detail")
    def quota_details(self, call: Call, project: str) -> Any:
        used = self.in_use(project)
        found = {
            name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
            for name, limit in self.limits(project).items()
        }
        return self._shown(call, project, found)

    @route("PUT /v2.1/os-quota-sets/{project}")
    def update_quota(self, call: Call, project: str) -> Any:
        call.must_be_admin()
        asked = {k: v for k, v in call.body("quota_set").items() if k != "force"}
        unknown = sorted(asked.keys() - DEFAULTS.keys())
        if unknown:
            raise bad(f"Additional properties are not allowed ({unknown})")
        self.set_limits(project, {k: int(v) for k, v in asked.items()})
        shown = self._shown(call, project, self.limits(project))
        del shown["quota_set"]["id"]
        return shown

    @route("DELETE /v2.1/os-quota-sets/{project}")
    def reset_quota(self, call: Call, project: str) -> Any:
        call.must_be_admin()
        self.state.compute_quotas.remove(project)
        return 202, None
