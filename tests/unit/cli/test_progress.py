# SPDX-License-Identifier: Apache-2.0
"""Progress, in lines and on a terminal."""

from __future__ import annotations

import io
from unittest import mock

import testtools
from rich import console, progress

from pumphouse.cli.progress import Lines, Live, watching
from pumphouse.models import Ref

A, B = Ref("network", "a"), Ref("image", "b")
NAMES = {A: "front", B: "base"}


class TestLines(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.stream = io.StringIO()
        self.time = 0.0
        self.lines = Lines(NAMES, [A], 2, self.stream, clock=lambda: self.time)

    def said(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    def test_a_node_that_is_done_again_counts_once(self):
        self.lines.step(A, "ensure", "finished", "")
        self.lines.step(B, "data", "finished", "")
        self.assertIn("1/2  network front: done", self.said()[0])
        self.assertIn("2/2  image base: done", self.said()[1])

    def test_a_failure_is_told_with_its_step_and_reason(self):
        self.lines.step(B, "data", "failed", "the disk is full")
        self.assertIn("image base: FAILED in data: the disk is full", self.said()[0])

    def test_the_resource_is_not_named_twice(self):
        for state in ("failed", "again"):
            self.lines.step(B, "data", state, "image base (cloud new): it is full")
        said = [line.partition("image base: ")[2] for line in self.said()]
        expected = "in data: (cloud new): it is full"
        self.assertEqual(f"FAILED {expected}", said[0])
        self.assertEqual("data failed: (cloud new): it is full", said[1])

    def test_a_name_cannot_steer_the_terminal(self):
        lines = Lines({B: "a\x1b[2Jb\nc"}, [], 1, self.stream, clock=lambda: 0.0)
        lines.step(B, "data", "finished", "")
        self.assertIn("image a\ufffd[2Jb c: done", self.said()[0])
        self.assertEqual(1, len(self.said()))

    def test_a_long_transfer_is_told_every_ten_seconds(self):
        for self.time in range(25):
            self.lines.progress(B, 1 << 20, 4 << 20)
        self.assertEqual(2, len(self.said()))
        self.assertIn("1.0 MiB of 4.0 MiB", self.said()[0])

    def test_a_transfer_is_told_with_its_speed(self):
        """Since it began here, or began anew: never what an earlier try has moved."""
        for self.time in range(11):
            self.lines.progress(B, (5 + self.time) << 20, 90 << 20)
        self.assertIn("15.0 MiB of 90.0 MiB, 1.0 MiB/s", self.said()[0])
        for self.time in range(11, 22):
            self.lines.progress(B, 2 * (self.time - 11) << 20, 90 << 20)
        self.assertIn("MiB of 90.0 MiB, 2.0 MiB/s", self.said()[1])

    def test_how_fast_it_goes_is_told_every_half_minute(self):
        rules = [Ref("rule", str(n)) for n in range(200)]
        lines = Lines({}, [], 200, self.stream, lambda: self.time, left=rules)
        for n, rule in enumerate(rules[:120]):
            self.time = float(n)
            lines.step(rule, "ensure", "started", "")
            self.time += 1.0
            lines.step(rule, "ensure", "finished", "")
        rates = [line for line in self.said() if "a minute" in line]
        self.assertEqual(4, len(rates))
        self.assertIn("30/200  60 a minute, about 3 min left", rates[0])
        self.assertIn("120/200  60 a minute, about 80 s left", rates[-1])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestLive(testtools.TestCase):
    def test_a_name_that_looks_like_markup_is_shown_as_it_is(self):
        stream = Terminal()
        plan = mock.Mock(nodes={B: mock.Mock(resource=mock.Mock())})
        plan.nodes[B].resource.label = "[/red] base [link"
        with watching(plan, [], 1, stream) as live:
            live.step(B, "data", "started", "")
            live.progress(B, 1 << 20, 4 << 20)
            live.step(B, "data", "again", "no [/bold]")
            live.step(B, "data", "failed", "no [/route]")
        for said in ("no [/bold]", "no [/route]"):
            text = f"image [/red] base [link in data: {said}"
            self.assertIn(text, stream.getvalue())

    def test_a_long_name_leaves_room_for_the_bar(self):
        stream = Terminal()
        rule = "ingress IPv4 tcp 8000-8099 from 0.0.0.0/0 of frontend " * 4
        plan = mock.Mock(nodes={B: mock.Mock(resource=mock.Mock(label=rule))})
        with watching(plan, [], 1, stream) as live:
            live.step(B, "ensure", "started", "")
            live._bars.refresh()
        (line, *_) = [x for x in stream.getvalue().splitlines() if "ingress" in x]
        self.assertIn("0/1", line)
        self.assertIn("\N{BOX DRAWINGS HEAVY HORIZONTAL}" * 20, line)

    def test_the_terminal_shows_counts_transfers_and_failures(self):
        stream = io.StringIO()
        terminal = console.Console(file=stream, force_terminal=True, width=100)
        bars = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.TextColumn("{task.fields[unit]}"),
            progress.TextColumn("{task.fields[now]}"),
            console=terminal,
            auto_refresh=False,
        )
        bars.start()
        self.addCleanup(bars.stop)
        live = Live(NAMES, bars)
        live.begin([A], 2)
        live.step(B, "data", "started", "")
        live.progress(B, 1 << 20, 4 << 20)
        bars.refresh()
        live.step(B, "data", "failed", "no [route] there")
        bars.refresh()
        shown = stream.getvalue()
        for piece in ("1/2", "base (data)", "1.0 MiB/4.0 MiB", "no [route] there"):
            self.assertIn(piece, shown)
