# SPDX-License-Identifier: Apache-2.0
"""Nova's quotas of a project, and its limits for a single thing."""

from __future__ import annotations

from collections.abc import Mapping

from pumphouse.cloud.cloud import Cloud
from pumphouse.resources.quota import Quota, free


class ComputeQuota(Quota):
    """What servers take, how much one may have of a thing, and keypairs of a user."""

    def left(self, cloud: Cloud, project_id: str) -> Mapping[str, int]:
        """A project that does not exist yet has the defaults and uses nothing."""
        path = (
            f"/os-quota-sets/{project_id}/detail"
            if project_id
            else f"/os-quota-sets/{cloud.project_id}/defaults"
        )
        found = cloud.find("compute", path, key="quota_set") or {}
        return {name: free(value) for name, value in found.items() if name != "id"}


COMPUTE = ComputeQuota()
