# SPDX-License-Identifier: Apache-2.0
"""The program itself: stopped by a signal, and on green threads."""

from __future__ import annotations

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

from pumphouse import exceptions
from pumphouse.plan.document import Plan
from pumphouse.store.rows import NodeState, RunState
from tests.functional import program
from tests.functional.base import FunctionalTestCase
from tests.functional.world import PROJECT

MIGRATE = ("migrate", "project", PROJECT, "--yes")
PATIENCE = 60  # seconds; never waited for unless the test fails


class TestStopped(FunctionalTestCase):
    def hit(self, rule: Any) -> None:
        """Returns when the first request has met *rule*."""
        pause = threading.Event()
        for _ in range(PATIENCE * 100):
            if rule.hit:
                return
            pause.wait(0.01)
        self.fail("no request came")

    def test_by_a_signal_while_a_cloud_does_not_answer(self):
        """It ends in its time, says what was under way, and goes on later."""
        rule = self.fault(
            self.destination, "hang", method="POST", path="/servers$", times=1
        )
        conf = "[engine]\nstop_timeout = 0.2\n"
        process = program.start(self.world, self.directory, *MIGRATE, conf=conf)
        self.addCleanup(process.kill)
        self.hit(rule)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(exceptions.EXIT_SUSPENDED, process.returncode, said)
        self.assertIn("still under way when its time was up: server:", said)
        self.assertIn("'pumphouse resume", said)
        store = self.world.store
        run = store.run("")
        self.assertEqual(RunState.SUSPENDED, run.state)
        states = [n.state for n in store.nodes(run.id) if n.step == "create"]
        self.assertIn(NodeState.RUNNING, states)
        self.heal()
        plan = Plan.loads(store.plan(run.plan_id).document)
        self.assert_migrated(plan, self.world.resume(run))


class TestWho(FunctionalTestCase):
    def test_user_and_host_are_kept_and_told(self):
        """Of the plan, the run and what was done with it, whatever $USER says."""
        me = f"{pwd.getpwuid(os.geteuid()).pw_name}@{socket.gethostname()}"

        def told(*words: str) -> Any:
            ended = subprocess.run(
                [sys.executable, "-c", program.MAIN, *words],
                env={**program.environment(self.world, self.directory), "USER": "eve"},
                capture_output=True,
                text=True,
            )
            self.assertEqual(exceptions.EXIT_OK, ended.returncode, ended.stderr)
            return ended

        told(*MIGRATE)
        (plan,) = json.loads(told("plan", "list", "-f", "json").stdout)
        self.assertEqual(me, plan["Planned By"])
        (run,) = json.loads(told("run", "list", "-f", "json").stdout)
        who = [run[f"{what} By"] for what in ("Applied", "Approved")]
        self.assertEqual([me, me, "--yes"], [*who, run["Approved With"]])
        told("rollback", run["ID"], "--yes")
        said = told("run", "show", run["ID"]).stderr
        self.assertIn(f"approved by {me} (--yes)", said)
        self.assertIn(f"rollback begun by {me}, ", said)


class TestNobodyListens(FunctionalTestCase):
    def test_a_run_whose_output_is_lost_is_done_all_the_same(self):
        """Its report meets a full disk, its progress a stream that was closed."""
        line = '"$0" -c "$1" "${@:2}" > /dev/full 2>&-'
        ended = subprocess.run(
            ["bash", "-c", line, sys.executable, program.MAIN, *MIGRATE],
            env=program.environment(self.world, self.directory),
        )
        self.assertEqual(exceptions.EXIT_OK, ended.returncode)
        run = self.world.store.run("")
        plan = Plan.loads(self.world.store.plan(run.plan_id).document)
        self.assert_migrated(plan, run)


class TestGreenThreads(FunctionalTestCase):
    def test_a_whole_project(self):
        """``executor = greenthreaded``: everything arrives and is equal."""
        conf = "[engine]\nexecutor = greenthreaded\n"
        process = program.start(self.world, self.directory, *MIGRATE, conf=conf)
        self.addCleanup(process.kill)
        said, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(exceptions.EXIT_OK, process.returncode, said)
        self.assertNotIn("deprecated", said)
        run = self.world.store.run("")
        plan = Plan.loads(self.world.store.plan(run.plan_id).document)
        self.assert_migrated(plan, run)
