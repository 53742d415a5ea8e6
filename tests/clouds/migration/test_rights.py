# SPDX-License-Identifier: Apache-2.0
"""Rights, between both real releases."""

from __future__ import annotations

from tests.clouds.resources.clouds import CloudsTestCase
from tests.rights import Rights


class TestRights(Rights, CloudsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.here, self.there = self.source, self.destination
