# SPDX-License-Identifier: Apache-2.0
"""A process is killed in the middle of a run; another one goes on."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from concurrent import futures
from pathlib import Path

from pumphouse.flow import engine as engines
from pumphouse.store import connect
from tests.unit.flow.engine import base

ROOT = Path(__file__).parents[4]


def child(url: str, book_id: str, flow_id: str) -> None:
    """Runs until its tasks block for ever, for the parent to kill it."""
    log = base.Log()
    forever = threading.Event()

    def block() -> None:
        forever.wait()

    log.actions["w2:b"] = base.fail(ValueError("no"))
    log.actions["w1:b"] = block
    log.actions["w3:b"] = block
    engines.load(
        base.workloads(log, 5, needs={4: [2]}),
        backend=engines.persistence(connect.make_engine(url, 5.0)),
        book_id=book_id,
        flow_id=flow_id,
        executor=futures.ThreadPoolExecutor(4),
    ).run()


class KilledTest(base.EngineTestCase):
    def kill_when(self, expected: dict[str, str]) -> None:
        """SIGKILL when the database shows these states."""
        url = f"sqlite:///{self.path}"
        code = f"from {__name__} import child; child(*__import__('sys').argv[1:])"
        process = subprocess.Popen(
            [sys.executable, "-c", code, url, self.book_id, self.flow_id],
            cwd=ROOT,
        )
        tick = threading.Event()
        try:
            for _ in range(6000):
                states = self.states()
                if {name: states.get(name) for name in expected} == expected:
                    return
                self.assertIsNone(process.poll(), "it ended of its own accord")
                tick.wait(0.01)
            self.fail(f"never reached: {self.states()}")
        finally:
            process.kill()
            process.wait(30)

    def test_running_and_failed_atoms(self) -> None:
        """Exactly what was RUNNING, what had FAILED, and what comes after them."""
        done = ["w0:a", "w0:b", "w0:c", "w1:a", "w2:a", "w3:a"]
        expected = dict.fromkeys(done, "SUCCESS")
        expected |= {"w1:b": "RUNNING", "w3:b": "RUNNING", "w2:b": "FAILURE"}
        self.kill_when({**expected, "w4:a": "PENDING"})
        engine = self.load(base.workloads(self.log, 5, needs={4: [2]}))
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(
            sorted(
                f"{workload}:{step}"
                for workload, steps in {
                    "w1": "bc",
                    "w2": "bc",
                    "w3": "bc",
                    "w4": "abc",
                }.items()
                for step in steps
            ),
            sorted(self.log.executed),
        )

    def test_flow_ids_do_not_mix(self) -> None:
        """A run with another id in the same database starts from the beginning."""
        self.load(base.workloads(self.log, 2)).run()
        self.flow_id = str(uuid.uuid4())
        self.log.clear()
        self.load(base.workloads(self.log, 2)).run()
        self.assertEqual(6, len(self.log.executed))
