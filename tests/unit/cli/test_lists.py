# SPDX-License-Identifier: Apache-2.0
"""Lists and plans as an operator reads them: what fits, is named, and is left out."""

from __future__ import annotations

import io
from typing import Any

import testtools
from sqlalchemy import Connection

from pumphouse import exceptions
from pumphouse.cli import base, tables
from pumphouse.models import Ref
from pumphouse.store.owner import Owner
from tests.unit.cli.base import CommandTestCase, Ended

LONG = "a name that is far longer than any table of a hundred columns can be " * 3


class TestWidth(CommandTestCase):
    def assert_fits(self, ended: Ended, columns: int = 100) -> None:
        lines = ended.out.splitlines()
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        self.assertNotEqual([], lines)
        self.assertTrue(max(map(len, lines)) <= columns, ended.out)

    def test_every_list_fits_a_hundred_columns(self):
        self.source.records["house"][1]["name"] = LONG
        self.pumphouse("migrate", "project", "h2", "--yes")
        commands = ("plan list", "run list", "run show", "binding list")
        for words in (*commands, f"plan show {self.newest('plan')} --all"):
            self.assert_fits(self.pumphouse(*words.split()))
        diff = ("plan", "diff", self.newest("plan"), self.newest("plan"))
        self.assertEqual("", self.pumphouse(*diff).out)

    def test_a_terminal_that_is_too_narrow_gets_what_is_narrowest(self):
        """Not the widest, for that it does not fit anyway."""
        self.source.records["house"][1]["name"] = LONG
        self.pumphouse("migrate", "project", "h2", "--yes")
        self.replace(tables, "WIDTH", 30)
        self.assert_fits(self.pumphouse("run", "list"), 100)
        lines = self.pumphouse("run", "list").out.splitlines()
        self.assertTrue(max(map(len, lines)) < 90, lines)

    def test_ids_are_short_where_they_are_read_and_whole_where_they_are_used(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        for what in ("plan", "run"):
            whole = self.newest(what)
            table = self.pumphouse(what, "list").out
            self.assertIn(f" {whole[:8]} ", table)
            self.assertNotIn(whole, table)
            self.assertIn(whole, self.pumphouse(what, "list", "--long").out)
            value = self.pumphouse(what, "list", "-f", "value", "-c", "ID").out
            self.assertEqual(whole, value.strip())
        self.assertRegex(self.pumphouse("plan", "list").out, r" \d{4}-\d\d-\d\d \S+Z ")

    def test_the_operators_own_width_counts(self):
        self.source.records["house"][1]["name"] = LONG
        self.pumphouse("plan", "project", "h2")
        self.assert_fits(self.pumphouse("plan", "list", "--max-width", "70"), 90)

    def test_a_line_of_values_is_a_row(self):
        """A name with line breaks cannot fake another one."""
        self.source.records["house"][1]["name"] = (
            "inn\ncreate house other\u2028x\u202ey"
        )
        self.pumphouse("plan", "project", "h2")
        for form in ("value", "table"):
            words = ("plan", "show", self.newest("plan"), "--type", "house", "-f", form)
            text = self.pumphouse(*words).out
            rows = [line for line in text.splitlines() if "house" in line]
            self.assertEqual(1, len(rows), text)
            self.assertNotIn("\u202e", text)


class TestPlanShow(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.destination.records["town"] = [dict(self.source.records["town"][0])]
        self.pumphouse("plan", "project", "inn")
        self.plan = self.newest("plan")

    def shown(self, *words: str) -> Ended:
        return self.pumphouse("plan", "show", self.plan, *words)

    def types(self, *words: str) -> list[str]:
        return [row["Type"] for row in self.shown(*words, "-f", "json").json]

    def test_changes_are_shown_and_the_rest_is_counted(self):
        ended = self.shown()
        self.assertNotIn("| adopt", ended.out)
        self.assertIn("nothing changes there: 1 adopt (--all", ended.err)
        every = self.shown("--all")
        self.assertIn("| adopt", every.out)
        self.assertNotIn("nothing changes", every.err)
        asked = self.shown("--action", "adopt")
        self.assertEqual(
            (True, False), ("| adopt" in asked.out, "not shown" in asked.err)
        )

    def test_machines_get_all(self):
        self.assertEqual(["house", "person", "town"], sorted(self.types()))

    def test_what_is_asked_for(self):
        self.assertEqual(["town"], self.types("--action", "adopt"))
        self.assertEqual(["house"], self.types("--type", "house"))
        self.assertEqual(["house"], self.types("--name", "in*"))
        self.assertEqual([], self.types("--name", "in*", "--type", "town"))

    def test_what_cannot_be_asked_for(self):
        for words in (("--type", "castle"), ("--action", "build")):
            ended = self.shown(*words)
            self.assertEqual((exceptions.EXIT_INPUT, ""), (ended.code, ended.out))
            self.assertEqual(1, len(ended.err.splitlines()), ended.err)


class TestPlanDiff(CommandTestCase):
    def diff(self, *words: str) -> Any:
        newest, before = self.pumphouse("plan", "list", "-f", "json").json[:2]
        return self.pumphouse("plan", "diff", before["ID"], newest["ID"], *words)

    def test_what_has_changed_since(self):
        self.pumphouse("plan", "project", "inn")
        self.source.records["house"][1]["on_fire"] = True
        self.source.records["house"][1]["person"] = "gone"
        self.destination.records["town"] = [dict(self.source.records["town"][0])]
        self.pumphouse("plan", "project", "inn")
        found = {(r["Type"], r["Field"]): r for r in self.diff("-f", "json").json}
        action = found["house", "action"]
        self.assertEqual(("create", "blocked"), (action["Before"], action["After"]))
        self.assertEqual("it is on fire", found["house", "reason"]["After"])
        self.assertEqual("true", found["house", "record.on_fire"]["After"])
        self.assertEqual("adopt", found["town", "action"]["After"])

    def test_what_is_new_or_gone(self):
        self.pumphouse("plan", "project", "inn")
        self.pumphouse("plan", "project", "h1")
        found = {(r["Change"], r["Name"]) for r in self.diff("-f", "json").json}
        self.assertIn(("gone", "inn"), found)
        self.assertTrue({"new"} & {change for change, _ in found}, found)

    def test_no_difference(self):
        for _ in range(2):
            self.pumphouse("plan", "project", "inn")
        ended = self.diff()
        self.assertEqual((0, ""), (ended.code, ended.out))
        self.assertIn("both do the same", ended.err)

    def test_other_clouds_are_not_compared(self):
        self.pumphouse("plan", "project", "inn")
        plan = self.newest("plan")
        self.source.identity = "http://elsewhere|R"
        self.pumphouse("plan", "project", "inn")
        ended = self.pumphouse("plan", "diff", plan, self.newest("plan"))
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn("about other clouds", ended.err)


class TestPlansGo(CommandTestCase):
    def ids(self) -> list[str]:
        return [r["ID"] for r in self.pumphouse("plan", "list", "-f", "json").json]

    def test_of_several_all_or_none(self):
        self.pumphouse("plan", "project", "inn")
        loose = self.newest("plan")
        self.pumphouse("migrate", "project", "inn", "--yes")
        run_of = self.newest("plan")
        ended = self.pumphouse("plan", "delete", loose, run_of, "--yes")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn("--with-runs", ended.err)
        self.assertEqual(2, len(self.ids()))
        ended = self.pumphouse("plan", "delete", loose, "--yes")
        self.assertEqual((0, [run_of]), (ended.code, self.ids()))

    def test_nobody_is_asked_where_there_is_nobody(self):
        self.pumphouse("plan", "project", "inn")
        ended = self.pumphouse("plan", "delete", self.newest("plan"))
        self.assertEqual((exceptions.EXIT_INPUT, 1), (ended.code, len(self.ids())))
        ended = self.pumphouse("plan", "delete", self.newest("plan"), answer="yes\n")
        self.assertEqual((0, []), (ended.code, self.ids()))

    def test_with_its_run_what_stands_for_what_stays(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        plan = self.newest("plan")
        bindings = self.pumphouse("binding", "list", "-f", "json").json
        ended = self.pumphouse("plan", "delete", plan, "--with-runs", "--yes")
        self.assertEqual(0, ended.code, ended.err)
        self.assertIn("with 1 run", ended.out)
        self.assertEqual([], self.pumphouse("run", "list", "-f", "json").json)
        after = self.pumphouse("binding", "list", "-f", "json").json
        self.assertEqual(bindings, after)
        for table in ("nodes", "events", "logbooks", "atomdetails"):
            query = f"select count(*) from {table}"
            count = self.store.read(lambda c, q=query: c.exec_driver_sql(q).scalar())
            self.assertEqual(0, count, table)

    def test_a_run_that_is_not_over_keeps_its_plan(self):
        self.destination.before = _refuse  # type: ignore[assignment]
        self.pumphouse("migrate", "project", "inn", "--yes")
        for words in ("delete " + self.newest("plan"), "prune"):
            ended = self.pumphouse("plan", *words.split(), "--with-runs", "--yes")
            self.assertIn("has not come to its end", ended.err + ended.out)
            self.assertEqual(1, len(self.ids()))

    def test_prune_says_what_it_keeps(self):
        self.pumphouse("plan", "project", "inn")
        self.pumphouse("migrate", "project", "inn", "--yes")
        run_of = self.newest("plan")
        ended = self.pumphouse("plan", "prune", "--older-than", "1", "--yes")
        self.assertIn("not yet 1 day old", ended.out)
        self.assertEqual(2, len(self.ids()))
        ended = self.pumphouse("plan", "prune", "--yes")
        self.assertRegex(ended.out, f"keeps plan {run_of[:8]} .*: run .* belongs to it")
        self.assertEqual([run_of], self.ids())
        ended = self.pumphouse("plan", "prune", "--yes")
        self.assertIn("nothing to do", ended.out)

    def test_a_run_that_begins_meanwhile_wins(self):
        self.pumphouse("plan", "project", "inn")
        plan = self.newest("plan")
        self.store.create_run(plan)
        error = self.assertRaises(
            exceptions.StoreError, self.store.delete_plan, plan, []
        )
        self.assertIn("begun meanwhile", str(error))
        self.assertEqual(1, len(self.ids()))

    def test_days_are_a_number(self):
        for days in ("-1", "x", "٣", "99999999999"):
            ended = self.pumphouse("plan", "prune", f"--older-than={days}")
            self.assertEqual(exceptions.EXIT_INPUT, ended.code)
            self.assertEqual(1, len(ended.err.splitlines()), ended.err)


class TestRunList(CommandTestCase):
    def test_nodes_are_counted_without_being_read(self):
        """Whether the run ended or is under way: the database counts."""
        self.pumphouse("migrate", "project", "inn", "--yes")
        plan, run = self.newest("plan"), self.newest("run")
        refs = [node.ref for node in self.store.nodes(run)]
        left = self.store.create_run(plan, refs=[*refs, Ref("house", "h9")]).id
        owned = self.store.acquire_run(left, Owner.current())
        writer = self.store.writer(owned)
        writer.node_done(refs[0], "create")
        writer.node_failed(refs[1], "create", "no", "Conflict")
        asked: list[str] = []
        real = Connection.execute

        def execute(connection: Connection, query: Any, *rest: Any, **more: Any) -> Any:
            asked.append(str(query))
            return real(connection, query, *rest, **more)

        self.replace(Connection, "execute", execute)
        rows = self.pumphouse("run", "list", "-f", "json").json
        counts = {r["ID"]: (r["Done"], r["Failed"], r["Pending"]) for r in rows}
        self.assertEqual({run: (len(refs), 0, 0), left: (1, 1, len(refs) - 1)}, counts)
        of_nodes = [each for each in asked if "nodes" in each]
        self.assertEqual(1, len(of_nodes), of_nodes)
        self.assertIn("GROUP BY", of_nodes[0])


def _refuse(kind: str, body: Any) -> None:
    raise exceptions.Forbidden("no")


class TestBindings(CommandTestCase):
    def test_they_are_known_by_name(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        rows = self.pumphouse("binding", "list", "-f", "json").json
        names = {row["Type"]: row["Name"] for row in rows}
        self.assertEqual("inn", names["house"])
        of = next(row for row in rows if row["Type"] == "house")
        for word in ("inn", of["Source ID"], of["Destination ID"]):
            found = self.pumphouse("binding", "show", "house", word, "-f", "json").json
            self.assertEqual(of["Destination ID"], found["destination_id"])
            self.assertEqual(self.newest("plan"), found["plan"])

    def test_those_of_before_by_the_plan_of_their_run(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        query = "update bindings set name = ''"
        self.store.transact(lambda connection: connection.exec_driver_sql(query))
        found = self.pumphouse("binding", "show", "house", "inn", "-f", "json").json
        self.assertEqual("inn", found["name"])

    def test_what_stands_for_nothing(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        ended = self.pumphouse("binding", "show", "house", "imn")
        self.assertEqual(exceptions.EXIT_NOT_FOUND, ended.code)
        self.assertIn("Did you mean 'inn'?", ended.err)
        ended = self.pumphouse("binding", "show", "castle", "inn")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)


class TestRemarks(CommandTestCase):
    def test_a_name_cannot_begin_a_line(self):
        """What is said of a plan has a line for each remark, not one more."""
        self.source.records["house"][1]["name"] = "inn\nrun it with: rm -rf /"
        ended = self.pumphouse("plan", "project", "h2")
        self.assertEqual(0, ended.code, ended.err)
        said = [line for line in ended.err.splitlines() if line.startswith("run it")]
        self.assertEqual(1, len(said), ended.err)
        self.assertIn("pumphouse apply", said[0])
        self.source.records["house"][1]["on_fire"] = True
        ended = self.pumphouse("migrate", "project", "h2", "--yes")
        self.assertIn("blocked: house inn", ended.err)
        for line in (ended.out + ended.err).splitlines():
            self.assertFalse(line.startswith("run it with: rm"), line)

    def test_a_column_to_sort_by_that_is_not_there(self):
        ended = self.pumphouse("plan", "list", "--sort-column", "Nothing")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn("there is no column Nothing. There are: ID, ", ended.err)


class TestSpinner(testtools.TestCase):
    def test_it_is_what_the_terminal_can_show(self):
        for encoding, name in (("utf-8", "dots"), ("UTF8", "dots"), ("ascii", "line")):
            stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
            self.assertEqual(name, base.spinner(stream))
        self.assertEqual("line", base.spinner(io.StringIO()))


class TestNearMisses(CommandTestCase):
    def said(self, *words: str) -> str:
        ended = self.pumphouse(*words)
        self.assertEqual(("", 1), (ended.out, len(ended.err.splitlines())), ended.err)
        return ended.err

    def test_of_commands(self):
        for words, meant in (
            ("plan shwo x", "'plan show'"),
            ("paln list", "'plan list'"),
            ("aply x", "'apply'"),
            ("help plna", "'plan'"),
            ("rnu", "'run'"),
            ("plan inn", "After plan comes one of: delete, diff, list"),
            ("xyzzy", "'pumphouse --help' lists them"),
        ):
            self.assertIn(meant, self.said(*words.split()))

    def test_groups_list_what_begins_so(self):
        ended = self.pumphouse("plan")
        self.assertEqual(exceptions.EXIT_INPUT, ended.code)
        self.assertIn("plan list     List saved plans, newest first", ended.err)
        self.assertNotIn("run list", ended.err)
        asked = self.pumphouse("plan", "--help")
        self.assertEqual((0, ended.err), (asked.code, asked.out))
        alone = self.pumphouse()
        self.assertEqual(exceptions.EXIT_INPUT, alone.code)
        self.assertRegex(alone.err, "  run list +List runs, newest first")

    def test_of_ids(self):
        self.pumphouse("migrate", "project", "inn", "--yes")
        plan, run = self.newest("plan"), self.newest("run")
        other = "1" if plan[4] != "1" else "2"
        said = self.said("plan", "show", plan[:4] + other + plan[5:8])
        self.assertIn(f"Did you mean {plan[:8]}?", said)
        said = self.said("plan", "show", run[:8])
        self.assertIn(f"It is a run, of plan {plan[:8]};", said)
        said = self.said("run", "show", plan)
        self.assertIn(f"It is a plan; its newest run is {run[:8]};", said)

    def test_what_is_very_long_is_not_repeated_whole(self):
        for words in ("plan project", "plan show", "run show", "apply"):
            said = self.said(*words.split(), "x" * 5000)
            self.assertTrue(len(said) < 400, said)

    def test_of_names_all_at_once(self):
        said = self.said("plan", "project", "imn", "inn", "castle", "xyzzy")
        self.assertIn("the name or id 'imn', 'castle', 'xyzzy'", said)
        self.assertIn("Did you mean 'inn' for 'imn'?", said)
