# SPDX-License-Identifier: Apache-2.0
"""The contract (``tests/contract``), held against both real releases."""

from __future__ import annotations

import os
import pathlib

import testtools
import yaml

from tests.contract import suites
from tests.contract.api import Api


class Real:
    """Connects to a real cloud."""

    def connect(self) -> Api:
        path = os.environ.get("OS_CLIENT_CONFIG_FILE")
        if not path:
            self.skipTest("OS_CLIENT_CONFIG_FILE names no clouds")
        clouds = yaml.safe_load(pathlib.Path(path).read_text())["clouds"]
        auth = clouds[self.side]["auth"]
        return Api(
            auth["auth_url"], auth["username"], auth["password"], auth["project_name"]
        )


globals().update(suites.of(__name__, Real, testtools.TestCase))
