# SPDX-License-Identifier: Apache-2.0
"""Which versions of their APIs the clouds have, and what older ones cost."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pumphouse.check.findings import Finding, Looks, Place
from pumphouse.cloud.capabilities import Version, parse

_QUEENS = (3, 10)  # Keystone's: the schema that identity databases have to have
_LEAST = {  # of Nova's, and why
    Place.SOURCE: ("2.10", "keypairs of other users cannot be read"),
    Place.DESTINATION: ("2.52", "a server cannot be marked as it is created"),
}
_WANTED = {  # what is lost below that
    Place.SOURCE: {"2.70": "tags of NICs and volumes are not shown"},
    Place.DESTINATION: {
        "2.55": "descriptions of flavors are not kept",
        "2.90": "hostnames are made of names",
    },
}
_API = re.compile(r"v(\d+\.\d+)")


def identity(looks: Looks, version: str) -> Finding:
    """Keystone's.

    :param version: as it says it, ``v3.14``
    """
    found = _API.fullmatch(version)
    if not found:
        return looks.warning(
            "identity-version", "Keystone does not say which version it has"
        )
    if parse(found[1]) < _QUEENS:
        return looks.warning(
            "identity-version",
            f"its Keystone is older than Queens ({version}): its database cannot be "
            "used, so users do not keep their passwords",
        )
    return looks.ok("identity-version", f"Keystone's API is {version}")


def compute(looks: Looks, newest: str) -> Iterator[Finding]:
    """Nova's.

    :param newest: the newest microversion it has; "" for none
    """
    least, why = _LEAST[looks.place]
    known: Version = parse(newest) if newest else (2, 1)
    if known < parse(least):
        yield looks.error(
            "compute-version",
            f"its compute service has microversion {newest or 'none'}, and {least} is "
            f"the least: {why}. Such a cloud has to be upgraded first",
        )
        return
    lost = [
        f"{what} (since {since})"
        for since, what in _WANTED[looks.place].items()
        if known < parse(since)
    ]
    if lost:
        yield looks.warning(
            "compute-version",
            f"its compute service has microversion {newest}: {'; '.join(lost)}",
        )
    else:
        yield looks.ok(
            "compute-version", f"its compute service has microversion {newest}"
        )
