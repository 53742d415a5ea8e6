# SPDX-License-Identifier: Apache-2.0
"""A question is asked once, whoever asks it; a failure is not kept."""

from __future__ import annotations

import concurrent.futures
import threading

import testtools

from pumphouse import exceptions
from pumphouse.cloud.once import Once


class TestOnce(testtools.TestCase):
    def test_the_answer_is_kept(self):
        once, asked = Once(), []

        def ask():
            asked.append(1)
            return "answer"

        self.assertEqual(["answer"] * 3, [once.get("q", ask) for _ in range(3)])
        self.assertEqual("other", once.get("another", lambda: "other"))
        self.assertEqual(1, len(asked))

    def test_who_asks_meanwhile_waits_for_it(self):
        """Eight threads ask while the first is still on its way."""
        once, asked = Once(), []
        may_answer = threading.Event()

        def ask():
            asked.append(1)
            may_answer.wait(10)
            return "answer"

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(once.get, "q", ask) for _ in range(8)]
            may_answer.set()
            self.assertEqual({"answer"}, {each.result(10) for each in waiting})
        self.assertEqual(1, len(asked))

    def test_what_is_known_without_asking(self):
        once, may_answer = Once(), threading.Event()

        def ask():
            may_answer.wait(10)
            return "answer"

        self.assertIsNone(once.known("q"))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(once.get, "q", ask)
            self.assertIsNone(once.known("q"))
            may_answer.set()
            waiting.result(10)
        self.assertEqual("answer", once.known("q"))

    def test_a_failure_is_told_and_forgotten(self):
        once = Once()

        def fail():
            raise ValueError("no")

        self.assertRaises(ValueError, once.get, "q", fail)
        self.assertEqual("answer", once.get("q", lambda: "answer"))

    def test_a_failure_is_each_waiters_own(self):
        """Each says of it what it was about: not what others said before."""
        once, asking, may_fail = Once(), threading.Event(), threading.Event()

        def fail():
            asking.set()
            may_fail.wait(10)
            raise exceptions.Forbidden("no")

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(once.get, "q", fail) for _ in range(4)]
            asking.wait(10)
            while pool._work_queue.qsize():
                pass
            may_fail.set()
            errors = [each.exception(10) for each in waiting]
        said = [str(each.about(f"server {n}")) for n, each in enumerate(errors)]
        self.assertEqual([f"server {n}: no" for n in range(4)], said)
