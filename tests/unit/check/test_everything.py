# SPDX-License-Identifier: Apache-2.0
"""All looks together: whatever is wrong with one thing, the others are looked at."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import fixtures
import testtools

from pumphouse import exceptions
from pumphouse.check.everything import check
from pumphouse.check.findings import Finding, State
from pumphouse.resources.registry import resource_types
from tests.unit.check.clouds import ToyCloud

GOOD = "source: {cloud: source}\ndestination: {cloud: destination}\n"


class EverythingTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.clouds = {n: ToyCloud(n, time.time()) for n in ("source", "destination")}

    def found(self, text: str = GOOD) -> list[Finding]:
        file = self.folder / "migration.yaml"
        file.write_text(text)
        database = f"sqlite:///{self.folder}/new.db"
        return check(str(file), resource_types(), self.connect, database, 1.0)

    def connect(self, side: str, where: Any) -> Any:
        if where.cloud not in self.clouds:
            raise exceptions.InputError(f"there is no cloud named {where.cloud}")
        return self.clouds[where.cloud]

    def told(self, text: str, state: State = State.ERROR) -> list[tuple[str, str]]:
        """Place and check of what has that state."""
        found = self.found(text)
        return [(f.place.value, f.check) for f in found if f.state is state]

    def test_good(self) -> None:
        """And no database is made by it."""
        self.assertEqual([], self.told(GOOD))
        self.assertEqual(["migration.yaml"], [p.name for p in self.folder.iterdir()])

    def test_the_worst_comes_first(self) -> None:
        self.clouds["source"].answers["image", "/images"] = exceptions.Forbidden("no")
        states = [[*State].index(f.state) for f in self.found()]
        self.assertEqual(sorted(states), states)
        self.assertEqual(0, states[0])

    def test_many_things_at_once(self) -> None:
        """Of the file, of an entry and of a cloud."""
        self.clouds["source"].refusal = exceptions.AuthenticationFailed("wrong")
        text = (
            "source: {cloud: source}\ndestination: {cloud: nowhere}\n"
            "mappings: {netwrk: {a: b}}\noptions: {lock_source: 7}\n"
        )
        files = ("files", "migration-file")
        wanted = [files, files, ("files", "clouds.yaml"), ("source", "token")]
        self.assertEqual(wanted, self.told(text))
        left = self.told(text, State.UNKNOWN)
        for each in (
            ("source", "services"),
            ("destination", "services"),
            ("both clouds", "two-clouds"),
        ):
            self.assertIn(each, left)

    def test_many_things_in_one_entry(self) -> None:
        """Each is told, although connecting ends with the first."""
        auth = {"auth_url": "http://x/v2.0"}
        entry = {"auth": auth, "verify": "perhaps", "cacert": "/no/such", "key": "k"}
        file = self.folder / "clouds.yaml"
        file.write_text(json.dumps({"clouds": {"bad": entry}}))
        self.useFixture(
            fixtures.EnvironmentVariable("OS_CLIENT_CONFIG_FILE", str(file))
        )
        found = self.found(GOOD.replace("cloud: source", "cloud: bad"))
        keys = [f.text for f in found if f.check == "clouds.yaml"][:4]
        for key, text in zip(
            ("auth.auth_url", "verify", "cacert", "key"), keys, strict=True
        ):
            self.assertIn(f"clouds.bad.{key}: ", text)

    def test_a_side_that_is_wrong(self) -> None:
        """The other is looked at."""
        text = "source: {cloud: source}\ndestination: {cloud: 7}\n"
        self.assertEqual([("files", "migration-file")], self.told(text))
        self.assertIn(("destination", "services"), self.told(text, State.UNKNOWN))
        self.assertIn(("source", "compute"), self.told(text, State.OK))

    def test_a_variable_that_is_not_set(self) -> None:
        """Both clouds are looked at, without that database."""
        text = (
            "source: {cloud: source, identity_database: '${NO_SUCH_VARIABLE}'}\n"
            "destination: {cloud: destination}\n"
        )
        self.assertEqual([("files", "migration-file")], self.told(text))
        self.assertIn(("source", "compute"), self.told(text, State.OK))

    def test_databases_of_neither(self) -> None:
        warned = self.told(GOOD, State.WARNING)
        self.assertEqual([("both clouds", "identity-database")], warned)

    def test_a_database_that_cannot_be_used(self) -> None:
        text = GOOD.replace(
            "cloud: source", "cloud: source, identity_database: 'oracle+x://u@h/n'"
        )
        self.assertEqual([("source", "identity-database")], self.told(text))
