# SPDX-License-Identifier: Apache-2.0
"""Rights, between two simulated clouds."""

from __future__ import annotations

from tests.functional.base import FunctionalTestCase
from tests.rights import Rights


class TestRights(Rights, FunctionalTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.here, self.there = self.world.source, self.world.destination
