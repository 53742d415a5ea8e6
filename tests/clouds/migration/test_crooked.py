# SPDX-License-Identifier: Apache-2.0
"""Each situation of the crooked tenant is told by the plan, before anything happens.

``testbed seed --crooked`` makes them; ``make demo`` carries out what is left of it.
"""

from __future__ import annotations

import json

from pumphouse import exceptions
from tests.clouds.migration.tenant import Tenant, TenantTestCase

PREFIX = "askew"
OWN = f"{PREFIX}-crooked"
# (type, name) -> what its reason says
BLOCKED = {
    ("role", f"{OWN}-Operator"): "counts .* as the same name",
    ("role", f"{OWN}-auditor"): "that differs",
    ("keypair", f"team of {OWN}-keys"): "that differs",
    ("image", f"{OWN}-misnamed"): "disk_format is qcow2, but its data is not",
    ("network", "padded "): "takes no name like",
    ("network", "two\nlines"): "takes no name like",
    ("subnet", f"{OWN}-corporate"): "overlaps 10.182.0.0/16",
    ("port", "vrrp"): "refuses multicast",
    ("server", "on-shared-network"): "would not be shared with project",
    ("server", "of-grown-image"): "needs 10 GiB of disk",
    ("server", "of-hidden-image"): "does not see its image",
    ("server", "locked"): "server unlock",
    ("server", "paused"): "server unpause",
    ("server", "suspended"): "server resume",
    ("server", "shelved"): "server unshelve",
    ("server", "rescued"): "server unrescue",
    ("server", "resized"): "resize",
}
CREATED = (
    *(("port", name) for name in ("network:vip", "k8s:metallb", "baremetal:none")),
    ("router", "edge"),
    ("project", f"{OWN}-pool"),
    ("server", "tagged"),
    ("server", "pooled-address"),
)
NOTED = (
    r"floating-ip .*-crooked-pool's and comes along",
    r"router edge: .*-crooked-operators's and comes along",
    r"network shared-by-policy: it is no longer shared with project",
    r"security-group corporate: it is no longer shared with project",
    r"no access is left to .*-crooked-grouped .*-crooked-inherited",
    r"-crooked-reader: its roles? on (the whole system|domain)",
    r"1 EC2 key and 1 TOTP secret",
    r"1 application credential",
    r"-crooked-snapshot: does not keep instance_uuid",
    r"ids change of flavors",
    r"1 volume snapshot of project .* stays",
    r"asks for aggregate_instance_extra_specs:ssd=true",
)


class CrookedTenant(Tenant):
    """The one that ``testbed seed --crooked`` makes."""

    def _seed(self, servers: int, seed: int) -> None:
        self.testbed("seed", "--crooked", "--seed", str(seed))
        self.credentials = {}
        self.project = f"{self.prefix}-crooked"


class TestCrooked(TenantTestCase):
    prefix = PREFIX
    kind = CrookedTenant

    def test_each_situation_is_told(self):
        ended = self.tenant.pumphouse("plan", "project", OWN, "-f", "json")
        self.assertEqual(exceptions.EXIT_BLOCKED, ended.code, ended)
        rows = {(row["Type"], row["Name"]): row for row in json.loads(ended.out)}
        for what, said in BLOCKED.items():
            self.assertEqual("blocked", rows[what]["Action"], what)
            self.assertRegex(rows[what]["Reason"], said)
        for what in CREATED:
            self.assertEqual("create", rows[what]["Action"], what)
        for said in NOTED:
            self.assertRegex(ended.err, said)
