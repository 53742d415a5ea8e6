# SPDX-License-Identifier: Apache-2.0
"""Others' things and policies, on two real clouds."""

from __future__ import annotations

import os
import pathlib
import tempfile

import testtools

from tests.functional.world import World
from tests.others import Others


class TestOthers(Others, testtools.TestCase):
    def setUp(self):
        clouds = os.environ.get("OS_CLIENT_CONFIG_FILE")
        if not clouds:
            self.skipTest("OS_CLIENT_CONFIG_FILE names no clouds")
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.world = World(pathlib.Path(clouds), pathlib.Path(directory.name))
        self.addCleanup(self.world.close)
        super().setUp()
        self.addCleanup(self.tidy)
