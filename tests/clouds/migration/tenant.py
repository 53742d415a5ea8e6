# SPDX-License-Identifier: Apache-2.0
"""A seeded tenant on the source cloud, and ``pumphouse`` run on it as a program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import testtools
import yaml

from pumphouse.cloud.cloud import Cloud, connect
from pumphouse.resources.listing import PROJECT, where
from pumphouse.resources.registry import resource_types

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent


class Tenant:
    """One tenant that ``testbed seed`` made, with a database of Pumphouse's own.

    :param prefix: begins all names; tells the tenants of different tests apart
    """

    def __init__(self, prefix: str, *, servers: int, seed: int) -> None:
        self.prefix = prefix
        self._directory = tempfile.TemporaryDirectory()
        self.work = Path(self._directory.name)
        self.clouds_yaml = os.environ["OS_CLIENT_CONFIG_FILE"]
        self._reset()
        self._seed(servers, seed)
        self.database = self.work / "pumphouse.db"
        self.migration_file = self.write_migration()
        self.conf_file = self.work / "pumphouse.conf"
        self.conf_file.write_text("[engine]\ntake_over_wait = 1\n")  # quick clouds
        self.source = connect("source", "source")
        self.destination = connect("destination", "destination")

    def close(self) -> None:
        """Remove all of it from both clouds."""
        self.source.close()
        self.destination.close()
        self._reset()
        self._directory.cleanup()

    def _seed(self, servers: int, seed: int) -> None:
        credentials = self.work / "credentials.json"
        self.testbed(
            *("seed", "--servers", str(servers), "--seed", str(seed)),
            *("--image-size", "1", "--credentials", str(credentials)),
        )
        self.credentials = json.loads(credentials.read_text())
        self.project = next(iter(self.credentials.values()))["project"]

    def testbed(self, verb: str, *words: str) -> None:
        """Have the testbed do something about this tenant."""
        subprocess.run(
            [sys.executable, "-m", "testbed", verb, "--prefix", self.prefix, *words],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def _reset(self) -> None:
        self.testbed("reset")

    def write_migration(self, name: str = "migration.yaml", **more: Any) -> Path:
        """A migration file between the two clouds, with both Keystone databases."""
        about = json.loads(os.environ["TESTBED_ABOUT"])["clouds"]
        document = {
            side: {
                "cloud": side,
                "identity_database": about[side]["keystone_database"],
            }
            for side in ("source", "destination")
        }
        path = self.work / name
        path.write_text(yaml.safe_dump({**document, **more}))
        return path

    # -- the program ------------------------------------------------------
    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "OS_CLIENT_CONFIG_FILE": self.clouds_yaml,
            "PUMPHOUSE_MIGRATION": str(self.migration_file),
            "PUMPHOUSE_DATABASE": f"sqlite:///{self.database}",
            "PUMPHOUSE_CONF": str(self.conf_file),
            **more,
        }

    def pumphouse(self, *words: str, **environment: str) -> Ended:
        """Run the program to its end."""
        process = subprocess.run(
            [str(BIN / "pumphouse"), *words],
            env=self.environment(**environment),
            cwd=self.work,
            capture_output=True,
            text=True,
        )
        return Ended(process.returncode, process.stdout, process.stderr)

    def killed(self, *words: str, when: Callable[[str], bool]) -> bool:
        """Run the program and SIGKILL it at the first line of which *when* is true.

        :returns: whether it came to that; otherwise it has ended by itself
        """
        process = subprocess.Popen(
            [str(BIN / "pumphouse"), *words],
            env=self.environment(),
            cwd=self.work,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                if when(line):
                    os.kill(process.pid, signal.SIGKILL)
                    break
        return process.wait() == -signal.SIGKILL

    # -- what is on the clouds --------------------------------------------
    def servers(self, cloud: Cloud) -> dict[str, dict[str, Any]]:
        """The tenant's servers, by name."""
        found = cloud.list(
            "compute",
            "/servers/detail",
            "servers",
            params={"all_tenants": "1", "project_id": self.project_id(cloud)},
            microversion="2.90",
        )
        return {server["name"]: server for server in found}

    def project_id(self, cloud: Cloud) -> str:
        projects = cloud.list(
            "identity", "/projects", "projects", params={"name": self.project}
        )
        return str(projects[0]["id"])

    def counts(self, cloud: Cloud) -> Counter[str]:
        """How many there are of each type: the tenant's, and those named after it."""
        project = self.project_id(cloud)
        found: Counter[str] = Counter()
        for name, kind in resource_types().items():
            if not kind.owned():
                continue
            for resource in kind.list(cloud, where(PROJECT, [project])):
                found[name] += resource.project_id in ("", project)
        for name in ("user", "role", "flavor"):
            for resource in resource_types()[name].list(cloud):
                found[name] += resource.name.startswith(self.prefix)
        users = [
            r.ref.id
            for r in resource_types()["user"].list(cloud)
            if r.name.startswith(self.prefix)
        ]
        for user in users:
            found["keypair"] += len(
                cloud.list(
                    "compute",
                    "/os-keypairs",
                    "keypairs",
                    params={"user_id": user},
                    microversion="2.10",
                )
            )
        return found


class Ended:
    """How a run of the program ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def last(self) -> str:
        """The line in which it says why it failed."""
        return self.err.strip().splitlines()[-1] if self.err.strip() else ""

    def __repr__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class TenantTestCase(testtools.TestCase):
    """Tests that share one tenant, made when the first of them begins."""

    prefix = ""
    kind: type[Tenant] = Tenant
    servers = 3
    seed = 1
    tenant: Tenant

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if os.environ.get("TESTBED_ABOUT"):
            cls.tenant = cls.kind(cls.prefix, servers=cls.servers, seed=cls.seed)

    @classmethod
    def tearDownClass(cls) -> None:
        if os.environ.get("TESTBED_ABOUT"):
            cls.tenant.close()
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        if not os.environ.get("TESTBED_ABOUT"):
            self.skipTest("no testbed: TESTBED_ABOUT is not set")

    def assertEnds(self, code: int, ended: Ended, *pieces: str) -> None:
        """It ended with that code and one line that says all these things."""
        self.assertEqual(code, ended.code, ended)
        self.assertNotIn("Traceback", ended.err)
        for piece in pieces:
            self.assertIn(piece, ended.last if code else ended.out + ended.err)
