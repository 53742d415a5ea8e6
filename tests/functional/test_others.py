# SPDX-License-Identifier: Apache-2.0
"""Others' things and policies, on the simulated clouds."""

from __future__ import annotations

from pumphouse.models import Action
from pumphouse.store.rows import RunState
from tests.functional.base import FunctionalTestCase
from tests.functional.world import PROJECT
from tests.others import Others


class TestOthers(Others, FunctionalTestCase):
    def test_a_server_on_a_network_that_is_shared_by_policy_only(self):
        """It would come up without an address."""
        self.hand_over(shared_with_everybody=False)
        reasons = {
            node.resource.name: node.decision.reason
            for node in self.world.plan().having(Action.BLOCKED)
        }
        self.assertEqual(3, len(reasons))
        for reason in reasons.values():
            self.assertIn(f"would not be shared with project {PROJECT}", reason)
            self.assertIn(f"migrate project {self.prefix}-owner first", reason)

    def test_a_server_on_a_network_that_is_shared_with_everybody(self):
        self.hand_over(shared_with_everybody=True)
        plan, run = self.world.migrate()
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual([], self.world.verified(plan).differing)

    def hand_over(self, *, shared_with_everybody):
        """The tenant's network with servers on it is another project's by now."""
        owner = self.project("owner")

        def change():
            state = self.source.cloud.state
            (network,) = (n for n in state.networks if n["name"].endswith("-front"))
            target = "*" if shared_with_everybody else network["project_id"]
            neutron = self.source.cloud.services["network"]
            state.networks.change(network["id"], {"project_id": owner})
            add = neutron.add_policy
            add(owner, "network", network["id"], "access_as_shared", target)

        self.source.run(change)
