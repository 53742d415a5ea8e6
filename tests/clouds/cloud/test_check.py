# SPDX-License-Identifier: Apache-2.0
"""``pumphouse check`` on both releases: all well, and each thing that is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import fixtures
import yaml

from pumphouse import exceptions
from tests.clouds.cloud.base import SIDES, CloudsTestCase, database_url
from tests.functional.program import MAIN


class TestCheck(CloudsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        text = Path(os.environ["OS_CLIENT_CONFIG_FILE"]).read_text()
        self.entries = yaml.safe_load(text)["clouds"]
        self.sides: dict[str, Any] = {side: {"cloud": side} for side in SIDES}
        for side in SIDES:
            if url := database_url(side):
                self.sides[side]["identity_database"] = url

    def check(self) -> tuple[int, list[dict[str, str]]]:
        """Its exit code, and what is not well but for what is never looked at."""
        clouds, migration = self.folder / "clouds.yaml", self.folder / "migration.yaml"
        clouds.write_text(yaml.safe_dump({"clouds": self.entries}))
        migration.write_text(yaml.safe_dump(self.sides))
        ended = subprocess.run(
            [sys.executable, "-c", MAIN, "-m", str(migration), "check", "-f", "json"],
            env={
                **os.environ,
                "OS_CLIENT_CONFIG_FILE": str(clouds),
                "PUMPHOUSE_DATABASE": f"sqlite:///{self.folder}/pumphouse.db",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        rows = json.loads(ended.stdout)
        left = [r for r in rows if r["State"] != "ok" and r["Check"] != "writing"]
        for side in SIDES:
            self.assertNotIn(self.entries[side]["auth"]["password"], ended.stdout)
        return ended.returncode, left

    def errors(self) -> dict[tuple[str, str], str]:
        """Place and check -> text of all errors, of which there are some."""
        code, rows = self.check()
        self.assertEqual(exceptions.EXIT_NOT_READY, code)
        return {
            (r["Where"], r["Check"]): r["Finding"]
            for r in rows
            if r["State"] == "error"
        }

    def test_all_is_well(self) -> None:
        self.assertEqual((exceptions.EXIT_OK, []), self.check())

    def test_a_wrong_password(self) -> None:
        self.entries["source"]["auth"]["password"] = "canary-Xq7-nobodys"
        self.assertEqual([("source", "token")], [*self.errors()])

    def test_a_wrong_region(self) -> None:
        self.entries["destination"]["region_name"] = "Nowhere"
        errors = self.errors()
        self.assertEqual([("destination", "token")], [*errors])
        self.assertIn("there are: RegionOne", errors["destination", "token"])

    def test_identity_databases_of_each_other(self) -> None:
        urls = [database_url(side) for side in SIDES]
        for side, url in zip(SIDES, reversed(urls), strict=True):
            self.sides[side]["identity_database"] = url
        wanted = {(side, "identity-database") for side in SIDES}
        self.assertEqual(wanted, {*self.errors()})

    def test_one_cloud(self) -> None:
        self.entries["destination"] = self.entries["source"]
        self.assertIn(("both clouds", "two-clouds"), self.errors())

    def test_a_user_who_is_only_a_member(self) -> None:
        """Each service says what is refused; what is left out silently is told."""
        for side in SIDES:
            with self.subTest(side):
                self.a_member(side)

    def a_member(self, side: str) -> None:
        cloud = self.connect(side)
        project, user = self.project(cloud), self.user(cloud, password="Check-me-1")
        (role,) = cloud.list("identity", "/roles", "roles", {"name": "member"})
        grant = f"/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
        cloud.put("identity", grant, None)
        before = self.entries[side]
        auth = {
            **before["auth"],
            "username": user["name"],
            "password": "Check-me-1",
            "project_name": project["name"],
        }
        self.entries[side] = {**before, "auth": auth}
        try:
            code, rows = self.check()
        finally:
            self.entries[side] = before
        self.assertEqual(exceptions.EXIT_NOT_READY, code)
        errors = {r["Check"] for r in rows if r["State"] == "error"}
        self.assertEqual(set(), {"identity", "compute", "network"} - errors)
        self.assertEqual({side}, {r["Where"] for r in rows})
        warned = [r["Check"] for r in rows if r["State"] == "warning"]
        self.assertIn("role", warned)
