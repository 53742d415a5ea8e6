# SPDX-License-Identifier: Apache-2.0
"""How far other machines' clocks are from this one's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

import requests

from pumphouse.check.findings import Finding, Looks, Place

MOST = 30.0
"""Seconds that clocks may be apart before it is told."""
SIGNED = 900.0
"""Seconds after which Keystone refuses what was signed ([credential] auth_ttl)."""


def skew(response: requests.Response, now: float) -> float | None:
    """Seconds that the clock of whoever answered is ahead; None if it does not say.

    :param now: Unix time of this machine, when the answer came
    """
    try:
        said = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    made = said.replace(tzinfo=said.tzinfo or UTC).timestamp()
    # Its header is of a second; and the answer took a while to come
    return made + 0.5 - (now - response.elapsed.total_seconds() / 2)


def skewed(looks: Looks, clocks: Mapping[str, float]) -> Finding:
    """The line about clocks, by that which is furthest off.

    :param clocks: whose -> seconds that it is ahead of this machine's; not empty
    """
    whose = max(clocks, key=lambda each: abs(clocks[each]))
    off = clocks[whose]
    if abs(off) <= MOST:
        heard = ", ".join(sorted(clocks))
        return looks.ok(
            "clock", f"within {MOST:.0f} s of this machine's clock: {heard}"
        )
    which = "ahead of" if off > 0 else "behind"
    text = f"the clock of {whose} is {abs(off):.0f} s {which} this machine's"
    if looks.place is Place.DESTINATION and off > SIGNED:
        return looks.error(
            "clock",
            f"{text}: Keystone takes what is signed here for too old, and no server "
            "can be created as its owner. Set the clocks (NTP)",
        )
    return looks.warning(
        "clock",
        f"{text}: times in reports are off, and tokens seem to end at another time "
        "than they do. Set the clocks (NTP)",
    )
