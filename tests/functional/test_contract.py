# SPDX-License-Identifier: Apache-2.0
"""The contract (``tests/contract``), held against the simulated clouds."""

from __future__ import annotations

import functools

import testtools

from testbed.simulator.pair import Pair
from testbed.simulator.settings import Settings
from tests.contract import suites
from tests.contract.api import Api

SETTINGS = Settings(build=0.1, change=0.1)


@functools.cache
def pair() -> Pair:
    """The clouds, of one process; they end with it."""
    return Pair(SETTINGS).__enter__()


class Simulated:
    """Connects to a simulated cloud."""

    def connect(self) -> Api:
        url = f"{pair().urls[self.side]}/identity/v3"
        return Api(url, "admin", SETTINGS.admin_password, "admin")


class TestCase(testtools.TestCase):
    """Every crash of the simulator is a failure, whatever the client made of it."""

    def tearDown(self) -> None:
        super().tearDown()
        server = getattr(pair(), self.side)
        crashes = server.run(lambda: [*server.cloud.log.crashes])
        self.assertEqual([], crashes)


globals().update(suites.of(__name__, Simulated, TestCase))
