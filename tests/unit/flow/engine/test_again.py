# SPDX-License-Identifier: Apache-2.0
"""A task that says so runs again after a pause; nothing is reverted for that."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from typing import Any

from taskflow import states as st
from taskflow.patterns import graph_flow, linear_flow

from pumphouse import exceptions
from pumphouse.flow import engine as engines
from pumphouse.flow.engine.retries import Again, Patience
from tests.unit.flow.engine import base


class Patient(engines.Task):
    """A step that does what its test's log says, and tries again if that may help."""

    def __init__(
        self, name: str, log: base.Log, patience: Patience, steps: Sequence[str] = ()
    ) -> None:
        super().__init__(name)
        self._log = log
        self._patience = patience
        self._attempt = 0
        self.steps = steps

    def execute(self) -> Any:
        self._attempt += 1
        return self._log.execute(self.name)

    def revert(self, **kwargs: Any) -> None:
        self._log.revert(self.name)

    def again(self, error: BaseException | None) -> Again | None:
        seconds = self._patience.after(error, self._attempt)
        if seconds is None:
            return None
        return Again(seconds, tuple(self.steps) or (self.name,))


def times(count: int, error: BaseException, then: Any = None) -> Callable[[], Any]:
    """An action that raises so often, and then works."""
    left = [error] * count

    def act() -> Any:
        if left:
            raise left.pop()
        return then

    return act


class AgainTest(base.EngineTestCase):
    def flow(
        self, count: int = 2, whole: bool = False, **patience: Any
    ) -> engines.GraphFlow:
        flow = engines.GraphFlow("again")
        for number in range(count):
            names = [f"w{number}:{step}" for step in "abc"]
            node = linear_flow.Flow(f"w{number}")
            for at, name in enumerate(names):
                how = Patience(**{"delay": 0.0, **patience})
                steps = names[: at + 1] if whole else ()
                node.add(Patient(name, self.log, how, steps))
            flow.add(node)
        return flow

    def test_only_what_failed_runs_again(self) -> None:
        """Twice a lost request, then it works: nothing else runs twice."""
        self.log.actions["w1:b"] = times(2, exceptions.Unreachable("no"))
        result = self.load(self.flow()).run()
        self.assertTrue(result.succeeded)
        self.assertEqual({}, result.failures)
        executed = ["w0:a", "w0:b", "w0:c", "w1:a", *["w1:b"] * 3, "w1:c"]
        self.assertEqual(executed, sorted(self.log.executed))
        self.assertEqual([], self.log.reverted)
        self.assertEqual({"SUCCESS"}, set(self.states().values()))

    def test_attempts_end(self) -> None:
        """Three, then it stays FAILURE; the next run has three again."""
        for _ in range(2):
            self.log.actions["w1:b"] = base.fail(exceptions.Unreachable("no"))
            self.log.executed.clear()
            result = self.load(self.flow()).run()
            self.assertEqual(st.FAILURE, result.state)
            self.assertEqual(["w1:b"], list(result.failures))
            self.assertEqual(3, self.log.executed.count("w1:b"))
        self.log.clear()
        self.assertTrue(self.load(self.flow()).run().succeeded)
        self.assertEqual(["w1:b", "w1:c"], self.log.executed)

    def test_permanent_errors_do_not(self) -> None:
        """A 403 is not tried again, nor is a bug."""
        for error in (exceptions.Forbidden("403"), KeyError("bug")):
            self.log.clear()
            self.log.actions["w1:b"] = base.fail(error)
            self.assertEqual(st.FAILURE, self.load(self.flow()).run().state)
            self.assertEqual(1, self.log.executed.count("w1:b"))

    def test_from_the_first_step_on(self) -> None:
        """All that the task names runs again, in order, and what follows waits."""
        self.log.actions["w1:b"] = times(1, exceptions.LostAnswer("?"))
        self.assertTrue(self.load(self.flow(whole=True), workers=1).run().succeeded)
        of_w1 = [name for name in self.log.executed if name.startswith("w1")]
        self.assertEqual(["w1:a", "w1:b", "w1:a", "w1:b", "w1:c"], of_w1)

    def test_dependents_wait(self) -> None:
        """What needs the node starts when it is done, once."""
        flow = self.flow(2)
        first, second = list(flow)
        flow.link(first, second)
        self.log.actions["w0:b"] = times(2, exceptions.LostAnswer("?"))
        self.assertTrue(self.load(flow).run().succeeded)
        executed = ["w0:a", *["w0:b"] * 3, "w0:c", "w1:a", "w1:b", "w1:c"]
        self.assertEqual(executed, self.log.executed)

    def test_in_a_flow_with_deciders(self) -> None:
        """Where TaskFlow itself chooses what is next."""
        how = Patience(delay=0.0)
        a, b = (Patient(name, self.log, how) for name in "ab")
        flow = graph_flow.Flow("f").add(a, b)
        flow.link(a, b, decider=lambda history: True)
        self.log.actions["a"] = times(2, exceptions.LostAnswer("?"))
        self.assertTrue(self.load(flow).run().succeeded)
        self.assertEqual(["a", "a", "a", "b"], self.log.executed)

    def test_a_pause_occupies_no_worker(self) -> None:
        """The only worker does the rest while one task waits for its next attempt."""
        waiting = threading.Event()
        engine = self.load(self.flow(3, delay=0.3, jitter=lambda: 0.0), workers=1)
        self.log.actions["w0:a"] = times(1, exceptions.LostAnswer("?"))
        self.log.actions["w2:c"] = waiting.set
        self.assertTrue(engine.run().succeeded)
        self.assertTrue(waiting.is_set())
        again = len(self.log.executed) - 1 - self.log.executed[::-1].index("w0:a")
        self.assertLess(self.log.executed.index("w2:c"), again)

    def test_a_stop_ends_a_pause(self) -> None:
        """An hour's pause is not waited for; the next run does what is left."""
        engine = self.load(self.flow(delay=3600.0, longest=3600.0), workers=1)
        self.log.actions["w0:a"] = base.fail(exceptions.LostAnswer("?"))
        self.log.actions["w1:c"] = engine.suspend
        self.assertTrue(engine.run().suspended)
        self.assertIn("w0:a", self.names_in("PENDING"))
        self.assertEqual([], self.names_in("RUNNING"))
        self.log.clear()
        self.assertTrue(engine.run().succeeded)
        self.assertEqual(["w0:a", "w0:b", "w0:c"], self.log.executed)

    def test_killed_in_a_pause(self) -> None:
        """What waits for its next attempt is pending in the database."""
        engine = self.load(self.flow(delay=3600.0, longest=3600.0), workers=1)
        self.log.actions["w0:a"] = base.fail(exceptions.LostAnswer("?"))

        running = engine.run_iter()
        for state in running:
            if state == st.WAITING and "w1:c" in self.log.executed:
                break
        engine.persistence.saves.flush()
        self.log.clear()
        other = engines.persistence(self.sql)
        self.addCleanup(other.close)
        again = self.load(self.flow(), backend=other)
        self.assertTrue(again.run().succeeded)
        self.assertEqual("w0:a", self.log.executed[0])
        self.assertNotIn("w1:a", self.log.executed)
        # It ends at once, although its pause goes on, and may save nothing.
        self.assertRaises(exceptions.RunBusy, running.close)
        del running
        gc.collect()


class PatienceTest(base.EngineTestCase):
    def test_pauses_grow_up_to_a_limit_and_differ(self) -> None:
        """2, 6, 18, ... 60 seconds, each up to a quarter shorter."""
        patience = Patience(attempts=9, jitter=lambda: 0.0)
        error = exceptions.ServiceError("503")
        pauses = [patience.after(error, attempt) for attempt in range(1, 10)]
        self.assertEqual([2.0, 6.0, 18.0, 54.0, 60.0, 60.0, 60.0, 60.0, None], pauses)
        self.assertEqual(1.5, Patience(jitter=lambda: 1.0).after(error, 1))

    def test_only_retryable_errors(self) -> None:
        """Of the tree of errors those that say so; of others none."""
        for error in (exceptions.Conflict("x"), ValueError("x"), None):
            self.assertIsNone(Patience().after(error, 1))
