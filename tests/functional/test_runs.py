# SPDX-License-Identifier: Apache-2.0
"""Whole projects are migrated, on good days and with one server that fails."""

from __future__ import annotations

import re
from collections import Counter

from pumphouse.models import Action
from pumphouse.store.rows import NodeState, RunState
from tests.functional.base import FunctionalTestCase
from tests.functional.world import census

WEB, APP, DATABASE = (
    f"acme-search-{n}-{what}" for n, what in ((1, "web"), (2, "app"), (3, "database"))
)


class TestGoodDay(FunctionalTestCase):
    def test_a_whole_project(self):
        """Everything arrives and is equal, sources are shut off and locked."""
        plan, run = self.world.migrate()
        self.assert_migrated(plan, run)
        self.assertGreater(self.world.verified(plan).verified, 60)
        self.assertEqual(
            {WEB: "active", APP: "active", DATABASE: "active"},
            self.states(self.destination),
        )
        locked = self.source.run(
            lambda: [s["locked"] for s in self.source.cloud.state.servers]
        )
        self.assertEqual([True] * 3, locked)

    def test_again_changes_nothing(self):
        """A second plan of the same thing has nothing to do."""
        self.world.migrate()
        before = census(self.destination)
        plan = self.world.plan()
        self.assertEqual([], [*plan.having(Action.CREATE, Action.BLOCKED)])
        self.assertEqual(before, census(self.destination))

    def test_one_server_brings_what_it_needs(self):
        """And nothing else: the other servers stay where they are."""
        plan = self.world.plan(WEB, kind="server")
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual([], self.world.verified(plan).differing)
        self.assertEqual({WEB: "active"}, self.states(self.destination))
        self.assertEqual("active", self.states(self.source)[APP])

    def test_a_plan_tells_what_each_thing_is(self):
        """By a name, never by an id only; two of one type by different ones."""
        names = [
            (n.ref.type, n.resource.name) for n in self.world.plan().nodes.values()
        ]
        ids = re.compile("[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-")
        self.assertEqual([], [n for n in names if not n[1] or ids.search(n[1])])
        self.assertEqual([], [n for n, count in Counter(names).items() if count > 1])

    def test_requests_of_a_whole_project(self):
        """A plan and a run stay within three requests a resource on each side."""
        plan, _ = self.world.migrate()
        for cloud in (self.world.source, self.world.destination):
            self.assertLess(cloud.log.total, 3 * len(plan.nodes))


class TestOneFails(FunctionalTestCase):
    def doomed(self):
        """A run in which the destination cannot build one server."""
        rule = self.fault(
            self.destination, "error", method="POST", path="/servers$", body=APP
        )
        plan, run = self.world.migrate()
        self.assertEqual(1, rule.hit)
        return plan, run

    def test_the_others_are_done_and_it_is_put_back(self):
        """The source runs again, and the destination's half is gone."""
        _, run = self.doomed()
        self.assertEqual(RunState.FAILED, run.state)
        nodes = self.world.store.nodes(run.id)
        failed = [node for node in nodes if node.state is not NodeState.DONE]
        self.assertEqual(["server"], [node.ref.type for node in failed])
        self.assertIn("No valid host", failed[0].error)
        self.assertEqual(
            {WEB: "active", DATABASE: "active"}, self.states(self.destination)
        )
        self.assertEqual(
            {WEB: "stopped", APP: "active", DATABASE: "stopped"},
            self.states(self.source),
        )
        free = self.destination.run(
            lambda: [
                port["name"]
                for port in self.destination.cloud.state.ports
                if not port["device_id"] and port["name"].startswith("acme-search-2")
            ]
        )
        self.assertEqual(["acme-search-2-front"], free)

    def test_resuming_retries_just_that(self):
        plan, run = self.doomed()
        self.heal()
        before = self.asked(self.destination, "POST /v2.1/servers")
        made = self.asked(self.destination, "POST /v2.0/ports")
        run = self.world.resume(run)
        self.assert_migrated(plan, run)
        self.assertEqual(before + 1, self.asked(self.destination, "POST /v2.1/servers"))
        self.assertEqual(made, self.asked(self.destination, "POST /v2.0/ports"))

    def test_a_quota_that_is_too_small(self):
        """It is seen before anything is done, and said in one line."""
        self.destination.run(setattr, self.destination.cloud.settings, "seed", 1)
        before = census(self.destination)
        neutron = self.destination.cloud.services["network"]
        default = {**neutron._defaults(), "port": 3}
        self.patch(neutron, "_defaults", lambda: default)
        plan = self.world.plan()
        blocked = [node.decision.reason for node in plan.having(Action.BLOCKED)]
        self.assertTrue(blocked)
        self.assertIn("quota for port", blocked[0])
        self.assertEqual(before, census(self.destination))
