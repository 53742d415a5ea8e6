# SPDX-License-Identifier: Apache-2.0
"""A failure stays where it happened, and the next run does just what is missing.

Five workloads of three steps, the second step of w2 fails; then a run without the
fault.  Each test is one way of building and running that.
"""

from __future__ import annotations

from taskflow import engines as stock
from taskflow import states as st

from pumphouse import exceptions
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
    """B: a flow that an engine of TaskFlow had, which puts all back after a failure."""

    def test_after_a_stock_engine(self) -> None:
        """B2: it reverted everything and left a trap; all of it runs again."""
        self.log.actions["w2:b"] = base.fail(ValueError("no"))
        self.backend.ensure_flow(self.book_id, self.flow_id, "workloads")
        detail = self.backend.get_connection().get_flow_details(self.flow_id)
        engine = stock.load(
            base.workloads(self.log),
            flow_detail=detail,
            backend=self.backend,
            engine="parallel",
            executor=self.pool,
        )
        self.assertRaises(ValueError, engine.run)
        self.assertEqual(st.REVERTED, engine.storage.get_flow_state())
        undone = set(self.names_in("REVERTED")) | set(self.names_in("PENDING"))
        self.log.clear()
        self.assertTrue(self.load(base.workloads(self.log)).run().succeeded)
        self.assertEqual(undone, set(self.log.executed))
        self.assertEqual([], self.log.reverted)
