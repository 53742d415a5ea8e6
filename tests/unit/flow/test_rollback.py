# SPDX-License-Identifier: Apache-2.0
"""Runs that are taken back: what goes, what stays, in which order, and who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import testtools

from pumphouse import exceptions
from pumphouse.flow import rollback, undoing
from pumphouse.models import Binding, CloudPair, Origin, Ref
from pumphouse.report import run as reports
from pumphouse.store.owner import Owner
from pumphouse.store.rows import NodeState, RunRow, RunState
from tests.unit.flow.base import Killed, RunTestCase, raising


def in_use() -> BaseException:
    return exceptions.Conflict("in use")


def refusing(error: Callable[[], BaseException], kind: str) -> Any:
    """A hook that raises an *error* for each deletion of that type."""

    def hook(of_kind: str, its_id: str) -> None:
        if of_kind == kind:
            raise error()

    return hook


class RollbackTestCase(RunTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.drawn = self.plan("house", "h1", "h2")

    def begin(self, run: RunRow) -> RunRow:
        undone = rollback.outline(self.store, self.drawn, run).undone
        return undoing.begin(self.store, self.drawn, run, undone)

    def take_back(self, run: RunRow) -> RunRow:
        return self.runner().drive(self.begin(run).id)

    def left(self) -> list[str]:
        records = self.destination.records
        return sorted(f"{k} {r['name']}" for k in records for r in records[k])

    def unhook(self) -> None:
        nothing = lambda kind, which: None  # noqa: E731
        self.destination.before = self.destination.after = nothing
        self.destination.before_delete = self.destination.after_delete = nothing


class TestTakingBack(RollbackTestCase):
    def test_nothing_is_left_of_what_the_run_made(self):
        run = self.run_plan(self.drawn)
        self.assertEqual(RunState.SUCCEEDED, self.take_back(run).state)
        self.assertEqual([], self.left())
        self.assertEqual([], self.store.bindings())

    def test_in_reverse_order_of_the_graph(self):
        self.take_back(self.run_plan(self.drawn))
        deleted = [f"{kind} {name}" for kind, name in self.destination.deleted]
        for before, after in (
            *(("person Ann", "house mill"), ("house mill", "town Ulm")),
            *(("person Bob", "house inn"), ("house inn", "town Ulm")),
        ):
            self.assertLess(deleted.index(before), deleted.index(after))

    def test_what_was_there_before_stays_and_stays_bound(self):
        self.destination.records["town"] = [{"id": "T", "name": "Ulm"}]
        self.drawn = self.plan("house", "inn")
        self.take_back(self.run_plan(self.drawn))
        self.assertEqual(["town Ulm"], self.left())
        (bound,) = self.store.bindings()
        self.assertEqual((Origin.ADOPTED, "T"), (bound.origin, bound.destination_id))

    def test_what_another_run_made_stays(self):
        first = self.plan("house", "inn")
        self.run_plan(first)
        self.drawn = self.plan("house", "h1", "h2")
        run = self.run_plan(self.drawn)
        why = {str(n.ref): why for n, why in self.outline(run).kept}
        self.assertIn("created by run", why["town:t1"])
        self.take_back(run)
        self.assertEqual(["house inn", "person Bob", "town Ulm"], self.left())

    def test_order_is_kept_across_what_stays(self):
        # The house was registered meanwhile: the town still goes after the person.
        run = self.run_plan(self.drawn)
        pair = CloudPair(self.source.identity, self.destination.identity)
        for ref in (Ref("house", "h1"), Ref("house", "h2")):
            bound = self.store.binding(pair, ref)
            self.store.unregister(pair, ref)
            binding = Binding(ref, bound.destination_id, Origin.REGISTERED)
            self.store.register(pair, binding)
        self.take_back(run)
        kinds = [kind for kind, _ in self.destination.deleted]
        self.assertEqual(["person", "person", "town"], kinds)

    def test_the_plan_runs_again_afterwards(self):
        self.take_back(self.run_plan(self.drawn))
        self.assertEqual(RunState.SUCCEEDED, self.run_plan(self.drawn).state)
        self.assertEqual(5, len(self.left()))

    def test_a_creation_of_unknown_outcome_is_looked_for(self):
        self.destination.after = raising(Killed(), "inn")
        run = self.run_plan(self.drawn)
        self.unhook()
        self.assertIn("house inn", self.left())
        self.assertEqual(RunState.SUCCEEDED, self.take_back(run).state)
        self.assertEqual([], self.left())
        self.assertEqual([], self.store.open_intents())

    def test_what_was_never_made_is_no_part_of_it(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no"), "mill")
        run = self.run_plan(self.drawn)
        refs = {str(n.ref) for n in self.outline(run).undone}
        self.assertEqual({"town:t1", "house:h2"}, refs)

    def outline(self, run: RunRow) -> rollback.Outline:
        return rollback.outline(self.store, self.drawn, run)


class TestSurroundings(testtools.TestCase):
    """What is around a workload goes after it, though neither needs the other."""

    SERVICES = {"server": "compute", "flavor": "compute", "project": "identity"}

    def order(self, *edges: tuple[str, str]) -> set[str]:
        graph = nx.DiGraph(
            (Ref.parse(need), Ref.parse(dependent)) for need, dependent in edges
        )
        services = {ref.type: self.SERVICES.get(ref.type, "network") for ref in graph}
        workloads = {ref for ref in graph if ref.type == "server"}
        found = rollback.surroundings(graph, list(graph), workloads, services)
        return {f"{first} {then}" for first, then in found}

    def test_rules_floating_ips_and_routes(self) -> None:
        order = self.order(
            ("project:p", "group:g"),
            ("project:p", "rule:1"),
            ("project:p", "server:1"),
            ("project:p", "server:2"),
            ("group:g", "rule:1"),
            ("group:g", "port:1"),
            ("port:1", "server:1"),
            ("port:2", "server:2"),
            ("port:2", "floating-ip:2"),
            ("subnet:s", "port:1"),
            ("subnet:s", "interface:i"),
            ("interface:i", "route:r"),
        )
        self.assertEqual(
            {
                "server:1 rule:1",
                "server:2 floating-ip:2",
                "server:1 interface:i",
                "server:1 route:r",
            },
            order,
        )

    def test_what_needs_a_server_goes_before_it_as_ever(self) -> None:
        order = self.order(
            ("group:g", "server:1"), ("server:1", "share:1"), ("group:g", "share:1")
        )
        self.assertEqual(set(), order)


class TestEndingEarly(RollbackTestCase):
    def test_what_is_in_use_fails_and_what_it_stands_on_waits(self):
        run = self.run_plan(self.drawn)
        self.destination.before_delete = refusing(in_use, "house")
        undone = self.take_back(run)
        self.assertEqual(RunState.FAILED, undone.state)
        self.assertEqual(NodeState.PENDING, self.node(undone, "town:t1").state)
        self.assertIn("remove that there", self.node(undone, "house:h1").error)
        text = reports.as_text(reports.report(self.store, self.drawn, undone))
        self.assertIn("taken back: 2 person", text)
        self.assertIn("pending: town Ulm waits for house", text)
        self.unhook()
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(undone.id).state)
        self.assertEqual([], self.left())

    def test_killed_before_and_after_each_deletion_and_resumed(self):
        for hook in ("before_delete", "after_delete"):
            for kind in ("person", "house", "town"):
                run = self.run_plan(self.drawn)
                setattr(self.destination, hook, refusing(Killed, kind))
                undone = self.take_back(run)
                self.unhook()
                ended = self.runner().drive(undone.id)
                self.assertEqual(RunState.SUCCEEDED, ended.state)
                self.assertEqual([], self.left())
                self.assertEqual([], self.store.bindings())

    def test_a_stop_lets_go_at_the_next_safe_point(self):
        begun = self.begin(self.run_plan(self.drawn))
        runner = self.runner(workers=1)
        self.onlooker.on = lambda event: "finished" in event and runner.stop()
        self.assertEqual(RunState.SUSPENDED, runner.drive(begun.id).state)
        self.onlooker.on = lambda event: None
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(begun.id).state)
        self.assertEqual([], self.left())

    def test_what_was_migrated_again_meanwhile_is_not_touched(self):
        run = self.run_plan(self.drawn)
        self.destination.before_delete = refusing(in_use, "town")
        undone = self.take_back(run)
        self.unhook()
        self.run_plan(self.plan("house", "inn"))
        pair = CloudPair(self.source.identity, self.destination.identity)
        town = Ref("town", "t1")
        there = self.store.binding(pair, town).destination_id
        self.store.unregister(pair, town)
        self.store.register(pair, Binding(town, there, Origin.ADOPTED))
        self.assertEqual(RunState.FAILED, self.runner().drive(undone.id).state)
        self.assertIn("stands for it", self.node(undone, "town:t1").error)
        self.assertEqual(["house inn", "person Bob", "town Ulm"], self.left())


class TestWhoMay(RollbackTestCase):
    def test_the_run_that_is_taken_back_is_marked_and_not_resumed(self):
        run = self.run_plan(self.drawn)
        undone = self.take_back(run)
        self.assertEqual(RunState.ROLLED_BACK, self.store.run(run.id).state)
        error = self.assertRaises(exceptions.InputError, self.runner().drive, run.id)
        self.assertIn(undone.id[:8], str(error))
        self.assertIsNone(self.store.run(run.id).owner)

    def test_a_run_that_is_being_driven_is_not_taken_back(self):
        run = self.run_plan(self.drawn)
        self.store.acquire_run(run.id, Owner.current())
        self.assertRaises(exceptions.RunBusy, self.begin, run)
        self.assertEqual(RunState.RUNNING, self.store.run(run.id).state)

    def test_a_rollback_is_not_rolled_back(self):
        undone = self.take_back(self.run_plan(self.drawn))
        self.assertRaises(exceptions.InputError, undoing.unfinished, self.store, undone)

    def test_an_unfinished_one_is_gone_on_with(self):
        run = self.run_plan(self.drawn)
        begun = self.begin(run)
        self.assertEqual(begun.id, undoing.unfinished(self.store, run).id)
        self.runner().drive(begun.id)
        self.assertIsNone(undoing.unfinished(self.store, run))
        self.assertEqual((), rollback.outline(self.store, self.drawn, run).undone)

    def test_one_that_was_cut_off_before_it_began_says_so(self):
        run = self.run_plan(self.drawn)
        begun = self.store.create_run(self.drawn.id, "rollback")
        self.assertIsNone(undoing.unfinished(self.store, run))
        error = self.assertRaises(exceptions.InputError, self.runner().drive, begun.id)
        self.assertIn("pumphouse rollback", str(error))

    def test_a_lost_hosts_run_can_be_taken_over(self):
        run = self.runner().start(self.drawn)
        lost = Owner("elsewhere", "another-boot", 1, 1)
        # As PostgreSQL would have it: on SQLite another boot proves the end.
        self.patch(type(self.store), "abandoned", lambda store, run: False)
        self.store.acquire_run(run.id, lost)
        self.assertRaises(exceptions.RunBusy, self.runner().drive, run.id)
        ended = self.runner().drive(run.id, take_over=True)
        self.assertEqual(RunState.SUCCEEDED, ended.state)
