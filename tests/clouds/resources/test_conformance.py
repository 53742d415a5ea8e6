# SPDX-License-Identifier: Apache-2.0
"""Every registered resource type keeps to the rules on both real clouds.

A tenant is seeded on the source and migrated first, so that both sides have some
of each type.
"""

from __future__ import annotations

import os

from pumphouse.resources import registry
from tests.clouds.migration.tenant import Tenant
from tests.clouds.resources.clouds import CloudsTestCase
from tests.clouds.resources.conformance import Rules

_tenants: list[Tenant] = []


def setUpModule() -> None:
    if not os.environ.get("TESTBED_ABOUT"):
        return  # clouds of somebody's own: what is there has to do
    tenant = Tenant("conform", servers=2, seed=31)
    _tenants.append(tenant)
    ended = tenant.pumphouse("migrate", "project", tenant.project, "--yes")
    if ended.code:
        raise AssertionError(f"the tenant cannot be migrated: {ended}")


def tearDownModule() -> None:
    while _tenants:
        _tenants.pop().close()


for _name, _kind in registry.resource_types().items():
    _class = "Test" + _name.title().replace("-", "")
    globals()[_class] = type(
        _class, (Rules, CloudsTestCase), {"kind": _kind, "__module__": __name__}
    )
