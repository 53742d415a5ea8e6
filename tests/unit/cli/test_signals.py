# SPDX-License-Identifier: Apache-2.0
"""Signals while a run is under way: real ones, sent to this very process."""

from __future__ import annotations

import os
import queue
import signal
import threading

import testtools

from pumphouse.cli.signals import SIGNALS, stopping

PATIENCE = 10  # seconds; never waited for unless the test fails


class Runner:
    def __init__(self) -> None:
        self.stopping = threading.Event()

    def stop(self) -> None:
        self.stopping.set()


class TestStopping(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # Whoever runs the tests in the background has some of them ignored.
        for number in SIGNALS:
            self.addCleanup(signal.signal, number, signal.getsignal(number))
            signal.signal(number, signal.SIG_DFL)
        self.runner = Runner()
        self.said: queue.SimpleQueue[str] = queue.SimpleQueue()

    def send(self, number: int) -> str:
        os.kill(os.getpid(), number)
        return self.said.get(timeout=PATIENCE)

    def test_each_of_them_stops_the_run(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.runner = Runner()
            with stopping(self.runner, self.said.put):
                self.assertIn("safe point", self.send(number))
            self.assertTrue(self.runner.stopping.is_set())

    def test_a_second_one_says_how_to_end_it_at_once(self):
        with stopping(self.runner, self.said.put):
            self.send(signal.SIGINT)
            self.assertIn(f"kill -9 {os.getpid()}", self.send(signal.SIGINT))

    def test_a_lost_terminal_stops_the_run_all_the_same(self):
        def say(text: str) -> None:
            self.said.put(text)
            raise OSError("Input/output error")

        with stopping(self.runner, say):
            self.send(signal.SIGHUP)
            self.send(signal.SIGTERM)
        self.assertTrue(self.runner.stopping.is_set())

    def test_a_signal_in_the_middle_of_a_write_harms_nothing(self):
        # The handler must not write itself: a buffered stream refuses that.
        lock = threading.Lock()

        def say(text: str) -> None:
            with lock:
                self.said.put(text)

        with stopping(self.runner, say):
            with lock:
                os.kill(os.getpid(), signal.SIGINT)
            self.assertIn("safe point", self.said.get(timeout=PATIENCE))

    def test_afterwards_all_is_as_before(self):
        before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGHUP)]
        with stopping(self.runner, self.said.put):
            pass
        after = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGHUP)]
        self.assertEqual(before, after)

    def test_what_nohup_ignores_stays_ignored(self):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        with stopping(self.runner, self.said.put):
            os.kill(os.getpid(), signal.SIGHUP)
        self.assertFalse(self.runner.stopping.is_set())
