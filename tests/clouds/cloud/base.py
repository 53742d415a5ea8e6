# SPDX-License-Identifier: Apache-2.0
"""A test case with both real clouds; what it makes, it takes away again."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

import testtools

from pumphouse.cloud.cloud import Cloud, connect

SIDES = ("source", "destination")


class CloudsTestCase(testtools.TestCase):
    """Skips without clouds; ``self.prefix`` is for the names of what it makes."""

    def setUp(self) -> None:
        super().setUp()
        if not os.environ.get("OS_CLIENT_CONFIG_FILE"):
            self.skipTest("OS_CLIENT_CONFIG_FILE names no clouds")
        self.prefix = f"cloud-test-{uuid.uuid4().hex[:8]}"

    def connect(self, side: str, **kwargs: Any) -> Cloud:
        cloud = connect(side, side, **kwargs)
        self.addCleanup(cloud.close)
        return cloud

    def made(self, side: Cloud, service: str, path: str, **body: Any) -> dict[str, Any]:
        """POST it, and delete it after the test."""
        (singular,) = body
        made: dict[str, Any] = side.post(service, path, body, singular)
        self.addCleanup(side.delete, service, f"{path}/{made['id']}")
        return made

    def user(self, side: Cloud, name: str = "", **fields: Any) -> dict[str, Any]:
        """A new user of the default domain."""
        user = {"name": f"{self.prefix}{name}", "domain_id": "default", **fields}
        return self.made(side, "identity", "/users", user=user)

    def project(self, side: Cloud) -> dict[str, Any]:
        """A new project of the default domain."""
        project = {"name": self.prefix, "domain_id": "default"}
        return self.made(side, "identity", "/projects", project=project)


def database_url(side: str) -> str:
    """The URL of that side's Keystone database, "" if the testbed does not say."""
    about = json.loads(os.environ.get("TESTBED_ABOUT", "{}"))
    return str(about.get("clouds", {}).get(side, {}).get("keystone_database", ""))
