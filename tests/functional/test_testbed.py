# SPDX-License-Identifier: Apache-2.0
"""``testbed up --simulated`` as a person uses it: up, seed, status, down."""

from __future__ import annotations

import os
import pathlib
import random
import socket
import subprocess
import sys

import fixtures
import testtools

from testbed.openstack.processes import Processes, identity


def first_port() -> int:
    """A first port of which the simulated clouds' two are free."""
    while True:
        port = random.randrange(30_000, 60_000)
        try:
            for offset in (1, 101):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + offset))
        except OSError:
            continue
        return port


class TestSimulated(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(self.useFixture(fixtures.TempDir()).path) / "home"
        self.env = {
            **os.environ,
            "TESTBED_HOME": str(self.home),
            "TESTBED_PORT": str(first_port()),
        }
        self.env.pop("OS_CLIENT_CONFIG_FILE", None)
        self.addCleanup(self.command, "down")

    def command(self, *arguments, status=0):
        done = subprocess.run(
            [sys.executable, "-m", "testbed", *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = done.stdout + done.stderr
        self.assertEqual(status, done.returncode, said)
        return said

    def test_up_and_down(self):
        """Two processes, credentials that nobody else can read, nothing left over."""
        said = self.command("up", "--simulated", "--computes", "5")
        clouds_yaml = self.home / "run" / "clouds.yaml"
        self.assertIn(str(clouds_yaml), said)
        self.assertEqual(0o600, clouds_yaml.stat().st_mode & 0o777)
        self.assertIn("already up", self.command("up", "--simulated"))
        self.assertIn("down` first", self.command("up", status=1))
        self.assertIn("simulated zed", self.command("status"))
        self.assertIn("seeded source", self.command("seed", "--image-size", "1"))
        running = Processes(self.home / "run" / "pids").running()
        self.assertEqual({"source", "destination"}, set(running))
        self.command("down")
        for pid in running.values():
            self.assertIsNone(identity(pid))
        self.assertFalse((self.home / "run").exists())
        self.command("status", status=3)

    def test_a_port_that_is_taken(self):
        """One line that says so; nothing is left running."""
        with socket.socket() as other:
            other.bind(("127.0.0.1", int(self.env["TESTBED_PORT"]) + 101))
            other.listen()
            said = self.command("up", "--simulated", status=1)
        self.assertIn("is in use", said)
        self.assertEqual({}, Processes(self.home / "run" / "pids").running())
