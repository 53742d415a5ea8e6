# SPDX-License-Identifier: Apache-2.0
"""A test case with a scripted cloud and a ``Cloud`` connected to it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fixtures
import testtools

from pumphouse.cloud.cloud import Cloud, connect
from tests.unit.cloud.server import Server

PASSWORD = "canary-password"


class CloudTestCase(testtools.TestCase):
    """``self.server`` is the scripted cloud, ``self.slept`` all waits asked for."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.EnvironmentVariable("OS_CLIENT_CONFIG_FILE"))
        self.useFixture(fixtures.EnvironmentVariable("OS_CLIENT_SECURE_FILE"))
        self.server = self.make_server()
        self.addCleanup(self.server.stop)
        self.slept: list[float] = []

    def make_server(self) -> Server:
        return Server()

    def clouds_yaml(self, **changes: Any) -> str:
        """The path of a clouds.yaml with the cloud ``lab``; None drops a key."""
        auth = {
            "auth_url": f"{self.server.url}/v3",
            "username": "admin",
            "password": PASSWORD,
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        entry: dict[str, Any] = {"auth": auth, "region_name": "One"}
        for key, value in changes.items():
            section = auth if key in auth else entry
            section[key] = value
        for section in (auth, entry):
            for key in [key for key, value in section.items() if value is None]:
                del section[key]
        return self.file(json.dumps({"clouds": {"lab": entry}}))  # JSON is YAML

    def file(self, text: str) -> str:
        """The path of a clouds.yaml with *text* in it."""
        path = Path(self.useFixture(fixtures.TempDir()).path, "clouds.yaml")
        path.write_text(text)
        return str(path)

    def connect(self, **kwargs: Any) -> Cloud:
        kwargs.setdefault("config_file", self.clouds_yaml())
        kwargs.setdefault("sleep", self.slept.append)
        kwargs.setdefault("request_timeout", 60.0)
        cloud = connect("source", "lab", **kwargs)
        self.addCleanup(cloud.close)
        return cloud

    def in_threads(self, count: int, call: Any) -> list[Any]:
        """What *call* returned (or raised) in each of *count* threads at once."""

        def one(_: int) -> Any:
            try:
                return call()
            except Exception as error:  # noqa: BLE001  (the test looks at it)
                return error

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(one, range(count)))
