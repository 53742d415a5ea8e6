# SPDX-License-Identifier: Apache-2.0
"""The report of a run: what failed, what waits for what, who waits for us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.plan.document import Plan
from pumphouse.report import run as reports
from pumphouse.report.downtime import PUT_BACK
from pumphouse.resources.compute.server_halt import SUSPENDED
from pumphouse.resources.compute.server_keypair import KEYPAIR
from pumphouse.store import journal
from pumphouse.store.owner import Owner
from pumphouse.store.rows import RunRow
from tests.unit.flow.base import RunTestCase


class ReportTestCase(RunTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.refuse: set[str] = set()
        self.destination.before = self.refusing

    def refusing(self, kind: str, body: Any) -> None:
        if body["name"] in self.refuse:
            raise exceptions.QuotaExceeded("no room")

    def report(self, plan: Plan) -> reports.RunReport:
        return reports.report(self.store, plan, self.run_plan(plan))


class TestReport(ReportTestCase):
    def test_success_counts_by_type(self):
        report = self.report(self.plan("house", "h1", "inn"))
        self.assertEqual({"house": 2, "person": 2, "town": 1}, report.counts)
        self.assertEqual(((), ()), (report.failed, report.pending))
        self.assertIn("2 house, 2 person, 1 town", reports.as_text(report))

    def test_a_failure_is_told_with_what_waits_for_it(self):
        self.refuse = {"inn"}
        report = self.report(self.plan("house", "h1", "inn"))
        text = reports.as_text(report)
        self.assertIn("FAILED in ensure: house inn: no room", text)
        self.assertIn("pending: person Bob waits for house inn", text)

    def test_what_waits_waits_for_failures_however_far_away(self):
        self.refuse = {"Ulm"}
        report = self.report(self.plan("house", "h1"))
        self.assertEqual(
            {"Ann": "waits for town Ulm", "mill": "waits for town Ulm"},
            {line.name: line.text for line in report.pending},
        )

    def test_of_many_failures_some_are_named(self):
        houses = [
            {"id": f"x{n}", "name": f"x{n}", "town": "t1", "floors": 1}
            for n in range(5)
        ]
        self.source.records["house"] += houses
        self.refuse = {h["name"] for h in houses}
        plan = self.plan("house", *sorted(self.refuse))
        run = self.run_plan(plan)
        failed = {Ref("house", f"x{n}") for n in range(5)}
        graph = plan.graph.copy()
        last = Ref("person", "last")
        graph.add_edges_from((ref, last) for ref in failed)
        found = reports._causes(graph, failed)
        self.assertEqual(4, len(found[last]))
        self.assertEqual(5, len(reports.report(self.store, plan, run).failed))

    def test_it_is_plain_json(self):
        report = self.report(self.plan("house", "inn"))
        self.assertEqual(
            report.run_id, json.loads(json.dumps(report.as_json()))["run_id"]
        )

    def test_a_long_list_is_cut_short_but_failures_are_not(self):
        self.source.records["house"] = [
            {"id": f"h{n}", "name": f"h{n}", "town": "t1"} for n in range(40)
        ]
        self.source.records["person"] = [
            {"id": f"p{n}", "name": f"p{n}", "house": f"h{n}"} for n in range(40)
        ]
        self.refuse = {f"h{n}" for n in range(40)}
        plan = self.plan("house", *sorted(self.refuse))
        text = reports.as_text(self.report(plan))
        self.assertEqual(40, text.count("FAILED"))
        self.assertIn("pending: 30 more", text)

    def test_a_name_cannot_steer_the_terminal(self):
        self.source.records["house"][1]["name"] = "inn\x1b[2J\nFAILED: all"
        self.refuse = {self.source.records["house"][1]["name"]}
        text = reports.as_text(self.report(self.plan("house", "h2")))
        self.assertNotIn("\x1b", text)
        self.assertEqual(1, text.count("\n  FAILED"))


class TestDowntime(ReportTestCase):
    def test_two_of_one_name_are_both_told(self):
        self.source.records["guest"][1]["name"] = "Eve"
        report = self.report(self.plan("guest", "g1", "g2"))
        self.assertEqual({"Eve (g1)": 1.5, "Eve (g2)": 1.5}, report.downtime)

    def test_of_many_the_longest_are_told(self):
        self.source.records["guest"] = [
            {"id": f"g{n}", "name": f"guest {n}", "town": "t1"} for n in range(25)
        ]
        report = self.report(self.plan("guest", *(f"g{n}" for n in range(25))))
        text = reports.as_text(report)
        self.assertEqual(10, text.count("downtime: server"))
        self.assertIn("downtime: 15 more, all of them shorter", text)

    def test_attempts_that_were_put_back_count_as_well(self):
        plan = self.plan("guest", "g1")
        run = self.runner().start(plan)
        self.put_back(run, 2.25)
        self.put_back(run, 0.5, later=60)
        failed = reports.report(self.store, plan, run)
        self.assertEqual({"Eve": 2.75}, failed.downtime)
        ended = self.runner().drive(run.id)
        report = reports.report(self.store, plan, ended)
        self.assertEqual({"Eve": 4.25}, report.downtime)
        self.assertIn("downtime: server Eve 4.2 s", reports.as_text(report))

    def test_an_attempt_that_is_told_of_twice_counts_once(self):
        """Killed in between, when it was put back; the second account is longer."""
        plan = self.plan("guest", "g1")
        run = self.runner().start(plan)
        self.put_back(run, 2.0)
        self.put_back(run, 9.0, later=7)
        report = reports.report(self.store, plan, run)
        self.assertEqual({"Eve": 9.0}, report.downtime)

    def put_back(self, run: RunRow, seconds: float, later: float = 0) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=later)
        with mock.patch.object(self.store, "now", return_value=at.isoformat()):
            ref = Ref("guest", "g1")
            self.store.writer(run).event(PUT_BACK, ref, downtime=seconds)

    def test_who_stands_still_is_told(self):
        plan = self.plan("guest", "g1")
        run = self.runner().start(plan)
        for ref, was in (
            (Ref("guest", "g1"), "ACTIVE"),
            (Ref("town", "t1"), "SHUTOFF"),
        ):
            told = {"was": was, "at": 1.0}
            writer = self.store.writer(run)
            writer.open_intent(plan.pair, SUSPENDED, ref, told)
        report = reports.report(self.store, plan, run)
        self.assertEqual(("Eve",), report.halted)
        self.assertIn("STANDING STILL", reports.as_text(report))
        self.assertIn("destination: Eve\n", reports.as_text(report))

    def test_what_is_temporary_and_was_not_undone_is_told_with_its_remedy(self):
        """The run has succeeded; without a word nobody would clean up."""
        plan = self.plan("house", "inn")
        run = self.run_plan(plan)
        for kind in (journal.ROLE_GRANT, journal.CREDENTIAL):
            self.store.writer(run).open_intent(plan.pair, kind, Ref(kind, "x"))
        report = reports.report(self.store, plan, run)
        self.assertEqual({"credential": 1, "role-grant": 1}, report.left)
        text = reports.as_text(report)
        self.assertIn("LEFT on the destination: 1 credential, 1 role-grant", text)
        self.assertIn("'pumphouse cleanup'", text)

    def test_what_a_live_run_works_with_is_not_left(self):
        plan = self.plan("house", "inn")
        run = self.run_plan(plan)
        writer = self.store.writer(run)
        writer.open_intent(plan.pair, KEYPAIR, Ref("keypair", "x"))
        live = self.store.acquire_run(run.id, Owner.current())
        self.assertEqual({}, reports.report(self.store, plan, live).left)
