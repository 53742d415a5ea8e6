# SPDX-License-Identifier: Apache-2.0
"""Which requests a rule strikes, and that a seed strikes the same ones again."""

from __future__ import annotations

import os

import testtools

from testbed.simulator.faults import Faults
from testbed.simulator.messages import Answer, Request

SERVERS = Request("POST", "/compute/v2.1/servers", {}, b'{"server": {"name": "web"}}')
LIST = Request("GET", "/compute/v2.1/servers/detail?limit=1", {})


class TestRules(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.faults = Faults(1)

    def struck(self, *requests):
        return [self.faults.plan(request) is not None for request in requests]

    def test_by_method_path_and_body(self):
        for what, expected in (
            ({"method": "POST"}, [True, False]),
            ({"method": "POST|GET"}, [True, True]),
            ({"path": "/servers$"}, [True, False]),
            ({"path": "limit=1"}, [False, True]),
            ({"body": "w.b"}, [True, False]),
        ):
            self.faults.clear()
            self.faults.add("reset", **what)
            self.assertEqual(expected, self.struck(SERVERS, LIST), what)

    def test_skip_and_times(self):
        rule = self.faults.add("reset", skip=1, times=2)
        self.assertEqual(
            [False, True, True, False], self.struck(LIST, LIST, LIST, LIST)
        )
        self.assertEqual(2, rule.hit)

    def test_each(self):
        """Of requests that are alike only the first."""
        self.faults.add("reset", each=True)
        struck = self.struck(LIST, LIST, SERVERS, LIST, SERVERS)
        self.assertEqual([True, False, True, False, False], struck)

    def test_a_rate_follows_from_the_seed(self):
        def run(seed):
            faults = Faults(seed)
            faults.add("reset", rate=0.2)
            return [faults.plan(LIST) is not None for _ in range(1000)]

        self.assertEqual(run(7), run(7))
        self.assertNotEqual(run(7), run(8))
        self.assertTrue(150 < sum(run(7)) < 250)

    def test_nonsense(self):
        for kind, what in (
            ("shoe", {}),
            ("reset", {"shoe": 43}),
            ("reset", {"path": "("}),
            ("kill", {"pid": os.getpid()}),
            ("kill", {}),
        ):
            self.assertRaises(ValueError, self.faults.add, kind, **what)

    def test_removing(self):
        one, _ = self.faults.add("reset"), self.faults.add("lost")
        self.faults.remove(one.id)
        self.assertEqual(["lost"], [rule.kind for rule in self.faults.rules])


class TestPlans(testtools.TestCase):
    def plan(self, kind, request=SERVERS, **what):
        faults = Faults()
        faults.add(kind, **what)
        return faults.plan(request)

    def test_instead(self):
        plan = self.plan("answer", status=429, headers={"Retry-After": "1"})
        self.assertEqual(
            (429, "1"), (plan.instead.status, plan.instead.headers["Retry-After"])
        )
        self.assertEqual("reset", self.plan("reset").instead.lost)
        self.assertEqual("hang", self.plan("hang").instead.lost)

    def test_afterwards(self):
        """The work is done; what is told of it differs."""
        for kind, what, seen in (
            ("lost", {}, {"lost": "reset"}),
            ("hang", {"after": True}, {"lost": "hang"}),
            ("slow", {"seconds": 3}, {"delay": 3}),
            ("cut", {"bytes": 2}, {"cut": 2}),
            ("corrupt", {}, {"body": b"Nes"}),
            ("lost-status", {"status": 502}, {"status": 502}),
        ):
            plan = self.plan(kind, **what)
            self.assertIsNone(plan.instead)
            answer = plan.applied_to(Answer(200, b"Oes"))
            found = {name: getattr(answer, name) for name in seen}
            self.assertEqual(seen, found, kind)

    def test_uploads_are_cut_on_the_way_up(self):
        plan = self.plan("cut", Request("PUT", "/image/v2/images/x/file", {}), bytes=9)
        self.assertEqual((9, []), (plan.cut, plan.after))

    def test_doom(self):
        self.assertIn("No valid host", self.plan("error").doom)
