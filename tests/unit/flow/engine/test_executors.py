# SPDX-License-Identifier: Apache-2.0
"""Pools by name; green threads where their extra is installed."""

from __future__ import annotations

import subprocess
import sys
from concurrent import futures
from pathlib import Path
from unittest import mock

import testtools

from pumphouse import exceptions
from pumphouse.flow.engine import executors
from tests.unit.flow.engine import base

ROOT = Path(__file__).parents[4]


class MakeExecutorTest(testtools.TestCase):  # type: ignore[misc]
    def test_threaded(self) -> None:
        """A pool of named threads."""
        with executors.make_executor("threaded", 3) as pool:
            self.assertIsInstance(pool, futures.ThreadPoolExecutor)

    def test_unknown(self) -> None:
        """One line that says what there is."""
        error = self.assertRaises(
            exceptions.InputError, executors.make_executor, "processes", 3
        )
        self.assertIn("threaded, greenthreaded", str(error))

    def test_green_without_eventlet(self) -> None:
        """One line that says what to install."""
        with mock.patch.dict(sys.modules, {"eventlet": None}):
            error = self.assertRaises(
                exceptions.InputError, executors.make_executor, "greenthreaded", 3
            )
        self.assertIn("pumphouse[eventlet]", str(error))


GREEN = """
import eventlet, uuid
from pumphouse import exceptions
from pumphouse.flow import engine as engines
from tests.unit.flow.engine import base

inside, most = [0], [0]

def work():
    inside[0] += 1
    most[0] = max(most[0], inside[0])
    eventlet.sleep(0.001)
    inside[0] -= 1

class Case(base.EngineTestCase):
    def test(self):
        flow = base.workloads(self.log, 10)
        for number in range(10):
            for step in "abc":
                self.log.actions[f"w{number}:{step}"] = work
        self.log.actions["w2:b"] = base.fail(exceptions.Conflict("busy"))
        pool = engines.make_executor("greenthreaded", 4)
        result = self.load(flow, executor=pool).run()
        self.assertEqual({"SUCCESS": 28, "FAILURE": 1, "PENDING": 1}, result.counts)
        self.assertEqual(4, most[0])
        self.log.clear()
        engine = self.load(base.workloads(self.log, 10), executor=pool)
        engine.suspend()
        self.assertTrue(engine.run().suspended)
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(["w2:b", "w2:c"], self.log.executed)

import unittest
unittest.main(argv=["green", "Case"])
"""


class GreenThreadsTest(base.EngineTestCase):
    def test_a_flow_runs_on_green_threads(self) -> None:
        """In a process of its own: importing eventlet changes the one it is in."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", GREEN],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr)
