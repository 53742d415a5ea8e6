# SPDX-License-Identifier: Apache-2.0
"""After the loss of the database both clouds tell what stands for what."""

from __future__ import annotations

from typing import Any

from pumphouse.cli.plan import save
from pumphouse.conf.migration import Options
from pumphouse.models import Action, CloudPair, Origin, Ref
from pumphouse.plan.planner import Planner
from pumphouse.plan.recovery import EQUAL, NOTED, Found, recover
from pumphouse.plan.selection import Selection
from pumphouse.store import Store
from tests.functional.base import FunctionalTestCase
from tests.functional.world import PROJECT


class TestRecovery(FunctionalTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.plan, _ = self.world.migrate()
        self.pair: CloudPair = self.plan.pair
        self.bound = {b.ref: b for b in self.world.store.bindings(self.pair)}

    def lose(self, *refs: Ref) -> None:
        """The bindings of these, or all."""
        for ref in refs or self.bound:
            self.world.store.unregister(self.pair, ref)

    def recovered(self) -> list[Found]:
        planner = Planner(
            source=self.world.source,
            destination=self.world.destination,
            types=self.world.types,
            options=Options(),
            mappings={},
            bindings={b.ref: b for b in self.world.store.bindings(self.pair)},
        )
        return recover(planner, Selection("project", (PROJECT,)))

    def keep(self, found: list[Found]) -> None:
        for each in found:
            if each.destination_id:
                self.world.store.register(self.pair, each.binding)

    def test_everything_is_found_again(self):
        self.lose()
        found = self.recovered()
        self.assertEqual(
            {ref: bound.destination_id for ref, bound in self.bound.items()},
            {each.resource.ref: each.destination_id for each in found},
        )
        by: dict[str, set[str]] = {}
        for each in found:
            by.setdefault(each.resource.ref.type, set()).add(each.why)
        self.assertEqual({NOTED}, by.pop("server"))
        self.assertEqual([{EQUAL}] * len(by), [*by.values()])

    def test_then_nothing_is_left_to_do_and_nothing_differs(self):
        self.lose()
        self.keep(self.recovered())
        again = self.world.plan()
        left = {
            str(node.resource): node.decision.reason
            for node in again.nodes.values()
            if node.decision.action not in (Action.SKIP, Action.MAP)
        }
        self.assertEqual({}, left)
        verified = self.world.verified(again)
        self.assertTrue(verified.complete, [*verified.rows()])
        self.assertEqual([], self.recovered())

    def test_nothing_of_it_counts_as_made_by_a_run(self):
        """So that no rollback deletes what only looks as if Pumphouse had made it."""
        self.lose()
        for each in self.recovered():
            self.assertIs(Origin.ADOPTED, each.binding.origin)
            self.assertEqual("", each.binding.run_id)

    def test_an_older_copy_of_the_database_makes_no_server_twice(self):
        """Of before the run: it knows the plan, and nothing of what became of it."""

        def counts() -> int:
            servers = self.destination.cloud.state.servers
            return self.destination.run(lambda: len([*servers]))

        before = counts()
        states = self.states(self.source)
        self.world.store.close()
        self.world.store = Store(self.world.database.replace(".db", "-older.db"))
        save(self.world.store, self.plan)
        run = self.world.runner().drive(self.world.runner().start(self.plan).id)
        self.assertEqual(before, counts())
        self.assertEqual(states, self.states(self.source))
        failed = {n.ref: n.error for n in self.world.store.nodes(run.id) if n.error}
        refused = [failed[ref] for ref in failed if ref.type == "server"]
        self.assertNotEqual([], refused)
        for error in refused:
            self.assertIn("binding recover", error)
        self.assertEqual([], self.world.store.open_intents(self.pair))

    def test_what_is_bound_still_is_left_alone(self):
        lost = next(ref for ref in self.bound if ref.type == "server")
        self.lose(lost)
        self.assertEqual([lost], [each.resource.ref for each in self.recovered()])

    def test_of_two_that_are_equal_none_is_taken_for_another(self):
        """Ports and rules of one group: each finds its own by what it says."""
        self.lose()
        taken = [e.destination_id for e in self.recovered() if e.destination_id]
        kinds = [e.resource.ref.type for e in self.recovered() if e.destination_id]
        pairs = [*zip(kinds, taken, strict=True)]
        self.assertEqual(len(pairs), len({*pairs}))

    def test_what_differs_by_now_is_told_and_not_bound(self):
        server = next(ref for ref in self.bound if ref.type == "server")
        network = next(ref for ref in self.bound if ref.type == "network")
        for service, path, body in (
            ("compute", f"/servers/{self.bound[server].destination_id}", "server"),
            ("network", f"/networks/{self.bound[network].destination_id}", "network"),
        ):
            change: Any = {body: {"description": "changed since"}}
            self.world.destination.put(service, path, change)
        self.lose()
        found = {each.resource.ref: each for each in self.recovered()}
        for ref in (server, network):
            self.assertEqual("", found[ref].destination_id, ref)
            self.assertIn("differs", found[ref].why)

        inside = [
            each
            for each in found.values()
            if each.resource.record.get("network_id") == network.id
            and each.resource.ref.type == "subnet"
        ]
        self.assertNotEqual([], inside)
        for each in inside:
            self.assertIn("what it belongs to was not found", each.why)

    def test_what_is_gone_is_told_and_not_bound(self):
        server = next(ref for ref in self.bound if ref.type == "server")
        self.lose()
        gone = f"/servers/{self.bound[server].destination_id}"
        self.world.destination.delete("compute", gone)
        found = {each.resource.ref: each for each in self.recovered()}
        self.assertEqual("", found[server].destination_id)
        self.assertIn("is gone", found[server].why)
