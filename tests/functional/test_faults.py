# SPDX-License-Identifier: Apache-2.0
"""Runs on bad days end in success, or in a clean failure that can be resumed."""

from __future__ import annotations

from pumphouse.store.rows import RunState
from tests.functional.base import FunctionalTestCase

NOT_TOKENS = r"^(?!.*(auth|ec2)/?tokens)"


class TestLostAnswers(FunctionalTestCase):
    def test_of_everything_that_is_made(self):
        """The first answer to every POST is lost; nothing is made twice."""
        plan = self.world.plan()
        rules = [
            self.fault(server, "lost", method="POST", each=True)
            for server in (self.source, self.destination)
        ]
        _, run = self.world.migrate(plan)
        self.assertGreater(rules[1].hit, 50)
        self.assert_migrated(plan, run)

    def test_of_everything_that_is_changed(self):
        """PUT, PATCH and DELETE are sent again, uploads among them."""
        plan = self.world.plan()
        rules = [
            self.fault(server, "lost", method="PUT|PATCH|DELETE", each=True)
            for server in (self.source, self.destination)
        ]
        _, run = self.world.migrate(plan)
        self.assertGreater(rules[1].hit, 10)
        self.assert_migrated(plan, run)

    def test_of_everything_that_is_read(self):
        plan = self.world.plan()
        for server in (self.source, self.destination):
            self.fault(server, "lost", method="GET", rate=0.2)
        _, run = self.world.migrate(plan)
        self.assert_migrated(plan, run)

    def test_a_gateway_that_gives_up(self):
        """502 after the work was done is as good as no answer."""
        plan = self.world.plan()
        self.fault(
            self.destination, "lost-status", method="POST", status=502, each=True
        )
        _, run = self.world.migrate(plan)
        self.assert_migrated(plan, run)

    def test_no_answer_ever(self):
        """What hangs is given up after the timeout, and looked for."""
        plan = self.world.plan()
        # Long enough for answers of a busy machine, so that just what hangs is lost.
        clouds = self.world.connect(timeout=1.5)
        self.world.source, self.world.destination = clouds
        path = "/(ports|servers)$"
        rule = self.fault(
            self.destination, "hang", method="POST", path=path, after=True, times=3
        )
        _, run = self.world.migrate(plan)
        self.assertEqual(3, rule.hit)
        self.assert_migrated(plan, run)


class TestRefusals(FunctionalTestCase):
    def test_too_many_requests(self):
        """A fifth of all requests is put off; all are carried out in the end."""
        for server in (self.source, self.destination):
            self.fault(
                server,
                "answer",
                status=429,
                headers={"Retry-After": "1"},
                rate=0.2,
                path=NOT_TOKENS,
            )
        plan, run = self.world.migrate()
        self.assert_migrated(plan, run)

    def test_services_that_fail_now_and_then(self):
        for server in (self.source, self.destination):
            # 500 is mostly the same again, so it is not tried for long
            self.fault(server, "answer", status=500, method="GET", each=True, rate=0.3)
            self.fault(server, "answer", status=503, method="GET", rate=0.1)
            self.fault(server, "reset", method="GET|DELETE", rate=0.1)
        plan, run = self.world.migrate()
        self.assert_migrated(plan, run)

    def test_tokens_that_expire(self):
        """Every now and then the token at hand is refused, and renewed."""
        rules = [
            self.fault(server, "expire", path=NOT_TOKENS, skip=skip, times=1)
            for server in (self.source, self.destination)
            for skip in (10, 45, 80)
        ]
        plan, run = self.world.migrate()
        self.assertEqual({1}, {rule.hit for rule in rules})
        self.assert_migrated(plan, run)

    def test_out_of_quota_half_way(self):
        """It fails clearly, and goes on once there is room."""
        plan = self.world.plan()
        self.fault(self.destination, "quota", method="POST", path="/ports$", skip=2)
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.FAILED, run.state)
        nodes = self.world.store.nodes(run.id)
        failed = [n for n in nodes if n.error]
        self.assertEqual({"QuotaExceeded"}, {n.code for n in failed})
        # Both of those make ports.
        failing = {n.ref.type for n in failed}
        self.assertEqual(set(), failing - {"port", "router-interface"})
        self.assertIn("port", failing)
        self.heal()
        self.assert_migrated(plan, self.world.resume(run))

    def test_requests_that_never_arrive(self):
        """Whatever is not safe to send again waits for the next resume."""
        plan = self.world.plan()
        for server in (self.source, self.destination):
            self.fault(server, "reset", method="POST|PUT", each=True, rate=0.3)
        _, run = self.world.migrate(plan)
        for _ in range(4):
            if run.state is RunState.FAILED:
                run = self.world.resume(run)
        self.assert_migrated(plan, run)

    def test_servers_that_are_refused_are_put_back(self):
        plan = self.world.plan()
        self.fault(
            self.destination, "answer", method="POST", path="/servers$", status=500
        )
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.FAILED, run.state)
        self.assertEqual({}, self.states(self.destination))
        self.assertEqual(
            ["active", "active", "active"], [*self.states(self.source).values()]
        )
        self.heal()
        self.assert_migrated(plan, self.world.resume(run))


class TestImageData(FunctionalTestCase):
    def test_downloads_that_break_off(self):
        """They are taken up again where they broke."""
        rule = self.fault(
            self.source, "cut", method="GET", path="/file$", bytes=300_000, times=2
        )
        plan, run = self.world.migrate()
        self.assertEqual(2, rule.hit)
        self.assert_migrated(plan, run)

    def test_uploads_that_break_off(self):
        rule = self.fault(
            self.destination, "cut", method="PUT", path="/file$", bytes=1, each=True
        )
        plan, run = self.world.migrate()
        self.assertEqual(3, rule.hit)
        self.assert_migrated(plan, run)

    def test_data_that_is_altered_on_the_way(self):
        """It never counts as whole; the servers that need it stay as they are."""
        plan = self.world.plan()
        self.fault(self.source, "corrupt", method="GET", path="/file$")
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.FAILED, run.state)
        images = self.destination.run(
            lambda: {i["status"] for i in self.destination.cloud.state.images}
        )
        self.assertEqual({"queued"}, images)
        self.assertEqual({}, self.states(self.destination))
        self.assertNotIn("suspended", self.states(self.source).values())
        self.heal()
        self.assert_migrated(plan, self.world.resume(run))

    def test_a_record_that_is_removed_for_another_and_not_made_anew(self):
        """What an upload left is gone, and Glance takes no other: the run says so."""
        plan = self.world.plan()
        upload = {"method": "PUT", "path": "/file$", "status": 503}
        self.fault(self.destination, "answer", **upload, times=1)
        anew = self.fault(
            self.destination,
            "answer",
            status=503,
            method="POST",
            path="/images$",
            skip=3,  # of three images
        )
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.FAILED, run.state)
        self.assertLess(0, anew.hit)
        (failed,) = (n.error for n in self.world.store.nodes(run.id) if n.error)
        self.assertIn("POST image /images, 503", failed)
        self.heal()
        self.assert_migrated(plan, self.world.resume(run))

    def test_a_source_image_that_vanishes(self):
        """Its servers are left alone, everything else is done."""
        plan = self.world.plan()
        self.fault(self.source, "vanish", method="GET", path="/file$", times=1)
        _, run = self.world.migrate(plan)
        self.assertEqual(RunState.FAILED, run.state)
        failed = [n for n in self.world.store.nodes(run.id) if n.error]
        self.assertEqual({"image"}, {n.ref.type for n in failed})
