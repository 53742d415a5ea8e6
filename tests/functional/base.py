# SPDX-License-Identifier: Apache-2.0
"""What tests of whole runs on the simulated clouds stand on."""

from __future__ import annotations

import functools
import pathlib
import tempfile
from collections import Counter
from typing import Any

import fixtures
import testtools

from pumphouse.plan.document import Plan
from pumphouse.store.rows import RunRow, RunState
from testbed.simulator import seed
from testbed.simulator.pair import Pair
from testbed.simulator.server import ServerThread
from testbed.simulator.settings import Settings
from tests.functional.world import World, census

SETTINGS = Settings(build=0.02, change=0.02)


@functools.cache
def clouds() -> tuple[Pair, dict[str, bytes]]:
    """The pair of this process, and each cloud's state with a seeded tenant."""
    pair = Pair(SETTINGS).__enter__()
    pair.source.run(seed.fill, pair.source.cloud)
    pair.destination.run(seed.fill, pair.destination.cloud, projects=0)
    kept = {
        server.cloud.name: server.run(server.cloud.state.keep)
        for server in (pair.source, pair.destination)
    }
    return pair, kept


@functools.cache
def undisturbed() -> Counter[tuple[str, ...]]:
    """The destination's census after a run on a good day."""
    pair, _ = clouds()
    with tempfile.TemporaryDirectory() as directory:
        clouds_yaml = pair.write_clouds(pathlib.Path(directory) / "clouds.yaml")
        world = World(clouds_yaml, pathlib.Path(directory))
        try:
            world.migrate()
        finally:
            world.close()
    return census(pair.destination)


class FunctionalTestCase(testtools.TestCase):
    """``self.world`` as seeded, between ``self.source`` and ``self.destination``."""

    def setUp(self) -> None:
        super().setUp()
        for name in ("FIRST_POLL", "FIRST_LOOK"):
            self.useFixture(
                fixtures.MonkeyPatch(f"pumphouse.flow.context.{name}", 0.01)
            )
        pair, kept = clouds()
        self.source, self.destination = pair.source, pair.destination
        self._as_seeded(kept)
        undisturbed()
        self._as_seeded(kept)
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        clouds_yaml = pair.write_clouds(self.directory / "clouds.yaml")
        self.world = World(clouds_yaml, self.directory)
        self.addCleanup(self.world.close)

    def tearDown(self) -> None:
        super().tearDown()
        for server in (self.source, self.destination):
            self.assertEqual([], server.run(lambda s=server: [*s.cloud.log.crashes]))

    def _as_seeded(self, kept: dict[str, bytes]) -> None:
        for server in (self.source, self.destination):
            server.run(server.cloud.reset, kept[server.cloud.name])

    # -- what goes wrong -----------------------------------------------------
    def fault(self, server: ServerThread, kind: str, **what: Any) -> Any:
        """One more rule for a cloud; its counters show how often it hit."""
        return server.run(server.cloud.faults.add, kind, **what)

    def heal(self) -> None:
        """No more faults."""
        for server in (self.source, self.destination):
            server.run(server.cloud.faults.clear)

    # -- what is there -------------------------------------------------------
    def states(self, server: ServerThread) -> dict[str, str]:
        """The vm state of each server of a cloud, by name."""
        rows = server.run(lambda: [dict(s) for s in server.cloud.state.servers])
        return {row["name"]: row["vm_state"] for row in rows}

    def asked(self, server: ServerThread, route: str) -> int:
        """How often a cloud was asked that, however it answered."""
        counts = server.run(lambda: dict(server.cloud.log.counts))
        return sum(times for (_, name, _), times in counts.items() if name == route)

    def assert_migrated(self, plan: Plan, run: RunRow) -> None:
        """The run succeeded, both clouds agree, and nothing is there twice."""
        failed = [n.error for n in self.world.store.nodes(run.id) if n.error]
        self.assertEqual((RunState.SUCCEEDED, []), (run.state, failed))
        self.heal()
        found = self.world.verified(plan)
        self.assertEqual(([], []), (found.differing, found.unbound))
        self.assertEqual(undisturbed(), census(self.destination))
        self.assertEqual({"stopped"}, {*self.states(self.source).values()})
        credentials = self.destination.cloud.state.credentials
        self.assertEqual(0, self.destination.run(len, credentials))
