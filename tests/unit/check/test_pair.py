# SPDX-License-Identifier: Apache-2.0
"""Two clouds beside each other."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.check import pair
from pumphouse.check.findings import State
from pumphouse.resources.registry import resource_types
from tests.unit.check.clouds import ToyCloud
from tests.unit.resources.fakes import FakeCloud


class PairTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.source, self.destination = ToyCloud("source"), ToyCloud("destination")
        self.types = resource_types()
        self.mappings: dict[str, dict[str, str]] = {}

    def faults(self) -> list[tuple[str, str, str]]:
        clouds: Any = self.source, self.destination
        return [
            (f.state.value, f.check, f.text)
            for f in pair.look(*clouds, self.types, self.mappings)
            if f.state is not State.OK
        ]

    def fault(self, state: str, check: str) -> str:
        ((*which, text),) = self.faults()
        self.assertEqual([state, check], which)
        return text

    def test_two_clouds(self) -> None:
        self.assertEqual([], self.faults())

    def test_one_cloud(self) -> None:
        self.destination.name = "source"
        self.assertIn("are one cloud", self.fault("error", "two-clouds"))

    def test_one_keystone(self) -> None:
        self.destination.user_id = self.source.user_id
        self.destination.project_id = self.source.project_id
        self.assertIn("have one Keystone", self.fault("warning", "two-clouds"))

    def test_an_extension_that_only_the_source_has(self) -> None:
        """Told with what is lost for it; but not what neither has, or nobody uses."""
        self.source.aliases = frozenset({"stateful-security-group", "unused"})
        said = self.fault("warning", "extensions")
        self.assertIn("stateful-security-group", said)
        self.assertIn("stateful of security-group cannot be carried", said)
        self.destination.aliases = self.source.aliases - {"unused"}
        self.assertEqual([], self.faults())

    def test_extensions_that_cannot_be_read(self) -> None:
        """That network fails is told elsewhere."""
        error = exceptions.ServiceError("the network service failed")

        def fails() -> frozenset[str]:
            raise error

        self.destination.extensions = fails  # type: ignore[method-assign]
        self.fault("not looked at", "extensions")

    def test_a_service_that_only_the_source_has(self) -> None:
        """Of those that a type is about."""

        class Volume(type(self.types["image"])):  # type: ignore[misc]
            name, service = "volume", "block-storage"

        self.types = {**self.types, "volume": Volume()}
        self.source.there |= {"block-storage"}
        said = self.fault("warning", "services")
        self.assertIn("no service block-storage", said)
        self.assertIn("volume cannot be moved", said)


class MappingsTest(testtools.TestCase):
    def told(self, **mapped: str) -> list[tuple[str, str]]:
        """State and text of each finding."""
        clouds: list[Any] = [FakeCloud(), FakeCloud()]
        for cloud, name in zip(clouds, ("old", "new"), strict=True):
            cloud.on("GET", "/projects", [{"id": f"id-{name}", "name": name}])
        types = resource_types()
        found = pair._mappings({"project": mapped}, types, *clouds)
        return [(f.state.value, f.text) for f in found]

    def test_both_are_there(self) -> None:
        self.assertEqual(["ok"], [s for s, _ in self.told(**{"old": "id-new"})])

    def test_what_the_destination_does_not_have(self) -> None:
        ((state, text),) = self.told(old="nwe")
        self.assertEqual("error", state)
        self.assertIn("mapping of project 'old' to 'nwe': nothing on the dest", text)
        self.assertIn("did you mean 'new'?", text)

    def test_what_the_source_does_not_have(self) -> None:
        ((state, text),) = self.told(odl="new")
        self.assertEqual("warning", state)
        self.assertIn("did you mean 'old'?", text)

    def test_what_neither_has(self) -> None:
        """Has no effect, so it blocks nothing."""
        self.assertEqual(["warning"], [s for s, _ in self.told(odl="nwe")])
