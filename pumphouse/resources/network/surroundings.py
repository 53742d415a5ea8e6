# SPDX-License-Identifier: Apache-2.0
"""What surrounds the networks of a plan: reach, sight, and what on them stays."""

from __future__ import annotations

from collections.abc import Iterator

from pumphouse.models import Finding
from pumphouse.resources.network import sight, staying
from pumphouse.resources.network.exposure import Exposure
from pumphouse.resources.outlook import Outlook


def findings(outlook: Outlook) -> Iterator[Finding]:
    """Nothing, and no request, for a plan without networks."""
    if not any(outlook.having("network")):
        return
    exposure = Exposure(outlook)
    yield from exposure.findings("network")
    yield from exposure.elsewhere()
    yield from sight.findings(exposure)
    yield from staying.on_networks(outlook, exposure.projects)
