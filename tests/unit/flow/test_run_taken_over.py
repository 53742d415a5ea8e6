# SPDX-License-Identifier: Apache-2.0
"""A process is stopped, its run is taken over and finished, and it wakes up."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from pumphouse import exceptions
from pumphouse.conf.settings import Settings
from pumphouse.flow import rollback, undoing
from pumphouse.flow.engine.storage import persistence, tables
from pumphouse.models import Ref
from pumphouse.store import Owner, Store
from pumphouse.store.rows import NodeState, RunState
from pumphouse.store.tables import metadata
from tests.unit.flow import toys
from tests.unit.flow.base import RunTestCase

AT_ONCE = Settings(take_over_wait=0.0)
BOUND = 30  # seconds; never waited for unless the test fails


class TakenOverTestCase(RunTestCase):
    def setUp(self) -> None:
        super().setUp()
        elsewhere = dataclasses.replace(Owner.current(), host="elsewhere")
        self.first = Owner.current()
        self.patch(Owner, "current", lambda: self.owner)
        self.owner = elsewhere
        self.asleep, self.awake = threading.Event(), threading.Event()
        self.addCleanup(self.awake.set)
        self.ended: list[Any] = []

    def sleep(self) -> None:
        """As if the process were stopped here, until it is woken.  Only once."""
        if not self.asleep.is_set():
            self.asleep.set()
            self.awake.wait(BOUND)

    def asleep_after(self, owner: Any, method: str) -> None:
        """Falls asleep when it has called that for the first time."""
        real = getattr(owner, method)

        def called(*words: Any, **more: Any) -> Any:
            found = real(*words, **more)
            self.sleep()
            return found

        self.patch(owner, method, called)

    def begin(self, *names: str, **more: Any) -> Any:
        """A run that falls asleep in the middle, driven by another process."""
        run = self.runner().start(self.plan("house", *names))
        self.drive_aside(run, **more)
        return run

    def drive_aside(self, run: Any, **more: Any) -> None:
        """Have another process drive it, until that falls asleep."""
        runner = self.runner(settings=AT_ONCE, **more)

        def drive() -> None:
            try:
                self.ended.append(runner.drive(run.id))
            except Exception as error:  # noqa: BLE001 - the test looks at it
                self.ended.append(error)

        self.thread = threading.Thread(target=drive)
        self.thread.start()
        self.assertTrue(self.asleep.wait(BOUND))

    def taken_over(self, run: Any) -> Any:
        """The run as it ended for who took it over."""
        self.owner = self.first
        store = Store(self.url)
        self.addCleanup(store.close)
        runner = self.runner(store=store, settings=AT_ONCE)
        return runner.drive(run.id, take_over=True)

    def wake(self) -> exceptions.RunBusy:
        """Let the former owner go on to its end; what it says."""
        self.awake.set()
        self.thread.join(BOUND)
        (error,) = self.ended
        self.assertIsInstance(error, exceptions.RunBusy)
        return error

    def everything(self) -> Any:
        tables = metadata.sorted_tables
        return self.store.read(
            lambda each: [
                sorted(each.execute(select(t)).all(), key=str) for t in tables
            ]
        )

    def at(self, hook: str, name: str) -> None:
        """Fall asleep before or after the thing of that name is made."""

        def asleep(kind: str, body: Any) -> None:
            if body["name"] == name:
                self.sleep()

        setattr(self.destination, hook, asleep)


class TestTakenOver(TakenOverTestCase):
    def wakes_up(self, hook: str) -> None:
        self.at(hook, "inn")
        run = self.begin("inn")
        self.assertEqual(RunState.SUCCEEDED, self.taken_over(run).state)
        made, before = list(self.destination.made), self.everything()
        error = self.wake()
        self.assertIn(f"run {run.id[:8]}: was taken over", str(error))
        self.assertEqual(before, self.everything())
        self.assertEqual(made, self.destination.made)
        self.assertEqual(sorted({*made}), sorted(made))
        self.assertEqual(RunState.SUCCEEDED, self.store.run(run.id).state)

    def test_it_sends_nothing_that_it_was_about_to_send(self):
        self.wakes_up("before")

    def test_it_binds_nothing_that_it_had_made(self):
        """Who took the run over has found it already."""
        self.wakes_up("after")

    def test_it_begins_no_step_and_waits_for_nothing(self):
        """Whatever else it was at ends at once as well."""
        self.at("after", "inn")
        run = self.begin("inn", "h1", workers=1)
        self.taken_over(run)
        self.onlooker.events.clear()
        self.wake()
        self.assertEqual([], self.onlooker.events)

    def test_before_it_has_loaded_its_flow_it_does_not_take_that_away(self):
        """The engine's states are behind the same fence."""
        real, runs = self.store.node_states, []

        def states(run_id: str) -> Any:
            found = real(run_id)
            runs.append(run_id)
            if len(runs) == 2:  # of the one that is to be compiled
                self.sleep()
            return found

        self.patch(self.store, "node_states", states)
        run = self.begin("inn")
        self.assertEqual(RunState.SUCCEEDED, self.taken_over(run).state)
        self.wake()
        self.assertEqual(3, len(self.destination.made))

    def wakes_up_in_the_middle(self) -> None:
        """The former owner does, while the other one works; that one comes through."""
        run = self.begin("inn")
        woken: list[exceptions.RunBusy] = []

        def made(kind: str, body: Any) -> None:
            if body["name"] == "inn":
                woken.append(self.wake())

        self.destination.after = made
        self.assertEqual(RunState.SUCCEEDED, self.taken_over(run).state)
        (error,) = woken
        self.assertIn(f"run {run.id[:8]}: was taken over", str(error))
        self.assertEqual(3, len(self.destination.made))

    def test_it_takes_no_flow_away_that_it_had_not_loaded_yet(self):
        self.asleep_after(self.store, "update_run")
        self.wakes_up_in_the_middle()

    def test_it_takes_no_flow_away_that_it_had_found(self):
        self.asleep_after(persistence.Backend, "ensure_flow")
        self.wakes_up_in_the_middle()

    def test_it_makes_no_flow_for_a_run_that_is_not_its_own(self):
        """Whoever has the run has not come to that yet."""
        self.asleep_after(self.store, "update_run")
        run = self.begin("inn")
        self.store.acquire_run(run.id, self.first, force=True)
        self.wake()
        rows = [select(t) for t in (tables.logbooks, tables.flowdetails)]
        found = self.store.read(lambda each: [each.execute(row).all() for row in rows])
        self.assertEqual([[], []], found)

    def test_it_does_not_calm_what_the_other_one_moves(self):
        """A stop has servers put back; not those of somebody else's run."""
        calmed: list[Any] = []
        self.patch(toys.Guest, "calm", lambda *words: calmed.append(words))
        self.at("before", "Eve")
        run = self.runner().start(self.plan("guest", "Eve"))
        self.runner = self._with(run)  # type: ignore[method-assign]
        self.thread = threading.Thread(target=self.drive)
        self.thread.start()
        self.assertTrue(self.asleep.wait(BOUND))
        self.assertEqual(RunState.SUCCEEDED, self.taken_over(run).state)
        self.wake()
        self.assertEqual([], calmed)

    def _with(self, run: Any) -> Callable[..., Any]:
        real = self.runner
        first = real(settings=AT_ONCE)

        def drive() -> None:
            try:
                self.ended.append(first.drive(run.id))
            except Exception as error:  # noqa: BLE001 - the test looks at it
                self.ended.append(error)

        self.drive = drive
        return real


class TestRollbackTakenOver(TakenOverTestCase):
    def test_who_lost_a_rollback_does_not_touch_the_run_that_it_undoes(self):
        """It had the rollback, and was about to have that one as well."""
        plan = self.plan("house", "inn")
        run = self.run_plan(plan)
        undone = rollback.outline(self.store, plan, run).undone
        back = undoing.begin(self.store, plan, run, undone)
        self.asleep_after(self.store, "acquire_run")
        self.drive_aside(back)
        self.assertEqual(RunState.SUCCEEDED, self.taken_over(back).state)
        before = self.everything()
        self.wake()
        self.assertEqual(before, self.everything())

    def test_whoever_lost_the_run_begins_no_rollback_of_it(self):
        """It was stopped when it had the run already."""
        plan = self.plan("house", "inn")
        run = self.run_plan(plan)
        undone = rollback.outline(self.store, plan, run).undone
        elsewhere = dataclasses.replace(Owner.current(), host="elsewhere")
        real = self.store.create_run

        def late(*words: Any, **more: Any) -> Any:
            self.store.acquire_run(run.id, elsewhere, force=True)
            return real(*words, **more)

        self.patch(self.store, "create_run", late)
        error = self.assertRaises(
            exceptions.RunBusy, undoing.begin, self.store, plan, run, undone
        )
        self.assertIn("on elsewhere", str(error))
        self.assertEqual([], list(undoing.of(self.store, run)))


class TestNodesWin(RunTestCase):
    def test_what_is_not_done_runs_again_whatever_its_atoms_say(self):
        """As a former owner left it that no fence kept out; nothing is made twice."""
        run = self.run_plan(self.plan("house", "inn"))
        made = list(self.destination.made)
        for state in ("node_failed", "node_again", "node_started"):
            run = self.store.acquire_run(run.id, Owner.current())
            writer = self.store.writer(run)
            words = ("late", "LostAnswer") if state != "node_started" else ()
            getattr(writer, state)(Ref("house", "h2"), "ensure", *words)
            self.store.release_run(run.id, run.epoch, "failed", {})
            self.onlooker.events.clear()
            run = self.runner().drive(run.id)
            self.assertEqual(RunState.SUCCEEDED, run.state, state)
            self.assertIn("house:h2:ensure finished", self.onlooker.events)
            self.assertNotIn("town:t1:ensure started", self.onlooker.events)
            self.assertIs(NodeState.DONE, self.node(run, "house:h2").state)
        self.assertEqual(made, self.destination.made)

    def test_with_all_of_its_steps(self):
        run = self.run_plan(self.plan("guest", "Eve"))
        run = self.store.acquire_run(run.id, Owner.current())
        self.store.writer(run).node_failed(Ref("guest", "g1"), "pack", "late", "X")
        self.store.release_run(run.id, run.epoch, "failed", {})
        self.onlooker.events.clear()
        self.assertEqual(RunState.SUCCEEDED, self.runner().drive(run.id).state)
        started = [e for e in self.onlooker.events if e.endswith("started")]
        self.assertEqual(["guest:g1:pack started", "guest:g1:arrive started"], started)


class TestWindow(RunTestCase):
    """What an earlier owner asked for may still be under way."""

    def resumed(self, *, cut_off: bool) -> list[float]:
        """Seconds that the next owner waits, where an intent was left open."""
        waited: list[float] = []
        plan = self.plan("house", "inn")
        run = self.runner().start(plan)
        gone = dataclasses.replace(Owner.current(), pid=2**22 + 1)
        run = self.store.acquire_run(run.id, gone)
        writer = self.store.writer(run)
        writer.open_intent(plan.pair, "create", Ref("house", "h2"))
        if not cut_off:
            self.store.release_run(run.id, run.epoch, "failed", {})
        runner = self.runner(settings=Settings(take_over_wait=7.0))
        self.patch(
            runner.stopping, "wait", lambda seconds: bool(waited.append(seconds))
        )
        self.assertEqual(RunState.SUCCEEDED, runner.drive(run.id).state)
        return waited

    def test_it_is_waited_for_before_that_is_made_again(self):
        (seconds,) = self.resumed(cut_off=True)
        self.assertTrue(6.0 < seconds <= 7.0, seconds)

    def test_a_run_that_was_given_up_has_nothing_under_way(self):
        self.assertEqual([], self.resumed(cut_off=False))
