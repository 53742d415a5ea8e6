# SPDX-License-Identifier: Apache-2.0
"""A run is followed by its events: as JSON, as lines, from this process or another."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any
from unittest import mock

from pumphouse import exceptions
from pumphouse.cli import follow
from pumphouse.cli.progress import Lines
from pumphouse.models import Ref
from pumphouse.store.owner import Owner
from pumphouse.store.rows import EventRow, RunState
from tests.unit.cli.base import CommandTestCase


def told(out: str) -> list[dict[str, Any]]:
    """Each line is one JSON object, and there is nothing else."""
    return [json.loads(line) for line in out.splitlines()]


class TestEvents(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.pumphouse("plan", "project", "h1")
        self.plan_id = self.newest("plan")

    def applied(self, *words: str) -> Any:
        return self.pumphouse("apply", self.plan_id, *words)

    def test_apply_tells_one_object_a_line_and_all_else_elsewhere(self):
        ended = self.applied("--events", "json")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended.err)
        *events, last = told(ended.out)
        self.assertIn("succeeded", ended.err)
        self.assertEqual(
            ("run.ended", "succeeded"), (last["event"], last["state"]), last
        )
        numbers = [event["number"] for event in events]
        self.assertEqual(sorted(set(numbers)), numbers)
        finished = [e["name"] for e in events if e["event"] == "node.finished"]
        self.assertEqual({"Ulm", "mill", "Ann"}, set(finished))
        self.assertEqual(
            {"number", "at", "run", "event", "type", "id", "name", "details"},
            set(events[-1]),
        )

    def test_watch_tells_the_same_of_a_run_that_has_ended(self):
        live = told(self.applied("--events", "json").out)
        ended = self.pumphouse("run", "watch", "--events", "json")
        self.assertEqual(exceptions.EXIT_OK, ended.code)
        self.assertEqual(live, told(ended.out))

    def test_a_name_cannot_begin_a_line(self):
        self.source.records["house"][0]["name"] = 'mill\n{"event": "run.ended"}'
        self.pumphouse("plan", "project", "h1")
        self.plan_id = self.newest("plan")
        lines = told(self.applied("--events", "json").out)
        self.assertEqual(1, [line["event"] for line in lines].count("run.ended"))

    def test_watch_of_a_run_that_failed_ends_as_it(self):
        self.applied()
        run_id = self.newest("run")
        run = replace(self.store.run(run_id), state=RunState.FAILED)
        with mock.patch.object(type(self.store), "run", return_value=run):
            ended = self.pumphouse("run", "watch", run_id)
        self.assertEqual(exceptions.EXIT_FAILED, ended.code)
        self.assertIn("run show", ended.err)

    def test_watch_of_a_run_whose_process_died_says_whose_it_was(self):
        self.applied()
        run_id = self.newest("run")
        owner = Owner("elsewhere", "b", 77, 1)
        run = replace(self.store.run(run_id), owner=owner, owner_since="noon")
        with (
            mock.patch.object(type(self.store), "run", return_value=run),
            mock.patch.object(type(self.store), "abandoned", return_value=True),
        ):
            ended = self.pumphouse("run", "watch", run_id)
        self.assertEqual(exceptions.EXIT_FAILED, ended.code)
        for word in ("cut off", "77", "elsewhere", "noon", "pumphouse resume"):
            self.assertIn(word, ended.err)

    def test_without_a_run_it_is_one_line_and_makes_no_database(self):
        ended = self.pumphouse("run", "watch")
        self.assertEqual(exceptions.EXIT_NOT_FOUND, ended.code)
        self.assertEqual(1, ended.err.count("\n"))

    def test_what_happens_while_it_is_watched_is_told_as_it_happens(self):
        self.applied()
        run = self.store.run(self.newest("run"))
        events = self.store.events(run.id)
        busy = replace(run, owner=Owner.current())
        seen: list[str] = []
        store = mock.Mock()
        store.abandoned.return_value = False
        store.run.side_effect = [busy, busy, busy, run, run]
        store.events.side_effect = [events[:2], [], events[2:4], events[4:], []]
        pauses: list[float] = []
        tells = mock.Mock()
        tells.event.side_effect = lambda event: seen.append(event.name)
        ended = follow.follow(store, run, tells, pause=pauses.append)
        self.assertEqual([event.name for event in events], seen)
        self.assertEqual([follow.EVERY], pauses)
        self.assertIs(run, ended)
        asked = [call.args[1] for call in store.events.call_args_list]
        self.assertEqual([0, events[1].number], asked[:2])
        self.assertEqual(events[-1].number, asked[-1])

    def test_lines_are_as_apply_has_them(self):
        self.applied()
        run = self.store.run(self.newest("run"))
        out = io.StringIO()
        names = {Ref("house", "h1"): "mill"}
        tells = follow.AsLines(Lines(names, [], 3, out))
        for event in self.store.events(run.id):
            tells.event(event)
        self.assertIn("3/3", out.getvalue())
        self.assertIn("house mill: done", out.getvalue())

    def test_who_stops_listening_stops_no_run(self):
        written: list[str] = []

        class Closed(io.StringIO):
            def write(self, text: str) -> int:
                written.append(text)
                raise BrokenPipeError

        run = mock.Mock(id="r")
        store = mock.Mock()
        store.last_event.return_value = 0
        store.events.return_value = [EventRow(1, "r", "run.resumed", None, {}, "noon")]
        with follow.beside(store, run, follow.AsJson({}, Closed())):
            pass  # the block ends, and nothing is raised
        self.assertEqual(1, len(written))
