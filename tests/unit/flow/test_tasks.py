# SPDX-License-Identifier: Apache-2.0
"""One step as a task: what is recorded of it, and what comes out of it."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.flow.engine import Again, Patience
from pumphouse.flow.engine import Task as EngineTask
from pumphouse.flow.tasks import StepTask
from pumphouse.models import Ref, Resource

SERVER = Resource(Ref("server", "s1"), "web", {}, "p1")


class Recorder:
    def __init__(self) -> None:
        self.said: list[Any] = []

    def started(self, ref: Ref, step: str) -> None:
        self.said.append(("started", step))

    def done(self, ref: Ref, step: str, details: Any, *, last: bool) -> None:
        self.said.append(("done", step, details, last))

    def failed(self, ref: Ref, step: str, error: Exception) -> None:
        self.said.append(("failed", step, str(error)))

    def again(self, ref: Ref, step: str, error: Exception, seconds: float) -> None:
        self.said.append(("again", step, str(error), seconds))

    def interrupted(self, ref: Ref, step: str) -> None:
        self.said.append(("interrupted", step))


class Context:
    stopping = False
    bound: Any = None

    def binding(self, ref: Ref) -> Any:
        return self.bound

    def checkpoint(self) -> None:
        if self.stopping:
            raise exceptions.Suspended("stopped")


class TestStep(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.recorder, self.context = Recorder(), Context()

    def task(self, function: Any) -> StepTask:
        return StepTask("ensure", function, SERVER, self.context, self.recorder)  # type: ignore[arg-type]

    def failing(self, error: Exception) -> StepTask:
        def step(ctx: Any, resource: Resource) -> None:
            raise error

        return self.task(step)

    def test_is_cheap_to_make(self):
        """20,000 of them are made to begin with: see the engine's class."""
        self.assertIsInstance(self.task(lambda c, r: None), EngineTask)

    def test_its_name_is_its_identity(self):
        self.assertEqual("server:s1:ensure", self.task(lambda c, r: None).name)

    def test_its_result_is_what_the_step_returned(self):
        self.assertEqual({"id": "S"}, self.task(lambda c, r: {"id": "S"}).execute())
        self.assertEqual({}, self.task(lambda c, r: None).execute())

    def test_beginning_and_end_are_recorded(self):
        task = self.task(lambda c, r: {"id": "S"})
        task.last = True
        task.execute()
        self.assertEqual(
            [("started", "ensure"), ("done", "ensure", {"id": "S"}, True)],
            self.recorder.said,
        )

    def test_an_error_gets_the_resources_name_unless_it_has_one(self):
        for error, said in (
            (exceptions.QuotaExceeded("no room"), "server web: no room"),
            (exceptions.WrongState("off", resource="port x"), "port x: off"),
            # Which cloud said so stays, since both have a server web.
            (exceptions.Conflict("busy", resource="new"), "server web (new): busy"),
        ):
            self.assertRaises(type(error), self.failing(error).execute)
            self.assertEqual(("failed", "ensure", said), self.recorder.said[-1])

    def test_a_bug_becomes_an_error_without_what_it_said(self):
        task = self.failing(ValueError("password=hunter2"))
        error = self.assertRaises(exceptions.ResourceError, task.execute)
        self.assertIn("unexpected ValueError in step ensure", str(error))
        self.assertNotIn("hunter2", str(error))
        self.assertTrue(error.__suppress_context__)

    def test_a_stop_is_no_failure(self):
        task = self.failing(exceptions.Suspended("stopped"))
        self.assertRaises(exceptions.Suspended, task.execute)
        self.assertEqual(("interrupted", "ensure"), self.recorder.said[-1])

    # -- again ---------------------------------------------------------------
    def lost(self, steps: Any = (), **patience: Any) -> StepTask:
        """A step whose requests never arrive, tried twice at most."""
        task = self.failing(exceptions.Unreachable("nobody there"))
        task._patience = Patience(**{"attempts": 2, "delay": 4.0, **patience})
        task.steps = steps
        return task

    def test_what_may_go_away_by_itself_runs_again_after_a_pause(self):
        task = self.lost(jitter=lambda: 0.0)
        error = self.assertRaises(exceptions.Unreachable, task.execute)
        self.assertEqual(Again(4.0, (task.name,)), task.again(error))
        said = ("again", "ensure", "server web: nobody there", 4.0)
        self.assertEqual(said, self.recorder.said[-1])

    def test_the_last_attempt_fails(self):
        task = self.lost()
        self.assertRaises(exceptions.Unreachable, task.execute)
        error = self.assertRaises(exceptions.Unreachable, task.execute)
        self.assertIsNone(task.again(error))
        self.assertEqual("failed", self.recorder.said[-1][0])

    def test_a_permanent_error_fails_at_once(self):
        task = self.failing(exceptions.Forbidden("no"))
        task._patience = Patience(attempts=9)
        error = self.assertRaises(exceptions.Forbidden, task.execute)
        self.assertIsNone(task.again(error))
        self.assertEqual("failed", self.recorder.said[-1][0])

    def test_while_stopping_nothing_runs_again(self):
        task = self.lost()

        def stop(ctx: Any, resource: Resource) -> None:
            self.context.stopping = True
            raise exceptions.Unreachable("nobody there")

        task._function = stop
        error = self.assertRaises(exceptions.Unreachable, task.execute)
        self.assertIsNone(task.again(error))

    def test_what_was_put_back_begins_with_its_first_step(self):
        task = self.lost(steps=["server:s1:suspend", "server:s1:ensure"])
        error = self.assertRaises(exceptions.Unreachable, task.execute)
        again = task.again(error)
        self.assertEqual(("server:s1:suspend", "server:s1:ensure"), again.atoms)

    def test_what_stands_goes_on_where_it_was(self):
        self.context.bound = object()
        task = self.lost(steps=["server:s1:suspend", "server:s1:ensure"])
        error = self.assertRaises(exceptions.Unreachable, task.execute)
        self.assertEqual((task.name,), task.again(error).atoms)

    def test_when_stopping_nothing_begins(self):
        self.context.stopping = True
        task = self.task(lambda c, r: self.fail("it began"))
        self.assertRaises(exceptions.Suspended, task.execute)
        self.assertEqual([], self.recorder.said)
