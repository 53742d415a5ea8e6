# SPDX-License-Identifier: Apache-2.0
"""``pumphouse check`` as a process of its own, on the simulated clouds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import Any

from pumphouse import exceptions
from tests.functional import program
from tests.functional.base import FunctionalTestCase


class TestCheck(FunctionalTestCase):
    def check(self, **more: str) -> tuple[int, list[dict[str, Any]]]:
        """Its exit code, and what is not well."""
        environment = program.environment(self.world, self.directory)
        ended = subprocess.run(
            [sys.executable, "-c", program.MAIN, "check", "-f", "json"],
            env={**environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        rows = json.loads(ended.stdout)
        return ended.returncode, [row for row in rows if row["State"] != "ok"]

    def counts(self) -> dict[str, int]:
        """Requests of both clouds, by method."""
        found: dict[str, int] = {}
        for server in (self.source, self.destination):
            asked = server.run(lambda s=server: dict(s.cloud.log.counts))
            for (_, route, _), times in asked.items():
                method = str(route).partition(" ")[0]
                found[method] = found.get(method, 0) + times
        return found

    def test_all_is_well(self):
        """Few requests, of which only those for tokens are not GET; no database."""
        before = self.counts()
        new = self.directory / "new.db"
        code, faults = self.check(PUMPHOUSE_DATABASE=f"sqlite:///{new}")
        after = self.counts()
        self.assertEqual(exceptions.EXIT_OK, code, faults)
        self.assertEqual(
            {"warning": ["identity-database"], "not looked at": ["writing"]},
            {row["State"]: [row["Check"]] for row in faults},
        )
        self.assertFalse(new.exists())
        asked = {m: n - before.get(m, 0) for m, n in after.items()}
        asked = {method: times for method, times in asked.items() if times}
        self.assertEqual(2, asked.pop("POST"))
        self.assertEqual(["GET"], [*asked])
        self.assertGreaterEqual(35, asked["GET"])

    def test_ctrl_c_while_a_cloud_does_not_answer(self):
        """Ends it at once, whatever still waits."""
        rule = self.fault(self.source, "hang", path="/servers/detail")
        process = program.start(self.world, self.directory, "check")
        self.addCleanup(process.kill)
        pause = threading.Event()
        while not rule.hit and process.poll() is None:
            pause.wait(0.01)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=10)
        self.assertEqual(exceptions.EXIT_SUSPENDED, process.returncode, said)
        self.assertEqual("pumphouse: interrupted\n", said)

    def test_a_service_that_fails(self):
        """Is one line; all others are looked at."""
        self.fault(self.source, "answer", path="/v2/images", status=403)
        self.fault(self.destination, "answer", path="/os-services", status=503)
        code, faults = self.check()
        self.assertEqual(exceptions.EXIT_NOT_READY, code)
        errors = [(r["Where"], r["Check"]) for r in faults if r["State"] == "error"]
        self.assertEqual([("source", "image"), ("destination", "hosts")], errors)
