# SPDX-License-Identifier: Apache-2.0
"""How many requests a whole project takes, from plan to verification.

A tool that sends one request after the other for each resource was measured on
the same kinds of resources; a quarter of that, per resource, is the budget of plan
and run.  Waiting included, all tokens and discovery included, both clouds together.

That tool does not verify.  A verification reads both clouds again, what was migrated
and what else is there by now: it has a budget of its own, below a request a resource.
"""

from __future__ import annotations

from oslo_config import cfg

from pumphouse.cli.workspace import Workspace
from pumphouse.conf import options
from pumphouse.models import Action
from pumphouse.plan.selection import Selection
from pumphouse.plan.verification import verify
from pumphouse.store.rows import RunState
from tests.clouds.migration.tenant import TenantTestCase

# Requests that one resource takes there; what was not measured counts as the
# cheapest that was.
MEASURED = {
    "network": 9,
    "subnet": 9,
    "security-group": 9,
    "security-group-rule": (47 - 9) / 4,
    "image": 19,
    "server": 125,
}
CHEAPEST = 9


class _Nobody:
    def step(self, *_):
        pass

    def progress(self, *_):
        pass


class TestRequests(TenantTestCase):
    prefix = "count"
    seed = 12

    def test_a_project_takes_a_quarter_of_the_requests(self):
        tenant = self.tenant
        conf: cfg.ConfigOpts = options.load([])
        workspace = Workspace(
            conf, str(tenant.migration_file), database=f"sqlite:///{tenant.database}"
        )
        self.addCleanup(workspace.close)
        plan = workspace.planner().draw_up(Selection("project", (tenant.project,)))
        from pumphouse.cli.plan import save

        save(workspace.store, plan)
        runner = workspace.runner(_Nobody())
        run = runner.drive(runner.start(plan).id)
        self.assertEqual(RunState.SUCCEEDED, run.state)
        moved = self.sent(workspace)
        found = verify(
            plan,
            workspace.source,
            workspace.destination,
            workspace.types,
            {b.ref: b for b in workspace.store.bindings(plan.pair)},
        )
        self.assertEqual([], found.differing)
        migrated = [n.ref.type for n in plan.having(Action.CREATE)]
        budget = sum(MEASURED.get(kind, CHEAPEST) for kind in migrated) / 4
        asked = (
            f"requests for {len(migrated)} resources: "
            f"{workspace.source.log.by} {workspace.destination.log.by}"
        )
        self.assertLessEqual(moved, budget, f"{moved} {asked}")
        verified = self.sent(workspace) - moved
        self.assertLessEqual(verified, 0.95 * len(migrated), f"{verified} {asked}")

    def sent(self, workspace: Workspace) -> int:
        """Requests to both clouds up to now."""
        return workspace.source.log.total + workspace.destination.log.total
