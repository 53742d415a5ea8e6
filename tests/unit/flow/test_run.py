# SPDX-License-Identifier: Apache-2.0
"""Runs of toy plans to their end, and those that do not begin."""

from __future__ import annotations

import threading

from pumphouse import exceptions
from pumphouse.flow import engine
from pumphouse.models import Origin
from pumphouse.store.rows import RunState
from tests.unit.flow import toys
from tests.unit.flow.base import RunTestCase


class TestRun(RunTestCase):
    def test_all_of_a_plan_is_made_once_and_bound(self):
        plan = self.plan("house", "h1", "h2")
        run = self.run_plan(plan)
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(
            ["house inn", "house mill", "person Ann", "person Bob", "town Ulm"],
            sorted(self.destination.made),
        )
        self.assertEqual(set(plan.nodes), {b.ref for b in self.store.bindings()})
        self.assertEqual([], self.store.open_intents())
        self.assertEqual({"done"}, {n.state.value for n in self.store.nodes(run.id)})

    def test_what_is_needed_goes_first(self):
        self.run_plan(self.plan("house", "inn"))
        self.assertEqual(["town Ulm", "house inn", "person Bob"], self.destination.made)

    def test_servers_that_wait_need_no_worker(self):
        """Both guests arrive only when both are waiting, with one worker."""
        waiting = threading.Barrier(2)
        arrive = toys.Guest.arrive

        def wait_and_arrive(guest, ctx, resource):
            with ctx.aside():
                waiting.wait(30)
            return arrive(guest, ctx, resource)

        self.patch(toys.Guest, "arrive", wait_and_arrive)
        plan = self.plan("guest", "Eve", "Fay")
        run = self.run_plan(plan, workers=1, waiting=2)
        self.assertEqual(RunState.SUCCEEDED, run.state)

    def test_a_plan_applied_twice_makes_nothing_twice(self):
        plan = self.plan("house", "inn")
        self.run_plan(plan)
        made = list(self.destination.made)
        self.assertEqual(RunState.SUCCEEDED, self.run_plan(plan).state)
        self.assertEqual(made, self.destination.made)

    def test_two_plans_for_the_same_thing_make_it_once(self):
        first, stale = self.plan("house", "inn"), self.plan("house", "inn", "h1")
        self.run_plan(first)
        self.assertEqual(RunState.SUCCEEDED, self.run_plan(stale).state)
        self.assertEqual(5, len(self.destination.made))

    def test_what_is_adopted_is_bound_as_such(self):
        self.destination.records["town"] = [{"id": "T", "name": "Ulm"}]
        self.run_plan(self.plan("house", "inn"))
        bound = {b.ref.id: b for b in self.store.bindings()}
        self.assertEqual(
            (Origin.ADOPTED, "T"), (bound["t1"].origin, bound["t1"].destination_id)
        )

    def test_what_is_gone_from_the_destination_is_made_again(self):
        self.run_plan(self.plan("house", "inn"))
        self.destination.records["person"].clear()
        plan = self.plan("house", "inn")
        self.assertEqual(RunState.SUCCEEDED, self.run_plan(plan).state)
        self.assertEqual(2, self.destination.made.count("person Bob"))
        bound = {b.ref.id: b.destination_id for b in self.store.bindings()}
        self.assertEqual(self.destination.records["person"][0]["id"], bound["p2"])

    def test_a_blocked_plan_does_not_run(self):
        self.source.records["house"][1]["on_fire"] = True
        plan = self.plan("house", "inn")
        error = self.assertRaises(exceptions.PlanBlocked, self.runner().start, plan)
        self.assertIn("it is on fire", str(error))

    def test_a_plan_for_other_clouds_does_not_run_and_leaves_no_run(self):
        plan, runs = self.plan("house", "inn"), len(self.store.runs())
        self.destination.identity = "http://elsewhere|one"
        self.assertRaises(exceptions.InputError, self.runner().start, plan)
        self.assertEqual(runs, len(self.store.runs()))


class TestStates(RunTestCase):
    def test_the_logbook_agrees_with_what_the_operator_sees(self):
        run = self.run_plan(self.plan("house", "inn"))
        backend = engine.persistence(self.store.engine)
        self.addCleanup(backend.close)
        states = engine.states(backend, self.store.run(run.id).flow_id)
        self.assertEqual({"SUCCESS"}, set(states.values()))
