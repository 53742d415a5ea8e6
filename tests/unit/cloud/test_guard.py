# SPDX-License-Identifier: Apache-2.0
"""Somebody is asked right before each request to a cloud."""

from __future__ import annotations

from typing import Any

from pumphouse import exceptions as exc
from pumphouse.cloud.delegation import Delegation
from tests.unit.cloud.base import CloudTestCase
from tests.unit.cloud.server import Say

THINGS = "/compute/v2.1/things"
EC2 = "/v3/ec2tokens"


class TestGuard(CloudTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud = self.connect()
        self.open = True
        self.asked = 0
        self.mine = self.cloud.guarded(self.guard)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            self.server.script(method, THINGS, *[Say(200, {"thing": {}})] * 3)

    def guard(self) -> None:
        self.asked += 1
        if not self.open:
            raise exc.RunBusy("taken over")

    def test_each_request_but_those_of_the_cloud_it_was_made_of(self) -> None:
        self.cloud.post("compute", "/things", {})
        self.assertEqual(0, self.asked)
        self.mine.get("compute", "/things")
        self.mine.snapshot().get("compute", "/things")
        self.mine.post("compute", "/things", {})
        self.mine.put("compute", "/things", {})
        self.mine.patch("compute", "/things", {})
        self.mine.delete("compute", "/things")
        self.assertEqual(6, self.asked)

    def test_what_is_kept_back_is_not_sent(self) -> None:
        self.open = False
        for send in (self.mine.post, self.mine.put):
            self.assertRaises(exc.RunBusy, send, "compute", "/things", {})
        for send in (self.mine.delete, self.mine.get):
            self.assertRaises(exc.RunBusy, send, "compute", "/things")
        self.assertEqual([], self.server.asked("GET", THINGS))
        self.assertEqual([], self.server.asked("POST", THINGS))

    def test_each_attempt_is_asked_for(self) -> None:
        """An answer that says "later" comes long before the next attempt."""
        slow: list[Any] = [Say(503), Say(503), Say(204)]
        self.server.script("DELETE", "/compute/v2.1/slow", *slow)
        self.mine.delete("compute", "/slow")
        self.assertEqual(3, self.asked)

    def test_in_whatever_name_it_is_sent(self) -> None:
        self.server.script("POST", EC2, self.server.token("u2", "p2"))
        owner = self.mine.acting_as(Delegation.new("u2", "p2"))
        self.mine.user_id  # noqa: B018
        self.server.script("POST", "/v3/auth/tokens", self.server.token("u1", "p2"))
        operator = self.mine.scoped_to("p2")
        self.assertEqual(0, self.asked)  # a token changes nothing
        self.open = False
        for cloud in (owner, operator):
            self.assertRaises(exc.RunBusy, cloud.post, "compute", "/things", {})
