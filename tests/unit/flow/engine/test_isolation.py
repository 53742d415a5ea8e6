# SPDX-License-Identifier: Apache-2.0
"""A failure stays where it happened, and the next run does just what is missing.

Five workloads of three steps, the second step of w2 fails; then a run without the
fault.  Each test is one way of building and running that.
"""

from __future__ import annotations

import threading
from typing import Any

from taskflow import engines as stock
from taskflow import retry as retries
from taskflow import states as st
from taskflow.patterns import unordered_flow

from pumphouse import exceptions
from pumphouse.flow import engine as engines
from pumphouse.flow.engine.retries import Backoff
from tests.unit.flow.engine import base


class KeepGoingTest(base.EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log.actions["w2:b"] = base.fail(ValueError("no"))

    def test_only_the_failed_workload_stops(self) -> None:
        """K: the others complete, nothing is reverted, 2 steps are left to do."""
        result = self.load(base.workloads(self.log)).run()
        self.assertEqual(st.FAILURE, result.state)
        self.assertEqual({"SUCCESS": 13, "FAILURE": 1, "PENDING": 1}, result.counts)
        self.assertEqual(14, result.executed)
        self.assertEqual([], self.log.reverted)
        self.assertEqual(["w2:b"], self.names_in("FAILURE"))
        self.log.clear()
        self.assertTrue(self.load(base.workloads(self.log)).run().succeeded)
        self.assertEqual(["w2:b", "w2:c"], self.log.executed)

    def test_dependents_stay_pending(self) -> None:
        """K2: w3 and w4 need w2; they are not touched; then 8 steps run."""
        needs = {3: [2], 4: [2]}
        result = self.load(base.workloads(self.log, needs=needs)).run()
        self.assertEqual({"SUCCESS": 7, "FAILURE": 1, "PENDING": 7}, result.counts)
        self.log.clear()
        self.assertTrue(
            self.load(base.workloads(self.log, needs=needs)).run().succeeded
        )
        self.assertEqual(
            sorted(
                ["w2:b", "w2:c", *[f"{w}:{s}" for w in ("w3", "w4") for s in "abc"]]
            ),
            sorted(self.log.executed),
        )

    def test_attempts_then_failure(self) -> None:
        """K3: TaskFlow's Times(3): three attempts of w2 only, then it stays FAILURE."""

        def make() -> engines.GraphFlow:
            return base.workloads(
                self.log, retry=lambda name: retries.Times(3, name=name)
            )

        result = self.load(make()).run()
        self.assertEqual(st.FAILURE, result.state)
        self.assertEqual(3, self.log.executed.count("w2:b"))
        self.assertEqual(["w2:b", "w2:a"] * 2, self.log.reverted)
        self.assertEqual({"SUCCESS": 13, "FAILURE": 1, "PENDING": 1}, result.counts)
        self.log.clear()
        self.assertTrue(self.load(make()).run().succeeded)
        self.assertEqual(["w2:b", "w2:c"], self.log.executed)

    def test_a_resumed_run_has_all_attempts_again(self) -> None:
        """Attempts are counted for each run: a failure then costs three again."""

        def make() -> engines.GraphFlow:
            return base.workloads(
                self.log, retry=lambda name: retries.Times(3, name=name)
            )

        self.load(make()).run()
        self.log.executed.clear()
        self.load(make()).run()
        self.assertEqual(3, self.log.executed.count("w2:b"))

    def test_the_same_engine_runs_again(self) -> None:
        """A second run of one engine object does what the first one left."""
        engine = self.load(base.workloads(self.log))
        engine.run()
        self.log.clear()
        result = engine.run()
        self.assertEqual(["w2:b", "w2:c"], self.log.executed)
        self.assertTrue(result.succeeded)
        self.assertEqual({}, result.failures)

    def test_nothing_left_to_do(self) -> None:
        """A third run executes nothing and succeeds."""
        self.log.clear()
        self.load(base.workloads(self.log)).run()
        self.log.clear()
        result = self.load(base.workloads(self.log)).run()
        self.assertTrue(result.succeeded)
        self.assertEqual([], self.log.executed)

    def test_why_it_failed(self) -> None:
        """The result says type and message, and whether trying again may help."""
        self.log.actions["w2:b"] = base.fail(
            exceptions.ServiceError("503", resource="server x", status=503)
        )
        failure = self.load(base.workloads(self.log)).run().failures["w2:b"]
        self.assertEqual("ServiceError", failure.type)
        self.assertEqual("server x: 503", failure.message)
        self.assertTrue(failure.retryable)
        self.assertIsInstance(failure.error, exceptions.ServiceError)

    def test_failures_of_an_earlier_process(self) -> None:
        """What failed before is read back without the exception itself."""
        self.load(base.workloads(self.log)).run()
        engine = self.load(base.workloads(self.log))
        engine.compile()
        failure = engine.result().failures["w2:b"]
        self.assertEqual(("ValueError", "no"), (failure.type, failure.message))
        self.assertIsNone(failure.error)


class RolledBackTest(base.EngineTestCase):
    """B: a controller that answers REVERT, so that the failed one is put back."""

    def setUp(self) -> None:
        super().setUp()
        self.log.actions["w2:b"] = base.fail(ValueError("no"))

    def make(self, needs: dict[int, list[int]] | None = None) -> engines.GraphFlow:
        return base.workloads(
            self.log, needs=needs, retry=lambda name: retries.AlwaysRevert(name=name)
        )

    def test_after_a_stock_engine(self) -> None:
        """B2: TaskFlow's engine reverted w2 and left a trap; 3 steps run, not 15."""
        self.backend.ensure_flow(self.book_id, self.flow_id, "workloads")
        detail = self.backend.get_connection().get_flow_details(self.flow_id)
        engine = stock.load(
            self.make(),
            flow_detail=detail,
            backend=self.backend,
            engine="parallel",
            executor=self.pool,
        )
        self.assertRaises(ValueError, engine.run)
        self.assertEqual(st.REVERTED, engine.storage.get_flow_state())
        self.log.clear()
        self.assertTrue(self.load(self.make()).run().succeeded)
        self.assertEqual(["w2:a", "w2:b", "w2:c"], self.log.executed)

    def test_put_back(self) -> None:
        """B2 within one engine: only w2 is reverted, and runs whole the next time."""
        result = self.load(self.make(), put_back=True).run()
        self.assertEqual(st.FAILURE, result.state)
        self.assertEqual(["w2:b", "w2:a"], self.log.reverted)
        self.assertEqual({"SUCCESS": 12, "REVERTED": 2, "PENDING": 1}, result.counts)
        self.assertEqual("no", result.failures["w2:b"].message)
        self.log.clear()
        self.assertTrue(self.load(self.make(), put_back=True).run().succeeded)
        self.assertEqual(["w2:a", "w2:b", "w2:c"], self.log.executed)

    def test_put_back_with_dependents(self) -> None:
        """B4: w3 and w4 stay PENDING; then 9 steps run."""
        needs = {3: [2], 4: [2]}
        result = self.load(self.make(needs), put_back=True).run()
        self.assertEqual({"SUCCESS": 6, "REVERTED": 2, "PENDING": 7}, result.counts)
        self.log.clear()
        self.assertTrue(self.load(self.make(needs), put_back=True).run().succeeded)
        self.assertEqual(9, len(self.log.executed))

    def test_a_revert_that_raises_stops_nobody_else(self) -> None:
        """R: TaskFlow aborts the whole run; here the others complete."""
        self.log.revert_actions["w2:b"] = base.fail(ValueError("stuck"))
        result = self.load(self.make(), put_back=True).run()
        self.assertEqual(st.FAILURE, result.state)
        self.assertEqual(12 + 1, result.counts["SUCCESS"])
        self.assertEqual(["w2:b"], self.names_in("REVERT_FAILURE"))
        self.assertEqual("stuck", result.failures["w2:b"].message)
        self.log.clear()
        self.assertTrue(self.load(self.make(), put_back=True).run().succeeded)
        self.assertEqual(["w2:b", "w2:a"], self.log.reverted)
        self.assertEqual(["w2:a", "w2:b", "w2:c"], self.log.executed)


class RetriedFlowTest(base.EngineTestCase):
    """What a retry touches: its own flow, all of it, and nothing else."""

    def make(self) -> tuple[engines.GraphFlow, base.Step]:
        """An unordered flow of x, y and z that is retried once; then ``after``."""
        inner = unordered_flow.Flow("inner", retry=retries.Times(2, name="retry"))
        inner.add(*[base.Step(name, self.log) for name in "xyz"])
        after = base.Step("after", self.log)
        after.priority = 10  # it would run first if it could
        return engines.GraphFlow("f").add(inner, after).link(inner, after), after

    def once(self, name: str) -> None:
        errors = iter([ValueError("once")])

        def act() -> None:
            for error in errors:
                raise error

        self.log.actions[name] = act

    def test_what_follows_waits_for_all_of_it(self) -> None:
        """Also if part of the flow had succeeded in the attempt before."""
        self.once("y")
        flow, _after = self.make()
        self.assertTrue(self.load(flow, workers=1).run().succeeded)
        executed = ["x", "y", "x", "y", "z", "after"]
        self.assertEqual(executed, self.log.executed)
        self.assertEqual(["x", "y"], sorted(self.log.reverted))

    def test_what_had_not_started_is_not_reverted(self) -> None:
        """Those that were waiting for a worker just run later."""
        self.once("x")
        flow, _after = self.make()
        self.assertTrue(self.load(flow, workers=1).run().succeeded)
        self.assertEqual(["x"], self.log.reverted)
        self.assertEqual(["x", "x", "y", "z", "after"], self.log.executed)

    def test_what_has_succeeded_after_it_stays(self) -> None:
        """A step that is done over, and retried, does not undo its dependents."""

        def make() -> engines.GraphFlow:
            return base.workloads(
                self.log,
                2,
                needs={1: [0]},
                retry=lambda name: retries.Times(2, name=name),
            )

        self.load(make()).run()
        self.log.clear()
        engine = self.load(make())
        engines.reset(engine, ["w0:b"])
        self.once("w0:b")
        self.assertTrue(engine.run().succeeded)
        again = ["w0:b", "w0:a", "w0:b", "w0:c"]
        self.assertEqual(again, self.log.executed)


class FlowWithinARetriedFlowTest(base.EngineTestCase):
    """An outer flow is tried again because of one step; one within fails as well."""

    def test_what_fails_within_is_put_back_with_the_rest(self) -> None:
        """Its own controller is not asked: its attempt is over anyhow."""
        inner = unordered_flow.Flow("inner", retry=retries.Times(2, name="ri"))
        inner.add(base.Step("within", self.log))
        outer = unordered_flow.Flow("outer", retry=retries.Times(2, name="ro"))
        outer.add(inner, base.Step("beside", self.log))
        running, failed = threading.Event(), threading.Event()
        left = {"within": 1, "beside": 1}

        def fail_once(name: str, mine: threading.Event, other: threading.Event) -> None:
            mine.set()
            if left[name]:
                left[name] -= 1
                self.assertTrue(other.wait(30))
                raise exceptions.LostAnswer("no answer")

        self.log.actions["beside"] = lambda: fail_once(
            "beside", threading.Event(), running
        )
        self.log.actions["within"] = lambda: fail_once("within", running, failed)
        engine = self.load(outer)

        def notice(state: str, details: dict[str, Any]) -> None:
            if details.get("task_name") == "beside":
                failed.set()

        engine.atom_notifier.register(st.FAILURE, notice)
        result = engine.run()
        self.assertTrue(result.succeeded, result)
        twice = ["beside", "beside", "within", "within"]
        self.assertEqual(twice, sorted(self.log.executed))
        self.assertEqual(["beside", "within"], sorted(self.log.reverted))


class BackoffTest(base.EngineTestCase):
    def make(self) -> engines.GraphFlow:
        return base.workloads(
            self.log, retry=lambda name: Backoff(name, attempts=3, delay=0.0)
        )

    def test_retryable_errors_are_tried_again(self) -> None:
        """A 503 twice, then it works: the run succeeds."""
        answers = iter([exceptions.ServiceError("503"), exceptions.ServiceError("503")])

        def sometimes() -> None:
            for error in answers:
                raise error

        self.log.actions["w2:b"] = sometimes
        engine = self.load(self.make())
        result = engine.run()
        self.assertTrue(result.succeeded)
        self.assertEqual({}, result.failures)
        self.assertEqual({}, engine.storage.get_execute_failures())
        self.assertEqual(3, self.log.executed.count("w2:b"))

    def test_permanent_errors_are_not(self) -> None:
        """A 403 is not tried again, nor is a bug."""
        for error in (exceptions.Forbidden("403"), KeyError("bug")):
            self.log.executed.clear()
            self.log.actions["w2:b"] = base.fail(error)
            self.assertEqual(st.FAILURE, self.load(self.make()).run().state)
            self.assertEqual(1, self.log.executed.count("w2:b"))
        self.assertEqual([], self.log.reverted)
