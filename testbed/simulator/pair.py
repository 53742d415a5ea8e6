# SPDX-License-Identifier: Apache-2.0
"""Source and destination together, in threads of this process, with a clouds.yaml."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Mapping

from testbed.simulator.cloud import SimulatedCloud
from testbed.simulator.server import ServerThread
from testbed.simulator.settings import Settings

RELEASES = {"source": "zed", "destination": "2026.2"}


class Pair(contextlib.AbstractContextManager["Pair"]):
    """Two clouds that listen as long as the block lasts."""

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        self.source = ServerThread(SimulatedCloud("source", "zed", settings))
        self.destination = ServerThread(
            SimulatedCloud("destination", "2026.2", settings)
        )
        self._settings = settings

    def __enter__(self) -> Pair:
        self.source.__enter__()
        self.destination.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.destination.__exit__(None, None, None)
        self.source.__exit__(None, None, None)

    @property
    def urls(self) -> Mapping[str, str]:
        """Where they are."""
        return {"source": self.source.url, "destination": self.destination.url}

    def write_clouds(self, path: pathlib.Path) -> pathlib.Path:
        """Their clouds.yaml."""
        return write_clouds(path, self.urls, self._settings.admin_password)


def write_clouds(
    path: pathlib.Path, urls: Mapping[str, str], password: str
) -> pathlib.Path:
    """A clouds.yaml with the administrators of clouds at *urls*."""
    lines = ["clouds:"]
    for name, url in urls.items():
        lines += [
            f"  {name}:",
            "    auth:",
            f"      auth_url: {url}/identity/v3",
            "      username: admin",
            f"      password: {password}",
            "      project_name: admin",
            "      user_domain_name: Default",
            "      project_domain_name: Default",
            "    region_name: RegionOne",
            '    identity_api_version: "3"',
        ]
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path
