# SPDX-License-Identifier: Apache-2.0
"""Pumphouse is killed in the middle of a request, and goes on afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

from pumphouse.plan.document import Plan
from testbed.simulator.server import ServerThread
from tests.functional.base import FunctionalTestCase
from tests.functional.world import PROJECT

MIGRATION = """
source: {cloud: source}
destination: {cloud: destination}
"""


class TestKilled(FunctionalTestCase):
    def killed(self, server: ServerThread, *arguments: str, **when: object) -> None:
        """Pumphouse as a process, which SIGKILL ends at a request to *server*."""
        migration = self.directory / "migration.yaml"
        migration.write_text(textwrap.dedent(MIGRATION))
        conf = self.directory / "pumphouse.conf"
        conf.write_text("[engine]\ntake_over_wait = 0\n")
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; sys.stdin.read(); "
                "from pumphouse.cli.main import main; sys.exit(main(sys.argv[1:]))",
                *arguments,
            ],
            env={
                **os.environ,
                "OS_CLIENT_CONFIG_FILE": str(self.world.clouds_yaml),
                "PUMPHOUSE_MIGRATION": str(migration),
                "PUMPHOUSE_DATABASE": self.world.database,
                "PUMPHOUSE_CONF": str(conf),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        rule = self.fault(server, "kill", pid=process.pid, times=1, **when)
        said, _ = process.communicate(b"", timeout=60)  # it begins when it reads this
        self.assertEqual((1, -signal.SIGKILL), (rule.hit, process.returncode), said)
        self.heal()

    def goes_on(self) -> None:
        """Resumes here, and finds everything as after a run on a good day."""
        run = self.world.store.run("")
        plan = Plan.loads(self.world.store.plan(run.plan_id).document)
        self.assert_migrated(plan, self.world.resume(run))

    def test_while_it_makes_things(self):
        """Before a port is made; then again, after a server was."""
        command = ("migrate", "project", PROJECT, "--yes")
        self.killed(self.destination, *command, method="POST", path="/ports$", skip=2)
        where = {"method": "POST", "path": "/servers$", "skip": 1}
        self.killed(self.destination, "resume", **where, after=True)
        self.goes_on()

    def test_while_it_moves_servers(self):
        """After a source was suspended; then when one is shut off."""
        command = ("migrate", "project", PROJECT, "--yes")
        actions = {"method": "POST", "path": "/action$"}
        self.killed(
            self.source, *command, **actions, body="suspend", after=True, skip=1
        )
        self.killed(self.source, "resume", **actions, body="os-stop", after=True)
        self.goes_on()

    def test_while_data_goes_up(self):
        """And when Pumphouse acts as a server's owner."""
        command = ("migrate", "project", PROJECT, "--yes")
        self.killed(self.destination, *command, method="PUT", path="/file$")
        self.killed(self.destination, "resume", method="POST", path="/ec2tokens$")
        self.goes_on()
