# SPDX-License-Identifier: Apache-2.0
"""A store in a temporary directory, two toy clouds and what goes wrong with them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import testtools

from pumphouse.cli.plan import save
from pumphouse.conf.migration import Options
from pumphouse.conf.settings import Settings
from pumphouse.flow.engine import Patience
from pumphouse.flow.runner import Runner
from pumphouse.models import CloudPair, Ref
from pumphouse.plan.document import Plan
from pumphouse.plan.planner import Planner
from pumphouse.plan.selection import Selection
from pumphouse.store import Store
from pumphouse.store.rows import NodeRow, PlanRow, RunRow
from tests.unit.flow import toys


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours handles it."""


def raising(error: BaseException, name: str) -> Any:
    """A hook that raises *error* for the thing of that name."""

    def hook(kind: str, body: Any) -> None:
        if body["name"] == name:
            raise error

    return hook


def so_often(times: int, error: BaseException, name: str) -> Any:
    """A hook that raises for the thing of that name, the first times."""
    left = [error] * times

    def hook(kind: str, body: Any) -> None:
        if body["name"] == name and left:
            raise left.pop()

    return hook


class StoreTestCase(testtools.TestCase):
    """Has ``self.store``, empty but for one plan and one run of it."""

    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.url = f"sqlite:///{Path(directory.name) / 'pumphouse.db'}"
        self.store = Store(self.url)
        self.addCleanup(self.store.close)
        self.store.save_plan(
            PlanRow("plan-1", "digest", "s", "d", "title", "{}", {}, "2026-01-01")
        )
        self.run_id = self.store.create_run("plan-1").id


class Onlooker:
    """A watcher that remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.on: Callable[[str], None] = lambda event: None

    def step(self, ref: Ref, step: str, state: str, text: str) -> None:
        event = f"{ref}:{step} {state}"
        self.events.append(event)
        self.on(event)

    def progress(self, ref: Ref, done: int, total: int) -> None:
        self.events.append(f"{ref} {done}/{total}")


class RunTestCase(StoreTestCase):
    """Has two toy clouds, and draws up plans and runs them for real."""

    def setUp(self) -> None:
        super().setUp()
        self.source = toys.source()
        self.destination = toys.MakingCloud()
        self.onlooker = Onlooker()

    def plan(self, kind: str, *terms: str, **more: Any) -> Plan:
        pair = CloudPair(self.source.identity, self.destination.identity)
        bindings = {b.ref: b for b in self.store.bindings(pair)}
        arguments: dict[str, Any] = {"mappings": {}, "bindings": bindings, **more}
        plan = Planner(
            source=self.source,
            destination=self.destination,
            types=toys.TYPES,
            options=Options(),
            **arguments,
        ).draw_up(Selection(kind, terms))
        save(self.store, plan)
        return plan

    def runner(self, **more: Any) -> Runner:
        """As another process would make one."""
        arguments: dict[str, Any] = {
            "source": self.source,
            "destination": self.destination,
            "store": self.store,
            "types": toys.TYPES,
            "watcher": self.onlooker,
            "workers": 4,
            "patience": Patience(delay=0.0),
            "settings": Settings(take_over_wait=0.0),  # toys answer at once
            **more,
        }
        return Runner(**arguments)

    def run_plan(self, plan: Plan, **more: Any) -> RunRow:
        runner = self.runner(**more)
        return runner.drive(runner.start(plan).id)

    def node(self, run: RunRow, ref: str) -> NodeRow:
        return {str(n.ref): n for n in self.store.nodes(run.id)}[ref]
