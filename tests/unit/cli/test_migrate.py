# SPDX-License-Identifier: Apache-2.0
"""``pumphouse migrate``, ``apply``, ``resume``, ``run`` and ``verify``, end to end."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions
from pumphouse.models import NOT_KEPT
from pumphouse.resources.base import Fitness
from tests.unit.cli.base import CommandTestCase
from tests.unit.plan import toys


def no_room(kind: str, body: Any) -> None:
    if body["name"] == "inn":
        raise exceptions.QuotaExceeded("no room", hint="Make some")


class TestMigrate(CommandTestCase):
    def test_yes_runs_the_plan(self):
        ended = self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertIn("succeeded", ended.out)
        self.assertEqual(["town Ulm", "house inn", "person Bob"], self.destination.made)

    def test_the_same_again_changes_nothing_and_says_so(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        ended = self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_OK, ended.code)
        self.assertIn("nothing to do", ended.out)
        self.assertEqual(3, len(self.destination.made))

    def test_without_a_terminal_nothing_starts(self):
        ended = self.pumphouse("migrate", "project", "inn")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn("--yes", ended.err)
        self.assertEqual([], self.destination.made)

    def test_only_yes_is_yes(self):
        for answer in ("n\n", "\n", "yeah\n"):
            ended = self.pumphouse("migrate", "project", "inn", answer=answer)
            self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertEqual([], self.destination.made)
        ended = self.pumphouse("migrate", "project", "inn", answer="y\n")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)

    def test_a_blocked_plan_does_not_run(self):
        self.source.records["house"][1]["on_fire"] = True
        ended = self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_BLOCKED, ended.code)
        self.assertIn("blocked: house inn: it is on fire", ended.err)
        self.assertEqual([], self.pumphouse("run", "list", "-f", "json").json)

    def test_ctrl_c_while_planning_changes_nothing(self):
        def interrupted(kind: str) -> Any:
            raise KeyboardInterrupt

        self.source.all = interrupted  # type: ignore[method-assign]
        ended = self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_SUSPENDED, ended.code)
        self.assertEqual("pumphouse: interrupted", ended.err.splitlines()[-1])


class TestNotKept(CommandTestCase):
    """What a step finds that it cannot keep, of whatever type."""

    def setUp(self) -> None:
        super().setUp()
        ensure = toys.House.ensure

        def smaller(kind: Any, ctx: Any, resource: Any) -> Any:
            there = ensure(kind, ctx, resource)
            self.destination.records["house"][-1]["floors"] = 0
            ctx.not_kept(resource.ref, "garden")
            return {**there, NOT_KEPT: ["floors"]}

        self.replace(toys.House, "ensure", smaller)

    def test_it_is_told_everywhere_and_is_why_the_command_ends_so(self):
        ended = self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_DIFFERENT, ended.code, ended.err)
        what = "could not be kept: floors of house inn, garden of house inn"
        self.assertIn(what, ended.out)
        last = ended.err.splitlines()[-1]
        self.assertIn("all is migrated, but 2 could not be kept", last)
        self.assertIn("'pumphouse verify", last)
        self.assertIn(what, self.pumphouse("run", "show").err)
        verified = self.pumphouse("verify", "-f", "json")
        self.assertEqual(exceptions.EXIT_DIFFERENT, verified.code)
        self.assertEqual(["not kept"], [row["Result"] for row in verified.json])
        # It is no news to the next plan.
        again = self.pumphouse("plan", "project", "inn", "--detailed-exitcode")
        self.assertEqual(exceptions.EXIT_OK, again.code, again.err)

    def test_what_the_plan_announced_is_no_reason(self):
        fitness = Fitness(notes=("smaller",), announced=("floors", "garden"))
        self.replace(toys.House, "fitness", lambda *_: fitness)
        ended = self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertIn("could not be kept, as the plan said: floors of", ended.out)
        verified = self.pumphouse("verify", "-f", "json")
        self.assertEqual(exceptions.EXIT_OK, verified.code)
        self.assertEqual(["as announced"], [row["Result"] for row in verified.json])


class TestUnfinished(CommandTestCase):
    """A step fails after the thing is there: half of it is bound."""

    def setUp(self) -> None:
        super().setUp()
        self.broken = True

        def tasks(kind: Any, resource: Any, make: Any) -> Any:
            return [make("ensure", kind.ensure), make("paint", paint)]

        def paint(ctx: Any, resource: Any) -> None:
            if self.broken:
                raise exceptions.QuotaExceeded("no paint")
            self.destination.made.append(f"painted {resource.name}")

        self.replace(toys.House, "tasks", tasks)
        ended = self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual(exceptions.EXIT_FAILED, ended.code)
        self.run_id = self.newest("run")

    def test_verify_marks_it(self):
        ended = self.pumphouse("verify", "-f", "json")
        self.assertEqual(exceptions.EXIT_DIFFERENT, ended.code)
        results = {row["Name"]: row["Result"] for row in ended.json}
        self.assertEqual({"inn": "unfinished", "Bob": "not migrated"}, results)
        self.assertIn(f"'pumphouse resume {self.run_id[:8]}' goes on", ended.err)

    def test_a_second_plan_finishes_it(self):
        self.broken = False
        planned = self.pumphouse("plan", "project", "inn", "-f", "json")
        house = next(row for row in planned.json if row["Type"] == "house")
        self.assertEqual("create", house["Action"])
        self.assertIn(f"run {self.run_id[:8]} did not finish it", house["Reason"])
        ended = self.pumphouse("apply", self.newest("plan"))
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertEqual(
            ["town Ulm", "house inn", "painted inn", "person Bob"],
            self.destination.made,
        )
        # Then it is finished, whichever run began it.
        again = self.pumphouse("plan", "project", "inn", "--detailed-exitcode")
        self.assertEqual(exceptions.EXIT_OK, again.code, again.err)
        self.assertEqual(exceptions.EXIT_OK, self.pumphouse("verify").code)


class TestFailure(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.destination.before = no_room
        self.ended = self.pumphouse("migrate", "project", "inn", "--yes")

    def test_a_failed_run_has_its_own_code_and_says_what_now(self):
        self.assertEqual(exceptions.EXIT_FAILED, self.ended.code)
        self.assertIn("FAILED in ensure: house inn: no room. Make some", self.ended.out)
        last = self.ended.err.splitlines()[-1]
        self.assertIn("1 failed, 1 wait for those", last)
        self.assertIn("pumphouse resume", last)
        self.assertNotIn("Traceback", self.ended.err)

    def test_resume_does_just_the_rest(self):
        self.destination.before = lambda kind, body: None
        ended = self.pumphouse("resume")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertEqual(3, len(self.destination.made))
        again = self.pumphouse("resume")
        self.assertIn("nothing to do", again.out)

    def test_resume_passes_over_what_has_succeeded_since(self):
        failed = self.newest("run")
        self.destination.before = lambda kind, body: None
        self.pumphouse("migrate", "server", "Eve", "--yes")
        self.assertNotEqual(failed, self.newest("run"))
        ended = self.pumphouse("resume")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertIn(f"run {failed[:8]} succeeded", ended.out)

    def test_resume_of_nothing_is_one_line(self):
        self.destination.before = lambda kind, body: None
        self.pumphouse("resume")
        ended = self.pumphouse("resume")
        self.assertEqual(exceptions.EXIT_OK, ended.code)
        self.assertEqual("nothing to do: all runs have come to their end\n", ended.out)

    def test_a_cloud_that_is_down_is_told_once_before_anything(self):
        class Down(type(self.destination)):
            @property
            def user_id(self) -> str:
                raise exceptions.Unreachable("no connection", hint="Check it")

            @user_id.setter
            def user_id(self, value: str) -> None: ...

        for cloud in (self.source, self.destination):
            kind = type(cloud)
            cloud.__class__ = Down
            ended = self.pumphouse("resume")
            cloud.__class__ = kind
            self.assertEqual(exceptions.EXIT_CLOUD, ended.code, ended.err)
            self.assertIn("no connection. Check it", ended.err.splitlines()[-1])
            self.assertEqual("", ended.out)

    def test_run_show_has_each_resource_for_machines(self):
        shown = self.pumphouse("run", "show", "-f", "json")
        states = {row["Name"]: row["State"] for row in shown.json}
        self.assertEqual({"Ulm": "done", "inn": "failed", "Bob": "pending"}, states)

    def test_verify_is_not_content_with_half(self):
        ended = self.pumphouse("verify", "-f", "json")
        self.assertEqual(exceptions.EXIT_DIFFERENT, ended.code)
        self.assertEqual(["inn", "Bob"], [row["Name"] for row in ended.json])
        self.assertIn("2 not migrated", ended.err)

    def test_verify_is_content_with_all(self):
        self.destination.before = lambda kind, body: None
        self.pumphouse("resume")
        ended = self.pumphouse("verify", "-f", "json")
        self.assertEqual((exceptions.EXIT_OK, []), (ended.code, ended.json), ended.err)

    def test_a_difference_has_its_own_code(self):
        self.destination.before = lambda kind, body: None
        self.pumphouse("resume")
        self.destination.records["house"][0]["floors"] = 7
        ended = self.pumphouse("verify", "-f", "json")
        self.assertEqual(exceptions.EXIT_DIFFERENT, ended.code)
        self.assertEqual("floors", ended.json[0]["Field"])
