# SPDX-License-Identifier: Apache-2.0
"""Neutron's quotas of a project."""

from __future__ import annotations

from collections.abc import Mapping

from pumphouse.cloud.cloud import Cloud
from pumphouse.resources.quota import Quota, free


class NetworkQuota(Quota):
    """How many of each kind of thing."""

    def left(self, cloud: Cloud, project_id: str) -> Mapping[str, int]:
        """A project that does not exist yet has the defaults and uses nothing."""
        path = f"/quotas/{project_id}/details" if project_id else "/quotas/new/default"
        found = cloud.find("network", path, key="quota") or {}
        return {name: free(value) for name, value in found.items()}


NETWORK = NetworkQuota()
