# SPDX-License-Identifier: Apache-2.0
"""The plug-in that the how-to guide shows is a good resource type."""

from __future__ import annotations

import importlib.util
import sys
import tomllib

import testtools

from pumphouse.conf.migration import Options
from pumphouse.models import Ref
from tests.unit.doc.pages import SOURCE
from tests.unit.resources.conformance import Rules
from tests.unit.resources.fakes import FakeCloud, FakeContext

EXAMPLE = SOURCE / "howto" / "plugin-example"
GROUP = {
    "id": "g1",
    "name": "partners",
    "project_id": "p1",
    "tenant_id": "p1",
    "addresses": ["192.0.2.0/24", "198.51.100.7/32"],
    "description": "partner offices",
}


def _kind():
    path = EXAMPLE / "pumphouse_address_group.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.AddressGroup()


class TestAddressGroup(Rules, testtools.TestCase):
    kind = _kind()

    def test_package_registers_it(self):
        package = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())
        points = package["project"]["entry-points"]["pumphouse.resource_types"]
        self.assertEqual(
            {self.kind.name: "pumphouse_address_group:AddressGroup"}, points
        )

    def test_all_that_neutron_says_is_declared(self):
        self.assertEqual(set(), self.kind.undeclared(GROUP))

    def test_another_order_of_addresses_is_no_difference(self):
        one = self.kind.resource(GROUP)
        other = self.kind.resource({**GROUP, "addresses": GROUP["addresses"][::-1]})
        different = self.kind.compare(one, other, lambda ref: ref.id, Options())
        self.assertEqual((), different)

    def test_it_is_made_once(self):
        cloud = FakeCloud().on("POST", "/address-groups", {"id": "G1"})
        ctx = FakeContext(destination=cloud, bound={Ref("project", "p1"): "P1"})
        resource = self.kind.resource(GROUP)
        for _ in range(2):
            self.assertEqual({"id": "G1"}, self.kind.ensure(ctx, resource))
        (call,) = cloud.calls
        self.assertEqual(
            {
                "name": "partners",
                "project_id": "P1",
                "addresses": GROUP["addresses"],
                "description": "partner offices",
            },
            call.body["address_group"],
        )
