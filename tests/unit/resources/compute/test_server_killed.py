# SPDX-License-Identifier: Apache-2.0
"""A move is killed anywhere, and the next run ends it the same."""

from __future__ import annotations

from pumphouse import exceptions
from tests.unit.resources.compute.server_sim import Killed, SimCloud
from tests.unit.resources.compute.server_world import STEPS, MoveTestCase, World


class TestKilled(MoveTestCase):
    """Killed before or after any request, the next run ends the same."""

    def sweep(
        self, status: str = "ACTIVE", ours: bool = True, arrives: str = "", **options
    ) -> int:
        def world() -> World:
            new = World(status, **options)
            if not ours:
                new.ctx.user_clouds.clear()
            return new

        whole = world()
        whole.run()
        points = [
            (side, n, when)
            for side in ("source", "destination")
            for n in range(len(getattr(whole, side).changes()))
            for when in ("before", "after")
        ]
        for side, number, when in points:
            one = world()
            reached = self._kill(one, getattr(one, side), number, when)
            one.run(*STEPS[STEPS.index(reached) :])
            self.assertEqual(1, len(one.destination.servers), (side, number, when))
            not_kept = () if ours else ("user_id",)
            self.assert_moved(one, arrives or status, not_kept)
            lent = [u for u, _ in one.destination.keypairs if "operator" in u]
            self.assertEqual([], lent, (side, number, when))
        return len(points)

    def _kill(self, world: World, cloud: SimCloud, number: int, when: str) -> str:
        """The step in which the run was killed."""
        clouds = (world.source, world.destination)
        seen = 0

        def count(name: str) -> None:
            nonlocal seen
            seen += 1
            if seen == number + 1:
                for each in clouds:  # no clean-up gets through either
                    each.before = die
                raise Killed

        def die(name: str) -> None:
            raise Killed

        setattr(cloud, when, count)
        for name in STEPS:
            try:
                world.run(name)
            except Killed:
                for each in clouds:
                    each.before = each.after = lambda name: None
                return name
        raise AssertionError(f"request {number} was never sent")

    def test_at_any_request_of_a_running_server(self):
        self.assertGreaterEqual(self.sweep(), 20)

    def test_at_any_request_of_a_stopped_server(self):
        self.assertGreater(self.sweep("SHUTOFF"), 6)

    def test_at_any_request_of_one_that_does_not_run(self):
        for status in ("PAUSED", "SUSPENDED"):
            points = self.sweep(status, arrives="ACTIVE", move_paused_servers=True)
            self.assertGreaterEqual(points, 18)

    def test_at_any_request_without_its_owner(self):
        self.assertGreaterEqual(self.sweep(ours=False), 24)

    def test_between_any_two_lines_of_the_journal(self):
        """Each line is written on its own: none is left open for ever."""
        points = 0
        for line in ("temporary", "settle"):
            for number in range(4):
                world = World()
                reached = self._kill_at_line(world, line, number)
                if reached:
                    points += 1
                    world.run(*STEPS[STEPS.index(reached) :])
                    self.assert_moved(world)
        self.assertEqual(6, points)

    def _kill_at_line(self, world: World, line: str, number: int) -> str:
        """The step in which the run was killed; empty if it was not."""
        write, left = getattr(world.ctx, line), [number]

        def killed(*args: object, **details: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return write(*args, **details)

        setattr(world.ctx, line, killed)
        try:
            for name in STEPS:
                world.run(name)
        except Killed:
            return name
        finally:
            setattr(world.ctx, line, write)
        return ""

    def test_at_any_request_while_it_is_put_back(self):
        """The next run neither loses nor doubles a server."""
        for side, number, when in (
            ("source", 1, "before"),
            ("source", 1, "after"),
            ("destination", 1, "before"),
            ("destination", 1, "after"),
        ):
            world = World()
            world.destination.fault = "No valid host was found."
            self.assertEqual(
                "verify",
                self._kill(world, getattr(world, side), number, when),
            )
            world.destination.fault = ""
            try:
                world.run("verify", "shutdown")
            except exceptions.WrongState:
                # The broken half was still there and is removed now.
                self.assertEqual("ACTIVE", world.here["status"])
                world.run()
            self.assert_moved(world)
