# SPDX-License-Identifier: Apache-2.0
"""No more requests in flight than a service's limit, whoever sends them."""

from __future__ import annotations

import threading

from pumphouse.cloud.limits import DEFAULT, Limits
from tests.unit.cloud.base import CloudTestCase
from tests.unit.cloud.server import Say


class TestLimits(CloudTestCase):
    def busiest(self, threads: int, **limits: int) -> int:
        """How many requests the server had at once from so many threads."""
        gate = threading.Event()
        cloud = self.connect(limits=limits)
        cloud.user_id  # noqa: B018
        self.server.busiest = 0
        self.server.script("GET", "/v3/x", Say(200, {}, until=gate))
        wanted = min(threads, limits.get("identity", limits.get("default", DEFAULT)))

        def open_gate() -> None:
            while self.server.busy < wanted:
                threading.Event().wait(0.001)
            gate.set()

        opener = threading.Thread(target=open_gate)
        opener.start()
        self.in_threads(threads, lambda: cloud.get("identity", "/x"))
        opener.join()
        return self.server.busiest

    def test_limits_of_a_service(self) -> None:
        """All slots are used, and not one more."""
        self.assertEqual(3, self.busiest(24, identity=3, default=9))
        self.assertEqual(2, self.busiest(24, compute=9, default=2))
        self.assertEqual(16, self.busiest(24))

    def test_services_do_not_wait_for_each_other(self) -> None:
        """A service that hangs must not stop another."""
        limits = Limits({"default": 1})
        with limits.slot("compute"), limits.slot("network"):
            pass

    def test_a_download_gives_its_slot_back(self) -> None:
        """While its body is read, other requests go on."""
        cloud = self.connect(limits={"image": 1})
        self.server.script("GET", "/image/v2/file", Say(200, b"x" * 100))
        self.server.script("GET", "/image/v2/images", Say(200, {"images": []}))
        with cloud.request("image", "GET", "/file", stream=True) as answer:
            self.assertEqual([], cloud.list("image", "/images", "images"))
            self.assertEqual(b"x" * 100, answer.content)

    def test_waiting_for_the_next_attempt_holds_no_slot(self) -> None:
        """A retry that sleeps leaves its slot to others."""
        free: list[bool] = []
        limits = {"identity": 1}

        def sleep(_: float) -> None:
            slots = cloud._transport.limits._slots["identity"]
            free.append(slots.acquire(blocking=False))
            slots.release()

        cloud = self.connect(limits=limits, sleep=sleep)
        self.server.script("GET", "/v3/x", Say(503), Say(200, {}))
        cloud.get("identity", "/x")
        self.assertEqual([True], free)

    def test_limits_below_one(self) -> None:
        self.assertRaises(ValueError, Limits, {"compute": 0})
