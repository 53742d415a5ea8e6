# SPDX-License-Identifier: Apache-2.0
"""Every registered resource type keeps to the rules of ``conformance``."""

from __future__ import annotations

import pathlib
import re

import testtools

import pumphouse
from pumphouse.resources import registry
from tests.unit.resources.conformance import Rules

for _name, _kind in registry.resource_types().items():
    _class = "Test" + _name.title().replace("-", "")
    globals()[_class] = type(
        _class, (Rules, testtools.TestCase), {"kind": _kind, "__module__": __name__}
    )


class TestRegistry(testtools.TestCase):
    def test_every_type_the_package_declares_is_registered(self):
        setup = pathlib.Path(pumphouse.__file__).parents[1] / "setup.cfg"
        section = setup.read_text().split("pumphouse.resource_types =")[1]
        declared = re.findall(r"^    ([a-z-]+) = ", section.split("\n\n")[0], re.M)
        self.assertEqual(sorted(declared), sorted(registry.resource_types()))
