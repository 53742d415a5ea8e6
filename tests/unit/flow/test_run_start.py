# SPDX-License-Identifier: Apache-2.0
"""A run of thousands starts quickly because it does no more than it has to."""

from __future__ import annotations

import subprocess
import sys
from unittest import mock

from pumphouse import exceptions
from pumphouse.flow import engine
from pumphouse.plan.document import Plan
from pumphouse.store.rows import NodeState, RunState
from tests.unit.flow.base import RunTestCase, raising


class TestStart(RunTestCase):
    def test_a_resumed_run_is_compiled_from_what_is_left(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "mill")
        run = self.run_plan(self.plan("house", "h1", "h2"))
        self.destination.before = lambda kind, body: None
        states = self.store.node_states(run.id).items()
        left = {str(ref) for ref, state in states if state is not NodeState.DONE}
        self.assertTrue({"house:h1", "person:p1"} <= left < set(map(str, dict(states))))
        with mock.patch.object(engine, "load", wraps=engine.load) as load:
            self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        names = {node.name for node in load.call_args.args[0]}
        self.assertEqual(left, names)

    def test_what_was_read_is_not_read_again(self):
        plan = self.plan("house", "inn")
        run = self.runner().start(plan)
        with mock.patch.object(Plan, "loads", side_effect=AssertionError):
            self.assertEqual(
                RunState.SUCCEEDED, self.runner().drive(run.id, plan).state
            )

    def test_nothing_is_loaded_that_it_does_not_need(self):
        """Alembic is for upgrades, eventlet for green threads."""
        code = "import sys, pumphouse.flow.runner; print(*sys.modules)"
        blocked = f"import sys; sys.modules['eventlet'] = None; {code}"
        loaded = subprocess.run(
            [sys.executable, "-c", blocked], capture_output=True, text=True, check=True
        ).stdout.split()
        self.assertIn("taskflow.engines", loaded)
        self.assertEqual([], [name for name in loaded if name.startswith("alembic")])
