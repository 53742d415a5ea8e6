# SPDX-License-Identifier: Apache-2.0
"""Every registered resource type keeps to the rules on both real clouds."""

from __future__ import annotations

from pumphouse.resources import registry
from tests.clouds.resources.clouds import CloudsTestCase
from tests.clouds.resources.conformance import Rules

for _name, _kind in registry.resource_types().items():
    _class = "Test" + _name.title().replace("-", "")
    globals()[_class] = type(
        _class, (Rules, CloudsTestCase), {"kind": _kind, "__module__": __name__}
    )
