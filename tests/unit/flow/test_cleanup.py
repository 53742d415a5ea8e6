# SPDX-License-Identifier: Apache-2.0
"""What runs left open is finished, undone, or left to whoever does it better."""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest import mock

from pumphouse import exceptions
from pumphouse.cli.plan import save
from pumphouse.conf.migration import Options
from pumphouse.flow import cleanup, remedies
from pumphouse.flow.context import RunContext
from pumphouse.flow.runner import Runner
from pumphouse.models import Action, Binding, CloudPair, Decision, Origin, Ref
from pumphouse.plan.document import Node, Plan
from pumphouse.resources.registry import resource_types
from pumphouse.store.owner import Owner
from pumphouse.store.rows import RunState
from tests.unit.flow.base import Onlooker, StoreTestCase
from tests.unit.resources.compute.server_sim import Killed
from tests.unit.resources.compute.server_world import SERVER, STEPS, World


class CleanupTestCase(StoreTestCase):
    """Has the two clouds of a server's move, and a run in the store that moves it."""

    def setUp(self) -> None:
        super().setUp()
        self.world = World()
        for cloud in (self.world.source, self.world.destination):
            cloud.identity = f"http://{cloud.side}|one"
            cloud.guarded = lambda guard, cloud=cloud: cloud
            cloud.log = type("Log", (), {"total": 0})()
            cloud.acting_as = lambda new, cloud=cloud: cloud.as_user(
                new.user_id, new.project_id
            )
        self.pair = CloudPair("http://source|one", "http://destination|one")
        for ref, there in self.world.bound.items():
            self.store.register(self.pair, Binding(ref, there, Origin.ADOPTED, "other"))
        resource = self.world.resource
        node = Node(resource, Decision(Action.CREATE, "it is not there"))
        self.plan = Plan(
            *("plan-2", "2026-01-01", "server web-1", self.pair, Options()),
            nodes={SERVER: node},
            edges=(),
        )
        save(self.store, self.plan)
        self.run = self.store.create_run(self.plan.id)
        self.store.writer(self.run).add_nodes([SERVER])
        self.types = {"server": self.world.kind}

    def context_of(self, run: Any, plan: Any) -> Any:
        runner = Runner(
            source=self.world.source,  # type: ignore[arg-type]
            destination=self.world.destination,  # type: ignore[arg-type]
            store=self.store,
            types=self.types,
            watcher=Onlooker(),
        )
        context = runner.context(
            plan, runner.watcher, self.store.writer(run), cut_off=run.owner is not None
        )
        # Nothing waits: each look at a simulated cloud moves it on.
        context.wait = self.world.ctx.wait  # type: ignore[method-assign]
        owner = self.world.destination.as_user("owner-there", "project-there")
        context.acting_as = lambda user, project: owner  # type: ignore
        return context

    def move(self, *steps: str) -> None:
        context = self.context_of(self.run, self.plan)
        for step in steps:
            self.world.steps[step](context, self.world.resource)

    def found(self) -> list[cleanup.Finding]:
        return cleanup.find(self.store, self.pair, self.types, self.context_of)

    def clean_up(self) -> list[str]:
        """Kinds of the intents that were dealt with."""
        done = [finding for finding in self.found() if not finding.leave]
        for finding in done:
            cleanup.carry_out(finding, finding.case.context.writer)
        self.world.settle()
        return [finding.case.intent.kind for finding in done]

    def open_kinds(self) -> list[str]:
        return [intent.kind for intent in self.store.open_intents(self.pair)]


class TestServers(CleanupTestCase):
    def test_nothing_open_is_nothing_to_do(self):
        self.move(*STEPS)
        self.assertEqual([], self.found())

    def test_a_suspended_source_runs_again(self):
        self.move("suspend")
        self.assertEqual(["suspended"], self.clean_up())
        self.assertEqual("ACTIVE", self.world.here["status"])
        self.assertEqual([], self.open_kinds())

    def test_a_half_that_is_not_up_is_removed_with_its_binding(self):
        self.world.destination.polls = 50
        self.move("suspend", "create")
        self.assertEqual("BUILD", self.world.there["status"])
        self.clean_up()
        self.assertEqual({}, self.world.destination.servers)
        self.assertIsNone(self.store.binding(self.pair, SERVER))
        self.assertEqual("ACTIVE", self.world.here["status"])

    def test_a_half_that_is_up_is_left_to_resume(self):
        self.move("suspend", "create")
        self.world.settle()
        (finding,) = self.found()
        self.assertIn(f"resume {self.run.id[:8]}", finding.leave)
        self.assertEqual([], self.clean_up())
        self.assertEqual(["suspended"], self.open_kinds())

    def test_a_half_that_nobody_knows_of_is_found_and_removed(self):
        def die(name: str) -> None:
            if name == "POST /servers":
                raise Killed

        self.world.destination.after = die
        self.assertRaises(Killed, self.move, "suspend", "create")
        self.world.destination.after = lambda name: None
        self.assertEqual(["suspended", "create"], self.clean_up())
        self.assertEqual({}, self.world.destination.servers)
        self.assertEqual([], self.open_kinds())

    def test_a_verified_move_is_finished(self):
        self.move("suspend", "create", "verify")
        self.assertEqual(["shutdown"], self.clean_up())
        self.assertEqual("SHUTOFF", self.world.here["status"])
        self.assertTrue(self.world.here["locked"])
        self.assertEqual("ACTIVE", self.world.there["status"])
        self.assertEqual([], self.open_kinds())

    def test_a_move_that_was_verified_and_cut_off_right_then_is_finished(self):
        """Killed when its shut-off was committed, and the end of its downtime not."""

        def die(context: Any, intent: Any, outcome: str = "undone") -> None:
            if intent.kind == "suspended":
                raise Killed
            real(context, intent, outcome)

        real = RunContext.settle
        with mock.patch.object(RunContext, "settle", die):
            self.assertRaises(Killed, self.move, "suspend", "create", "verify")
        self.assertEqual({"suspended", "shutdown"}, {*self.open_kinds()})
        there = self.world.there["id"]
        self.assertEqual(["shutdown"], self.clean_up())
        self.assertEqual([], self.open_kinds())
        self.assertEqual("SHUTOFF", self.world.here["status"])
        # Whoever resumes the run then finds that all is done.
        self.move(*STEPS)
        self.assertEqual([there], [*self.world.destination.servers])
        self.assertEqual("SHUTOFF", self.world.here["status"])

    def test_ports_stay_down_until_the_source_is_shut_off(self):
        def die(name: str) -> None:
            if "resume" in name:
                raise Killed

        self.move("suspend", "create", "verify")
        self.world.source.after = die
        self.assertRaises(Killed, self.move, "shutdown")
        self.world.source.after = lambda name: None
        self.assertEqual(["shutdown", "isolated"], self.clean_up())
        self.assertEqual("SHUTOFF", self.world.here["status"])
        ups = {port["admin_state_up"] for port in self.world.source.ports.values()}
        self.assertEqual({True}, ups)
        self.assertEqual([], self.open_kinds())

    def test_a_verified_move_whose_destination_is_gone_is_left_alone(self):
        self.move("suspend", "create", "verify")
        self.world.destination.servers.clear()
        (finding,) = self.found()
        self.assertIn("rollback", finding.leave)


class TestOthers(CleanupTestCase):
    def open(self, kind: str, ref: Ref, **details: Any) -> None:
        self.store.writer(self.run).open_intent(self.pair, kind, ref, details)

    def test_delegations_and_lent_keypairs_are_taken_back(self):
        cloud = self.world.destination
        deleted = []
        cloud.delete = lambda service, path, **_: deleted.append(path) or True
        self.open("credential", Ref("credential", "u/p"), credential_id="c")
        self.open("role-grant", Ref("role-grant", "p/u/r"), path="/grant")
        mine = Ref("keypair", f"{cloud.user_id}/key")
        self.open("keypair", mine, name="key")
        self.assertEqual(["keypair", "credential", "role-grant"], self.clean_up())
        self.assertEqual(["/os-keypairs/key", "/credentials/c", "/grant"], deleted)
        self.assertEqual([], self.open_kinds())

    def test_what_a_live_run_may_be_at_is_left_to_it(self):
        self.open("credential", Ref("credential", "u/p"), credential_id="c")
        self.open("suspended", SERVER, was="ACTIVE", at=0)
        self.store.acquire_run(self.run.id, Owner.current())
        whys = {finding.leave for finding in self.found()}
        self.assertEqual({f"run {self.run.id[:8]} is being driven"}, whys)

    def test_what_is_not_in_the_plan_is_left_and_named(self):
        self.open("create", Ref("volume", "v"))
        (finding,) = self.found()
        self.assertIn("not in the plan", finding.leave)

    def test_a_kind_of_a_newer_version_is_left_and_named(self):
        self.open("snapshot", SERVER)
        (finding,) = self.found()
        self.assertIn("snapshot", finding.leave)

    def test_what_cannot_be_done_stays_open_and_says_why(self):
        self.open("suspended", SERVER, was="ACTIVE", at=0)
        self.world.here["status"] = "ERROR"
        (finding,) = self.found()
        writer = finding.case.context.writer
        carry_out = cleanup.carry_out
        self.assertRaises(exceptions.WrongState, carry_out, finding, writer)
        self.assertEqual(["suspended"], self.open_kinds())

    def test_every_kind_of_the_journal_has_a_remedy(self):
        from pumphouse.store import journal

        names = {
            value
            for name, value in vars(journal).items()
            if name.isupper() and isinstance(value, str)
        }
        self.assertEqual(names, {each.kind for each in remedies.OWN})

    def test_no_two_types_have_one_kind(self):
        kinds = [each.kind for each in remedies.OWN]
        for kind in resource_types().values():
            kinds += [each.kind for each in kind.temporaries]
        self.assertEqual([], [k for k, n in Counter(kinds).items() if n > 1])

    def test_a_cut_off_run_can_be_resumed_after_it(self):
        from pumphouse.flow.undoing import held

        with held(self.store, [self.run.id]):
            busy = self.store.run(self.run.id)
            self.assertIsNotNone(busy.owner)
        self.assertEqual(RunState.PENDING, self.store.run(self.run.id).state)
