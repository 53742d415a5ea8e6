# SPDX-License-Identifier: Apache-2.0
"""A run ends after its first write, its second, its third..., and is resumed.

As after a kill, nothing that follows the n-th write is in the database; n grows
until a run ends by itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import strategies as st
from taskflow import task as tasks
from taskflow.engines.action_engine import compiler as stock
from taskflow.patterns import linear_flow

from pumphouse import exceptions
from pumphouse.flow import engine as engines
from pumphouse.flow.engine.storage.group_commit import GroupCommit
from tests.unit.flow.engine import base, flows

Make = Callable[[], engines.GraphFlow]


class CrashPointsTest(base.EngineTestCase):
    def cut_after(self, engine: engines.KeepGoingEngine, writes: int) -> None:
        """Nothing that *engine* does after so many writes is saved."""
        lease = engine.persistence
        write = lease.saves._write
        left = [writes]

        def cut(changes: Any) -> None:
            if not left[0]:
                raise exceptions.RunBusy("killed")
            left[0] -= 1
            write(changes)

        # a clock that leaps has each change written by itself, and at once
        lease.saves = GroupCommit(cut, clock=itertools.count(step=10).__next__)

    def crash_everywhere(self, make: Make, faults: dict[str, int]) -> int:
        """Returns the number of points at which a run was cut off."""
        points = 0
        while True:
            self.setUp_flow()
            self.with_faults(faults)
            engine = self.load(make())
            self.cut_after(engine, points)
            try:
                engine.run()
            except exceptions.RunBusy:
                self.check_resumed(make)
                points += 1
            else:
                return points

    def setUp_flow(self) -> None:
        self.log.clear()
        self.book_id = self.flow_id = base.new_id()

    def with_faults(self, faults: dict[str, int]) -> None:
        """Each of these steps fails as many times."""
        left = dict(faults)

        def act(name: str) -> None:
            if left[name]:
                left[name] -= 1
                raise exceptions.LostAnswer("no answer")

        for name in faults:
            self.log.actions[name] = lambda name=name: act(name)

    def check_resumed(self, make: Make) -> None:
        """All is done in the end, in order, and what was done is not done again."""
        done = set(self.names_in("SUCCESS"))
        self.log.clear()
        flow = make()
        result = self.load(flow).run()
        self.assertTrue(result.succeeded, result)
        self.assertEqual(set(), set(self.names_in("RUNNING")))
        self.assertEqual(set(), done & set(self.log.executed))
        order = {name: at for at, name in enumerate(self.log.executed)}
        for before, after, _ in flow.iter_links():
            last = [task.name for task in before][-1]
            first = next(iter(after)).name
            if last in order and first in order:
                self.assertLess(order[last], order[first])

    def test_plain(self) -> None:
        """A chain of workloads, and some beside it."""
        points = self.crash_everywhere(
            lambda: base.workloads(self.log, 4, needs={1: [0], 2: [1]}), {}
        )
        self.assertGreater(points, 25)

    def test_while_tasks_run_again(self) -> None:
        """Two of a chain fail for the moment; each runs again within the run."""
        names = ("one", "two", "three")
        steps = {name: flows.Plain(name) for name in names}
        chain = linear_flow.Flow("chain").add(*steps.values())
        points = 0
        while self.cut_and_resumed(chain, steps, {"one": 1, "two": 2}, points):
            points += 1
        self.assertGreater(points, 12)

    @hypothesis.settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(flows.random_flow(), st.integers(0, 60), st.data())
    def test_random(self, flow: Any, writes: int, data: Any) -> None:
        """Any flow, any failures that go away by themselves."""
        atoms = list(stock.PatternCompiler(flow).compile().execution_graph)
        steps = {node.name: node for node in atoms if isinstance(node, tasks.Task)}
        names = st.sampled_from(sorted(steps)) if steps else st.nothing()
        faults = data.draw(st.dictionaries(names, st.integers(1, 3)))
        self.cut_and_resumed(flow, steps, faults, writes)

    def cut_and_resumed(
        self,
        flow: Any,
        steps: dict[str, Any],
        faults: dict[str, int],
        writes: int,
    ) -> bool:
        """After so many writes a run ends, and the next one does the rest.

        :returns: whether the first one was cut off
        """
        self.setUp_flow()
        self.with_faults(faults)
        for name, task in steps.items():
            task.execute = lambda name=name, **_: self.log.execute(name)
        engine = self.load(flow)
        self.cut_after(engine, writes)
        cut = False
        try:
            engine.run()
        except exceptions.RunBusy:
            cut = True
        done = set(self.names_in("SUCCESS")) & set(steps)
        self.log.clear()
        result = self.load(flow).run()
        self.assertTrue(result.succeeded, result)
        self.assertEqual(set(steps), set(self.names_in("SUCCESS")) & set(steps))
        self.assertEqual(set(), done & set(self.log.executed))
        return cut
