# SPDX-License-Identifier: Apache-2.0
"""How far a clock is off, by what a service answers."""

from __future__ import annotations

from datetime import timedelta

import requests
import testtools

from pumphouse.check import clocks
from pumphouse.check.findings import Looks, Place, State

AT = "Fri, 27 Nov 2026 18:56:45 GMT"
SAME = 1795805805.5


class Clocks(testtools.TestCase):
    def answer(self, date: str | None) -> requests.Response:
        response = requests.Response()
        response.elapsed = timedelta(seconds=4)
        if date is not None:
            response.headers["Date"] = date
        return response

    def test_half_of_the_time_an_answer_took(self) -> None:
        """Belongs to the way back."""
        self.assertEqual(0, clocks.skew(self.answer(AT), SAME + 2))
        self.assertEqual(-60, clocks.skew(self.answer(AT), SAME + 62))

    def test_no_date(self) -> None:
        for date in (None, "", "yesterday"):
            self.assertIsNone(clocks.skew(self.answer(date), SAME))

    def test_how_far_is_too_far(self) -> None:
        looks = Looks(Place.SOURCE)
        for off, state in ((29, State.OK), (-29, State.OK), (31, State.WARNING)):
            self.assertEqual(state, clocks.skewed(looks, {"x": off}).state)
