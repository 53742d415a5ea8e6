# SPDX-License-Identifier: Apache-2.0
"""What the operator sees of nodes is what really happened to them."""

from __future__ import annotations

import itertools

from pumphouse.models import NOT_KEPT, Ref
from pumphouse.store import NodeRow, NodeState
from pumphouse.store.nodes import MAX_ERROR
from tests.unit.store.base import IMAGE, PLAN, SERVER, StoreTest


class Nodes(StoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.writer = self.new_writer()
        self.run_id = self.writer.run_id
        ticks = itertools.count()
        self.store.now = lambda: f"{next(ticks):04}"

    def node(self) -> NodeRow:
        (node,) = self.store.nodes(self.run_id)
        return node

    def test_added_in_bulk(self) -> None:
        """More nodes than fit one statement are pending, in their order."""
        refs = [Ref("port", str(number)) for number in range(1203)]
        self.writer.add_nodes(refs)
        nodes = self.store.nodes(self.run_id)
        self.assertEqual(refs, [node.ref for node in nodes])
        self.assertEqual({NodeState.PENDING}, {node.state for node in nodes})

    def test_known_ones_stay_as_they_are(self) -> None:
        """Adding the nodes again on resume forgets nothing."""
        self.writer.node_done(SERVER, "verify", {"downtime": 3.1})
        before = self.node()
        self.writer.add_nodes([SERVER, IMAGE, IMAGE])
        self.assertEqual(before, self.store.nodes(self.run_id)[0])
        self.assertEqual(2, len(self.store.nodes(self.run_id)))

    def test_life_of_a_node(self) -> None:
        """Steps follow each other; details add up; the last step ends the node."""
        self.writer.add_nodes([SERVER])
        self.writer.node_started(SERVER, "create")
        self.writer.node_done(SERVER, "create", {"bytes": 1}, last=False)
        between = self.node()
        self.assertEqual(("running", ""), (between.state, between.finished_at))
        self.writer.node_started(SERVER, "verify")
        self.writer.node_done(SERVER, "verify", {"downtime": 3.1})
        node = self.node()
        self.assertEqual(("verify", "done", 1), (node.step, node.state, node.attempts))
        self.assertEqual({"bytes": 1, "downtime": 3.1}, node.details)
        self.assertEqual(between.started_at, node.started_at)
        self.assertGreater(node.finished_at, node.started_at)

    def test_counted(self) -> None:
        """By run and state; what is not there counts nothing."""
        self.writer.add_nodes([SERVER, IMAGE, Ref("port", "1")])
        self.writer.node_done(IMAGE, "create")
        bare = self.new_run().id
        self.store.create_run(PLAN.id, refs=[SERVER])
        counts = self.store.node_counts([self.run_id, bare])
        expected = {NodeState.PENDING: 2, NodeState.DONE: 1}
        self.assertEqual({self.run_id: expected, bare: {}}, counts)
        self.assertEqual(0, counts[bare][NodeState.FAILED])
        self.assertEqual({}, self.store.node_counts([]))

    def test_what_could_not_be_kept_adds_up_and_is_there_at_once(self):
        said = {NOT_KEPT: ["owner"], "bytes": 1}
        self.writer.node_started(SERVER, "create")
        self.writer.node_said(SERVER, {NOT_KEPT: ["zone"]})
        (node,) = self.store.nodes(self.run_id)
        self.assertEqual(
            (NodeState.RUNNING, "create", {NOT_KEPT: ["zone"]}),
            (node.state, node.step, node.details),
        )
        for _ in range(2):  # a step may run twice
            self.writer.node_done(SERVER, "create", said, last=False)
        self.writer.node_done(SERVER, "verify", {"bytes": 2})
        (node,) = self.store.nodes(self.run_id)
        self.assertEqual({NOT_KEPT: ["zone", "owner"], "bytes": 2}, node.details)

    def test_failure_and_second_attempt(self) -> None:
        """A failure says why; the next attempt begins clean and is counted."""
        self.writer.node_started(SERVER, "create")
        self.writer.node_failed(SERVER, "create", "no host", "WrongState")
        failed = self.node()
        self.assertEqual(
            ("failed", "no host", "WrongState"),
            (failed.state, failed.error, failed.code),
        )
        self.writer.node_started(SERVER, "create")
        again = self.node()
        self.assertEqual(
            ("running", "", "", 2, ""),
            (again.state, again.error, again.code, again.attempts, again.finished_at),
        )
        self.assertGreater(again.started_at, failed.started_at)

    def test_attempt_after_a_crash(self) -> None:
        """A step that was running when the process died is another attempt."""
        self.writer.node_started(SERVER, "create")
        self.writer.node_started(SERVER, "create")
        self.assertEqual(2, self.node().attempts)

    def test_stopped(self) -> None:
        """A node stopped on request is pending, and its next start is counted."""
        self.writer.node_started(SERVER, "create")
        self.writer.node_stopped(SERVER, "create")
        self.assertEqual(("pending", 1), (self.node().state, self.node().attempts))
        self.writer.node_started(SERVER, "create")
        self.assertEqual(2, self.node().attempts)

    def test_errors_are_bounded_and_masked(self) -> None:
        """Whatever a cloud said, no recognisable secret and no endless text stays."""
        error = "password='hunter2' \0\ud800" + "x" * 10_000
        self.writer.node_failed(SERVER, "create", error, "ServiceError")
        self.assertNotIn("hunter2", self.node().error)
        self.assertEqual(MAX_ERROR, len(self.node().error))
