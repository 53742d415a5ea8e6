# SPDX-License-Identifier: Apache-2.0
"""Types that packages bring: found by name, and refused where two have one."""

from __future__ import annotations

from unittest import mock

import testtools

from pumphouse import exceptions
from pumphouse.resources import registry
from tests.unit.resources.things import THING


class Plugin:
    """What stevedore makes of an entry point."""

    def __init__(self, name, obj):
        self.name, self.obj = name, obj


class TestResourceTypes(testtools.TestCase):
    def found(self, *plugins):
        with mock.patch.object(
            registry.extension, "ExtensionManager", return_value=plugins
        ):
            return registry.resource_types.__wrapped__()

    def test_by_name(self):
        self.assertEqual({"thing": THING}, self.found(Plugin("thing", THING)))

    def test_another_name_than_the_entry_point_is_refused(self):
        error = self.assertRaises(
            exceptions.InputError, self.found, Plugin("nothing", THING)
        )
        self.assertIn("'nothing'", str(error))

    def test_two_of_one_name_are_refused_and_both_are_told(self):
        other = type("Other", (), {"name": "thing"})()
        plugins = Plugin("thing", THING), Plugin("thing", other)
        error = self.assertRaises(exceptions.InputError, self.found, *plugins)
        self.assertIn("tests.unit.resources.things:Thing", str(error))
        self.assertIn(":Other", str(error))
        self.assertIn("Uninstall", str(error))
