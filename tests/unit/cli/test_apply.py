# SPDX-License-Identifier: Apache-2.0
"""``pumphouse apply``: a plan is carried out once, and only if it still holds."""

from __future__ import annotations

from unittest import mock

from pumphouse import exceptions
from pumphouse.cli import migrate
from pumphouse.plan.document import Plan
from pumphouse.store.owner import Owner
from tests.unit.cli.base import CommandTestCase
from tests.unit.cli.test_migrate import no_room
from tests.unit.flow.base import raising


class TestApply(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.pumphouse("plan", "project", "inn")
        self.plan_id = self.newest("plan")

    def runs(self) -> int:
        return len(self.pumphouse("run", "list", "-f", "json").json)

    def test_the_beginning_of_an_id_is_enough(self):
        ended = self.pumphouse("apply", self.plan_id[:8])
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)

    def test_no_such_plan_is_one_line(self):
        ended = self.pumphouse("apply", "ffffffff")
        self.assertEqual(exceptions.EXIT_NOT_FOUND, ended.code)
        self.assertEqual(1, len(ended.err.splitlines()))

    def test_a_run_of_another_process_is_left_to_it(self):
        run = self.runner().start(self.plan("house", "inn"))
        self.store.acquire_run(run.id, Owner.current())
        for words in (("resume", run.id), ("apply", self.plan_id)):
            ended = self.pumphouse(*words)
            self.assertEqual(exceptions.EXIT_STORE, ended.code)
            self.assertIn(run.id[:8], ended.err.splitlines()[-1])
        self.assertEqual([], self.destination.made)

    def test_other_clouds_than_the_plans_are_left_alone(self):
        self.destination.identity = "http://elsewhere|one"
        ended = self.pumphouse("apply", self.plan_id)
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertEqual([], self.destination.made)

    def test_a_second_time_names_the_run_that_did_it(self):
        self.pumphouse("apply", self.plan_id)
        ended = self.pumphouse("apply", self.plan_id)
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertIn(f"nothing to do: run {self.newest('run')[:8]} has", ended.out)
        self.assertEqual((1, 3), (self.runs(), len(self.destination.made)))

    def test_a_plan_that_was_begun_is_gone_on_with(self):
        self.destination.before = no_room
        self.pumphouse("apply", self.plan_id)
        ended = self.pumphouse("apply", self.plan_id)
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        resume = f"'pumphouse resume {self.newest('run')[:8]}'"
        self.assertIn(resume, ended.err.splitlines()[-1])
        self.assertEqual(1, self.runs())

    def test_two_at_once_make_one_run(self):
        """While the one looks at the destination the other begins."""

        def meanwhile(driver: migrate.Driver, plan: Plan) -> None:
            self.store.create_run(plan.id, refs=[])

        with mock.patch.object(migrate.Driver, "check_standing", meanwhile):
            ended = self.pumphouse("apply", self.plan_id)
        self.assertEqual(exceptions.EXIT_INPUT, ended.code, ended.err)
        self.assertIn(f"begun by run {self.newest('run')[:8]}", ended.err)
        self.assertEqual(1, self.runs())

    def test_what_was_taken_back_may_be_applied_again(self):
        self.pumphouse("apply", self.plan_id)
        self.pumphouse("rollback", self.newest("run"), "--yes")
        ended = self.pumphouse("apply", self.plan_id)
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertEqual(6, len(self.destination.made))

    def test_what_it_counts_on_must_stand_before_anything_happens(self):
        self.destination.records["town"] = [{"id": "T", "name": "Ulm"}]
        self.pumphouse("plan", "project", "inn")
        self.destination.records["town"].clear()
        ended = self.pumphouse("apply", self.newest("plan"))
        self.assertEqual(exceptions.EXIT_BLOCKED, ended.code)
        self.assertIn("town Ulm (T there) is gone", ended.err.splitlines()[-1])
        self.assertEqual((0, []), (self.runs(), self.destination.made))

    def test_so_it_must_after_the_operator_thought_it_over(self):
        town = self.destination.records["town"] = [{"id": "T", "name": "Ulm"}]

        def thinking(*_: object, **__: object) -> None:
            town.clear()

        self.replace(migrate, "ask", thinking)
        ended = self.pumphouse("migrate", "project", "inn", answer="y\n")
        self.assertEqual(exceptions.EXIT_BLOCKED, ended.code, ended.err)
        self.assertEqual((0, []), (self.runs(), self.destination.made))

    def test_a_blocked_plan_runs_without_what_is_blocked(self):
        """The plan that runs is saved as it runs, and is carried out once."""
        self.source.records["house"][1]["on_fire"] = True
        self.pumphouse("plan", "project", "inn")
        blocked = self.newest("plan")
        refused = self.pumphouse("apply", blocked)
        self.assertEqual(exceptions.EXIT_BLOCKED, refused.code)
        self.assertIn("--without-blocked", refused.err.splitlines()[-1])
        for detailed, code in (("", 0), ("--detailed-exitcode", 3)):
            words = ["apply", blocked, "--without-blocked", *filter(None, [detailed])]
            ended = self.pumphouse(*words)
            self.assertEqual(code, ended.code, ended.err)
            self.assertEqual(["town Ulm"], self.destination.made)
            self.assertIn("left out: house inn: it is on fire", ended.err)
        self.assertEqual(1, self.runs())
        self.assertNotEqual(blocked, self.newest("plan"))

    def test_what_was_left_out_is_told_in_the_report_and_by_verify(self):
        self.source.records["house"][1]["on_fire"] = True
        words = ("migrate", "project", "inn", "--yes", "--without-blocked")
        ended = self.pumphouse(*words)
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertIn("left out: person Bob: needs house inn", ended.out)
        self.assertIn("left out: house inn", self.pumphouse("run", "show").err)
        verified = self.pumphouse("verify", "-f", "json")
        self.assertEqual(exceptions.EXIT_OK, verified.code, verified.err)
        self.assertEqual({"left out"}, {row["Result"] for row in verified.json})
        self.assertIn("1 verified, 0 differences, 2 left out", verified.err)
        again = self.pumphouse(*words, "--detailed-exitcode")
        self.assertEqual(exceptions.EXIT_BLOCKED, again.code, again.err)
        self.assertIn("2 resources left out", again.out)

    def test_resume_and_rollback_leave_it_out_as_well(self):
        self.source.records["house"][1]["on_fire"] = True
        self.destination.before = raising(exceptions.QuotaExceeded("no room"), "Ulm")
        words = ("migrate", "project", "inn", "--yes", "--without-blocked")
        self.assertEqual(exceptions.EXIT_FAILED, self.pumphouse(*words).code)
        self.destination.before = lambda kind, body: None
        resumed = self.pumphouse("resume", "--detailed-exitcode")
        self.assertEqual(exceptions.EXIT_BLOCKED, resumed.code, resumed.err)
        self.assertEqual(["town Ulm"], self.destination.made)
        undone = self.pumphouse("rollback", self.newest("run"), "--yes")
        self.assertEqual(exceptions.EXIT_OK, undone.code, undone.err)
        self.assertEqual([("town", "Ulm")], self.destination.deleted)

    def test_nothing_is_left_to_do(self):
        self.pumphouse("apply", self.plan_id)
        planned = self.pumphouse("plan", "project", "inn")
        self.assertIn("nothing to do", planned.err)
        self.assertNotIn("pumphouse apply", planned.err)
        ended = self.pumphouse("apply", self.newest("plan"))
        self.assertEqual(exceptions.EXIT_OK, ended.code)
        self.assertIn("nothing to do", ended.out)
        self.assertEqual(1, self.runs())
