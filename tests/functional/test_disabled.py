# SPDX-License-Identifier: Apache-2.0
"""Disabled projects let nobody in, and disabled users make no servers."""

from __future__ import annotations

from pumphouse import exceptions
from pumphouse.models import Action
from pumphouse.report.run import as_text, report
from pumphouse.store.rows import RunState
from testbed.simulator.server import ServerThread
from tests.functional.base import FunctionalTestCase
from tests.functional.world import PROJECT

WEB, APP = "acme-search-1-web", "acme-search-2-app"
ACTION = "POST /v2.1/servers/{id}/action"


class TestDisabledProject(FunctionalTestCase):
    def enable(self, server: ServerThread, enabled: bool) -> None:
        def change() -> None:
            for project in server.cloud.state.projects:
                if project["name"] == PROJECT:
                    project["enabled"] = enabled

        server.run(change)

    def test_its_servers_are_blocked_by_the_plan(self):
        self.enable(self.source, False)
        plan = self.world.plan()
        blocked = [*plan.having(Action.BLOCKED)]
        self.assertEqual(["server"] * 3, [node.ref.type for node in blocked])
        (why,) = {node.decision.reason for node in blocked}
        self.assertIn(f"project {PROJECT} is disabled on the source", why)
        self.assertIn("enable it", why)
        error = self.assertRaises(
            exceptions.PlanBlocked, self.world.runner().start, plan
        )
        self.assertIn(f"project {PROJECT} is disabled", str(error))

    def test_enabled_for_as_long_as_it_takes_it_is_migrated(self):
        self.enable(self.source, False)
        self.world.plan()
        self.enable(self.source, True)
        plan, run = self.world.migrate()
        self.assert_migrated(plan, run)

    def test_disabled_on_the_destination_since_an_earlier_run(self):
        self.world.migrate(self.world.plan(WEB, kind="server"))
        self.enable(self.destination, False)
        plan = self.world.plan()
        why = {n.resource.name: n.decision for n in plan.having(Action.BLOCKED)}
        self.assertNotIn(WEB, why)  # it is there already
        self.assertIn("is disabled on the destination", why[APP].reason)

    def test_disabled_there_when_the_run_begins_costs_no_downtime(self):
        """Each server fails with one line, untouched; resume goes on."""
        self.world.migrate(self.world.plan(WEB, kind="server"))
        plan = self.world.plan(APP, kind="server")
        self.enable(self.destination, False)
        before = self.asked(self.source, ACTION)
        self.assertGreater(before, 0)
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.FAILED, run.state)
        (failed,) = [n for n in self.world.store.nodes(run.id) if n.error]
        self.assertIn(f"where project {PROJECT} is disabled", failed.error)
        self.assertNotIn("\n", failed.error)
        self.assertEqual(before, self.asked(self.source, ACTION))
        self.assertEqual("active", self.states(self.source)[APP])
        self.enable(self.destination, True)
        self.assertEqual(RunState.SUCCEEDED, self.world.resume(run).state)
        self.assertEqual("active", self.states(self.destination)[APP])


class TestDisabledOwner(FunctionalTestCase):
    def test_its_server_is_anothers_which_plan_and_verify_say(self):
        def disable() -> str:
            state = self.source.cloud.state
            (server,) = [s for s in state.servers if s["name"] == WEB]
            (owner,) = [u for u in state.users if u["id"] == server["user_id"]]
            owner["enabled"] = False
            return str(owner["name"])

        owner = self.source.run(disable)
        plan = self.world.plan(WEB, kind="server")
        (web,) = [n for n in plan.nodes.values() if n.ref.type == "server"]
        said = f"user {owner} is disabled on the source: the server will be Pumphouse's"
        self.assertIn(said, "\n".join(web.decision.notes))
        plan, run = self.world.migrate(plan)
        self.assertEqual(RunState.SUCCEEDED, run.state)
        told = report(self.world.store, plan, run)
        what = f"user_id of server {WEB}"
        self.assertEqual(((), (what,)), (told.not_kept, told.announced))
        self.assertIn(f"could not be kept, as the plan said: {what}", as_text(told))
        found = self.world.verified(plan)
        self.assertTrue(found.complete, [*found.rows()])
        said = "0 differences, 1 as announced (1 server user_id)"
        self.assertIn(said, found.summary())
