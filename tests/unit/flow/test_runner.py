# SPDX-License-Identifier: Apache-2.0
"""Runs of toy plans: to their end, to a failure, to a stop, cut off, two at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any
from unittest import mock

from pumphouse import exceptions
from pumphouse.flow import engine, rollback, undoing
from pumphouse.models import Binding, CloudPair, Origin, Ref
from pumphouse.plan.document import Plan
from pumphouse.store.owner import Owner
from pumphouse.store.rows import NodeState, RunState
from tests.unit.flow import toys
from tests.unit.flow.base import RunTestCase


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours handles it."""


def raising(error: BaseException, name: str) -> Any:
    """A hook that raises *error* for the thing of that name."""

    def hook(kind: str, body: Any) -> None:
        if body["name"] == name:
            raise error

    return hook


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


class TestFailure(RunTestCase):
    def test_a_failure_stops_only_what_depends_on_it(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "mill")
        run = self.run_plan(self.plan("house", "h1", "h2"))
        self.assertEqual(RunState.FAILED, run.state)
        self.assertEqual(NodeState.FAILED, self.node(run, "house:h1").state)
        self.assertEqual(NodeState.PENDING, self.node(run, "person:p1").state)
        self.assertEqual(NodeState.DONE, self.node(run, "house:h2").state)

    def test_an_error_names_the_resource(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual("house inn: no room", self.node(run, "house:h2").error)

    def test_resuming_runs_what_has_not_succeeded(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.destination.before = lambda kind, body: None
        self.onlooker.events.clear()
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        self.assertNotIn("town:t1:ensure started", self.onlooker.events)
        self.assertEqual(3, len(self.destination.made))

    def test_a_bug_is_one_line_and_names_the_step(self):
        self.destination.before = raising(KeyError("secret\nsecond line"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        error = self.node(run, "house:h2").error
        self.assertIn("unexpected KeyError in step ensure", error)
        self.assertNotIn("secret", error)

    def test_a_node_that_was_put_back_starts_over(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no bed"), "Eve")
        run = self.run_plan(self.plan("guest", "Eve", "Fay"))
        self.assertEqual(RunState.FAILED, run.state)
        self.destination.before = lambda kind, body: None
        self.onlooker.events.clear()
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        self.assertIn("guest:g1:pack started", self.onlooker.events)
        self.assertNotIn("guest:g2:pack started", self.onlooker.events)

    def test_an_onlooker_that_breaks_fails_nothing(self):
        # A closed terminal, a name that the display cannot show.
        def broken(event: str) -> None:
            raise BrokenPipeError

        self.onlooker.on = broken
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.SUCCEEDED, run.state)


class TestLostAnswers(RunTestCase):
    def test_what_a_lost_answer_made_is_found(self):
        self.destination.after = raising(exceptions.LostAnswer("?"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(1, self.destination.made.count("house inn"))

    def test_what_was_made_when_the_process_was_killed_is_found(self):
        self.destination.after = raising(Killed(), "inn")
        plan = self.plan("house", "inn")
        run = self.run_plan(plan)
        self.assertEqual(["create"], [i.kind for i in self.store.open_intents()])
        self.destination.after = lambda kind, body: None
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        self.assertEqual(1, self.destination.made.count("house inn"))

    def test_namesakes_of_unknown_outcome_do_not_get_in_each_others_way(self):
        # All were made, none was bound; each has to get one of them.
        ids = [f"t{n}" for n in range(8)]
        self.source.records["town"] = [{"id": i, "name": "Ulm"} for i in ids]
        self.destination.after = raising(Killed(), "Ulm")
        run = self.run_plan(self.plan("town", *ids))
        self.destination.after = lambda kind, body: None
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        bound = {b.destination_id for b in self.store.bindings()}
        self.assertEqual({t["id"] for t in self.destination.records["town"]}, bound)


def so_often(times: int, error: BaseException, name: str) -> Any:
    """A hook that raises for the thing of that name, the first times."""
    left = [error] * times

    def hook(kind: str, body: Any) -> None:
        if body["name"] == name and left:
            raise left.pop()

    return hook


class TestAgain(RunTestCase):
    def test_a_request_that_never_arrived_is_sent_again_by_its_node(self):
        """In the same run, and nothing else runs twice."""
        lost = exceptions.Unreachable("no route to host")
        self.destination.before = so_often(2, lost, "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(3, self.onlooker.events.count("house:h2:ensure started"))
        self.assertEqual(2, self.onlooker.events.count("house:h2:ensure again"))
        self.assertEqual(1, self.onlooker.events.count("town:t1:ensure started"))
        self.assertEqual(["town Ulm", "house inn", "person Bob"], self.destination.made)
        self.assertEqual(3, self.node(run, "house:h2").attempts)
        self.assertEqual("", self.node(run, "house:h2").error)

    def test_a_lost_answer_is_looked_for_first(self):
        """What the request made before its answer was lost is not made again."""
        self.destination.after = so_often(1, exceptions.ServiceError("503"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(1, self.destination.made.count("house inn"))

    def test_after_three_attempts_it_has_failed(self):
        lost = exceptions.Unreachable("no route to host")
        self.destination.before = raising(lost, "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.FAILED, run.state)
        self.assertEqual(3, self.onlooker.events.count("house:h2:ensure started"))
        self.assertIn("no route", self.node(run, "house:h2").error)

    def test_a_permanent_error_is_not_tried_again(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "inn")
        run = self.run_plan(self.plan("house", "inn"))
        self.assertEqual(RunState.FAILED, run.state)
        self.assertEqual(1, self.onlooker.events.count("house:h2:ensure started"))

    def test_what_was_put_back_begins_with_its_first_step(self):
        """A guest that could not arrive has unpacked: it packs again."""
        lost = exceptions.ServiceError("503")
        self.destination.before = so_often(1, lost, "Eve")
        run = self.run_plan(self.plan("guest", "Eve"))
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(2, self.onlooker.events.count("guest:g1:pack started"))

    def test_a_deletion_is_tried_again(self):
        """A rollback is as patient."""
        run = self.run_plan(self.plan("house", "inn"))
        left = [exceptions.Unreachable("no route to host")]

        def lose(kind: str, its_id: str) -> None:
            if left:
                raise left.pop()

        self.destination.before_delete = lose
        plan = Plan.loads(self.store.plan(run.plan_id).document)
        undone = rollback.outline(self.store, plan, run).undone
        back = undoing.begin(self.store, plan, run, undone)
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(back.id).state)
        self.assertEqual(3, len(self.destination.deleted))


class TestStopping(RunTestCase):
    def stuck(self, name: str) -> tuple[threading.Event, Any]:
        """A request that is never answered until the event is set."""
        inside, answer = threading.Event(), threading.Event()
        self.addCleanup(answer.set)

        def hook(kind: str, body: Any) -> None:
            if body["name"] == name:
                inside.set()
                answer.wait(30)

        self.destination.before = hook
        return inside, answer

    def stopped_while_stuck(self, runner: Any, plan: Any, inside: Any) -> Any:
        """The run, which is stopped when the request is under way."""

        def stop() -> None:
            inside.wait(30)
            runner.stop()

        thread = threading.Thread(target=stop)
        thread.start()
        run = runner.drive(runner.start(plan).id)
        thread.join(30)
        return run

    def test_what_is_under_way_after_the_time_to_stop_is_named(self):
        """The run ends all the same; what was really running is marked, nothing else.

        Nobody else gets the run before this process has ended.
        """
        inside, answer = self.stuck("inn")
        runner = self.runner(stop_timeout=0.0, workers=1)
        run = self.stopped_while_stuck(runner, self.plan("house", "inn", "h1"), inside)
        self.assertEqual(RunState.SUSPENDED, run.state)
        self.assertEqual(("house:h2:ensure",), runner.left_behind)
        states = {str(n.ref): n.state for n in self.store.nodes(run.id)}
        self.assertEqual(NodeState.RUNNING, states["house:h2"])
        self.assertEqual(1, [*states.values()].count(NodeState.RUNNING))
        self.assertIsNotNone(run.owner)
        answer.set()

    def test_it_goes_on_when_that_process_is_gone(self):
        """As after a kill: just what had not succeeded runs."""
        inside, answer = self.stuck("inn")
        runner = self.runner(stop_timeout=0.0)
        run = self.stopped_while_stuck(runner, self.plan("house", "inn"), inside)
        self.destination.before = lambda kind, body: None
        self.onlooker.events.clear()
        with mock.patch.object(Owner, "alive", return_value=False):
            ended = self.runner().drive(run.id)
        self.assertEqual(RunState.SUCCEEDED, ended.state)
        self.assertNotIn("town:t1:ensure started", self.onlooker.events)
        self.assertIn("house:h2:ensure started", self.onlooker.events)
        answer.set()

    def test_time_to_stop_is_given(self):
        """What comes to its end in time is waited for."""
        inside, answer = self.stuck("inn")
        runner = self.runner(stop_timeout=30.0)
        stop = runner.stop
        runner.stop = lambda: (stop(), answer.set())
        run = self.stopped_while_stuck(runner, self.plan("house", "inn"), inside)
        self.assertEqual(RunState.SUSPENDED, run.state)
        self.assertEqual((), runner.left_behind)
        self.assertIsNone(run.owner)
        self.assertEqual(NodeState.DONE, self.node(run, "house:h2").state)

    def test_what_is_left_behind_is_not_calmed(self):
        """Its own step is still about it; others are put back."""
        inside, answer = self.stuck("Eve")
        runner = self.runner(stop_timeout=0.0)
        plan = self.plan("guest", "Eve")
        self.stopped_while_stuck(runner, plan, inside)
        self.assertEqual(("guest:g1:arrive",), runner.left_behind)
        self.assertEqual({"g1"}, toys.Guest.packed)
        answer.set()

    def test_a_stop_lets_go_at_the_next_safe_point(self):
        runner = self.runner(workers=1)

        def stop(event: str) -> None:
            if event == "town:t1:ensure finished":
                runner.stop()

        self.onlooker.on = stop
        run = runner.drive(runner.start(self.plan("house", "inn")).id)
        self.assertEqual(RunState.SUSPENDED, run.state)
        self.assertEqual(["town Ulm"], self.destination.made)
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)

    def test_a_stop_leaves_nobody_packed_and_they_start_over(self):
        plan = self.plan("guest", "Eve")
        runner = self.runner(workers=1)

        def stop(event: str) -> None:
            if event == "guest:g1:pack done":
                self.assertEqual({"g1"}, toys.Guest.packed)
                runner.stop()

        self.onlooker.on = stop
        run = runner.drive(runner.start(plan).id)
        self.assertEqual(RunState.SUSPENDED, run.state)
        self.assertEqual(set(), toys.Guest.packed)

        self.onlooker.on = lambda event: None
        run = self.runner().drive(run.id)
        self.assertEqual(RunState.SUCCEEDED, run.state)
        self.assertEqual(2, self.onlooker.events.count("guest:g1:pack started"))

    def test_a_run_stopped_before_it_began_has_not_succeeded(self):
        # Killed between the run and its nodes: the run has no rows of them yet.
        run = self.store.create_run(self.plan("house", "inn").id)
        runner = self.runner()
        runner.stop()
        self.assertEqual(RunState.SUSPENDED, runner.drive(run.id).state)

    def test_a_stop_when_all_is_over_harms_nothing(self):
        runner = self.runner()
        runner.drive(runner.start(self.plan("house", "inn")).id)
        runner.stop()


class TestTwoRuns(RunTestCase):
    OTHER = Owner.current()

    def running(self, plan: Any) -> Any:
        """A run of *plan* that another live process drives."""
        run = self.runner().start(plan)
        return self.store.acquire_run(run.id, self.OTHER)

    def test_two_live_runs_do_not_make_the_same_thing(self):
        other = self.running(self.plan("house", "inn"))
        run = self.runner().start(self.plan("house", "h1"))
        error = self.assertRaises(exceptions.RunBusy, self.runner().drive, run.id)
        self.assertIn(other.id[:8], str(error))
        self.assertIn("town:t1", str(error))
        self.assertEqual([], self.destination.made)
        self.assertEqual(RunState.PENDING, self.store.run(run.id).state)
        self.assertIsNone(self.store.run(run.id).owner)

    def test_what_the_other_has_made_already_is_no_obstacle(self):
        other = self.running(self.plan("house", "inn"))
        pair = CloudPair(self.source.identity, self.destination.identity)
        self.destination.records["town"] = [{"id": "T", "name": "Ulm"}]
        self.store.bind(pair, Binding(Ref("town", "t1"), "T", Origin.CREATED, other.id))
        self.store.node_done(other.id, Ref("town", "t1"), "ensure")
        run = self.runner().start(self.plan("house", "h1"))
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        self.assertEqual(["house mill", "person Ann"], self.destination.made)

    def test_runs_that_share_nothing_go_side_by_side(self):
        self.running(self.plan("house", "inn"))
        run = self.runner().start(self.plan("house", "h3"))
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)

    def test_a_run_whose_process_is_gone_is_no_obstacle(self):
        run = self.runner().start(self.plan("house", "inn"))
        gone = Owner(self.OTHER.host, self.OTHER.boot_id, 2**22 + 1, 1)
        self.store.acquire_run(run.id, gone)
        mine = self.runner().start(self.plan("house", "h1"))
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(mine.id).state)


class TestStart(RunTestCase):
    """A run of thousands starts quickly because it does no more than it has to."""

    def test_a_resumed_run_is_compiled_from_what_is_left(self):
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "mill")
        run = self.run_plan(self.plan("house", "h1", "h2"))
        self.destination.before = lambda kind, body: None
        states = self.store.node_states(run.id).items()
        left = {str(ref) for ref, state in states if state is not NodeState.DONE}
        self.assertTrue({"house:h1", "person:p1"} <= left < set(map(str, dict(states))))
        with mock.patch.object(engine, "load", wraps=engine.load) as load:
            self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        names = {node.name for node in load.call_args.args[0]}
        self.assertEqual(left, names)

    def test_what_was_read_is_not_read_again(self):
        plan = self.plan("house", "inn")
        run = self.runner().start(plan)
        with mock.patch.object(Plan, "loads", side_effect=AssertionError):
            self.assertEqual(
                RunState.SUCCEEDED, self.runner().drive(run.id, plan).state
            )

    def test_nothing_is_loaded_that_it_does_not_need(self):
        """Alembic is for upgrades, eventlet for green threads."""
        code = "import sys, pumphouse.flow.runner; print(*sys.modules)"
        blocked = f"import sys; sys.modules['eventlet'] = None; {code}"
        loaded = subprocess.run(
            [sys.executable, "-c", blocked], capture_output=True, text=True, check=True
        ).stdout.split()
        self.assertIn("taskflow.engines", loaded)
        self.assertEqual([], [name for name in loaded if name.startswith("alembic")])


class TestStates(RunTestCase):
    def test_the_logbook_agrees_with_what_the_operator_sees(self):
        run = self.run_plan(self.plan("house", "inn"))
        backend = engine.persistence(self.store.engine)
        self.addCleanup(backend.close)
        states = engine.states(backend, self.store.run(run.id).flow_id)
        self.assertEqual({"SUCCESS"}, set(states.values()))
