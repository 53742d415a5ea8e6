# SPDX-License-Identifier: Apache-2.0
"""Who planned, applied, approved, resumed, took back and cleaned up, as it is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fixtures

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.store import actor, journal
from tests.unit.cli.base import CommandTestCase

ALICE, BOB, CAROL = "alice@ops-1", "bob@ops-2", "carol@ops-3"


class TestWho(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.comes(ALICE)

    def comes(self, who: str) -> None:
        """From now on it is *who*."""
        self.replace(actor, "current", lambda: who)

    def row(self) -> tuple[str, ...]:
        row = self.pumphouse("run", "list", "-f", "json").json[0]
        return row["Applied By"], row["Approved By"], row["Approved With"]

    def shown(self, run: str) -> list[str]:
        """What ``run show`` says of who did what, in its order."""
        said = self.pumphouse("run", "show", run).err.splitlines()
        return [line.strip().split(", 20")[0] for line in said if " by " in line]

    def report(self) -> Any:
        path = Path(self.useFixture(fixtures.TempDir()).path, "report.json")
        self.pumphouse("run", "show", "--report", str(path))
        return json.loads(path.read_text())

    def test_the_plan(self):
        self.pumphouse("plan", "project", "inn")
        (row,) = self.pumphouse("plan", "list", "-f", "json").json
        self.assertEqual(ALICE, row["Planned By"])
        self.assertNotIn(ALICE, self.pumphouse("plan", "list").out)
        self.assertIn(ALICE, self.pumphouse("plan", "list", "--long").out)
        shown = self.pumphouse("plan", "show", row["ID"]).err
        self.assertRegex(shown, rf"(?m)^planned by {ALICE}, \d{{4}}-")

    def test_the_same_plan_saved_by_another_stays_the_firsts(self):
        self.pumphouse("plan", "project", "inn")
        plan = self.store.plan(self.newest("plan"))
        self.comes(BOB)
        self.store.save_plan(plan)
        self.assertEqual(ALICE, self.store.planned_by(plan.id))

    def test_with_yes(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        self.assertEqual((ALICE, ALICE, "--yes"), self.row())
        self.assertNotIn(ALICE, self.pumphouse("run", "list").out)
        self.assertIn(ALICE, self.pumphouse("run", "list", "--long").out)
        self.assertEqual("--yes", self.report()["approval"])

    def test_with_an_answer(self):
        self.pumphouse("migrate", "project", "inn", answer="y\n")
        self.assertEqual((ALICE, ALICE, "answer"), self.row())

    def test_a_plan_of_somebody_else(self):
        self.pumphouse("plan", "project", "inn")
        self.comes(BOB)
        self.pumphouse("apply", self.newest("plan"))
        self.assertEqual((BOB, BOB, "apply"), self.row())
        told = [
            f"planned by {ALICE}",
            f"applied by {BOB}",
            f"approved by {BOB} (apply)",
        ]
        self.assertEqual(told, self.shown(self.newest("run")))
        report = self.report()
        who = [report[f"{deed}_by"] for deed in ("planned", "applied", "approved")]
        self.assertEqual([ALICE, BOB, BOB], who)
        self.assertEqual([], report["later"])

    def test_who_came_later(self):
        before = self.destination.before
        self.destination.before = _refuse  # type: ignore[assignment]
        self.pumphouse("migrate", "project", "inn", "--yes")
        run = self.newest("run")
        self.destination.before = before
        self.comes(BOB)
        self.assertEqual(0, self.pumphouse("resume", run).code)
        self.assertEqual(ALICE, self.row()[0])
        later = self.report()["later"]
        self.assertEqual([("resumed", BOB)], [(d["what"], d["by"]) for d in later])
        self.comes(CAROL)
        self.assertEqual(0, self.pumphouse("rollback", run, answer="yes\n").code)
        self.assertEqual((CAROL, CAROL, "answer"), self.row())
        told = [f"resumed by {BOB}", f"rollback begun by {CAROL}"]
        self.assertEqual(told, self.shown(run)[3:])

    def test_one_that_never_began_is_resumed_by_another(self):
        self.pumphouse("plan", "project", "inn")
        plan = self.newest("plan")
        run = self.store.create_run(plan, applied_by=ALICE)
        self.comes(BOB)
        self.assertEqual(0, self.pumphouse("resume", run.id).code)
        told = [f"planned by {ALICE}", f"applied by {ALICE}", f"resumed by {BOB}"]
        self.assertEqual(told, self.shown(run.id))

    def test_who_cleaned_up(self):
        plan = self.plan("house", "inn")
        run = self.store.create_run(plan.id)
        intent = (plan.pair, journal.CREATE, Ref("town", "t1"))
        self.store.writer(run).open_intent(*intent)
        self.assertEqual(0, self.pumphouse("cleanup", "--yes").code)
        self.assertEqual(f"cleaned up by {ALICE}", self.shown(run.id)[-1])
        (event,) = self.store.events(run.id, name=actor.CLEANED_UP)
        self.assertEqual({"by": ALICE, "approval": "--yes"}, event.details)

    def test_nobody_knows_of_those_of_before(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        self.store.transact(_forget("''"))
        self.assertEqual(("", "", "--yes"), self.row())
        self.assertEqual([], self.shown(self.newest("run")))
        shown = self.pumphouse("plan", "show", self.newest("plan")).err
        self.assertNotIn("planned by", shown)

    def test_a_name_cannot_fake_a_line(self):
        """Not even one that came into the database by other ways."""
        self.pumphouse("migrate", "project", "inn", "--yes")
        self.store.transact(_forget("'eve' || char(10) || 'planned by root@x'"))
        plan, run = self.newest("plan"), self.newest("run")
        for words in (
            f"plan show {plan}",
            f"run show {run}",
            "plan list --long",
            "run list --long",
            "run list -f value",
            "plan list -f value",
        ):
            ended = self.pumphouse(*words.split())
            lines = (ended.out + ended.err).splitlines()
            self.assertTrue(
                any("eve planned by root@x" in line for line in lines), words
            )
            self.assertFalse(
                any(
                    line.startswith("planned") and "root" in line and "eve" not in line
                    for line in lines
                ),
                words,
            )


def _refuse(kind: str, body: Any) -> None:
    raise exceptions.Forbidden("no")


def _forget(who: str) -> Any:
    """Sets all names to the SQL expression *who*."""

    def write(connection: Any) -> None:
        connection.exec_driver_sql(f"update plans set planned_by = {who}")
        names = f"applied_by = {who}, approved_by = {who}"
        connection.exec_driver_sql(f"update runs set {names}")

    return write
