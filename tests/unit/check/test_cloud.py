# SPDX-License-Identifier: Apache-2.0
"""One cloud: each thing that can be wrong makes its line appear."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse import exceptions
from pumphouse.check.cloud import CloudCheck
from pumphouse.check.findings import Finding, Place, State
from pumphouse.check.threads import Threads
from tests.unit.check.clouds import NOW, ToyCloud, forbidden


class CloudTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud = ToyCloud("destination")
        self.cloud.there |= {"block-storage", "placement"}

    def found(self, place: Place = Place.DESTINATION) -> list[Finding]:
        cloud: Any = self.cloud
        check = CloudCheck(place, cloud, Threads(), clock=lambda: NOW)
        trouble = check.enter()
        return [trouble] if trouble else [*check.look()]

    def faults(self, place: Place = Place.DESTINATION) -> list[tuple[str, str, str]]:
        """State, check and text of what is not well."""
        return [
            (f.state.value, f.check, f.text)
            for f in self.found(place)
            if f.state is not State.OK and f.check != "writing"
        ]

    def fault(self, state: str, check: str, place: Place = Place.DESTINATION) -> str:
        """The text of the only fault, which is this one."""
        self.assertEqual([(state, check)], [f[:2] for f in self.faults(place)])
        return self.faults(place)[0][2]

    def test_all_is_well(self) -> None:
        """Few requests, each of which only reads."""
        for place in (Place.SOURCE, Place.DESTINATION):
            self.cloud.asked.clear()
            self.assertEqual([], self.faults(place))
            self.assertLessEqual(len(self.cloud.asked), 12)

    def test_what_only_writing_would_tell(self) -> None:
        """Is told as not looked at, of the destination: nothing is written there."""
        unknown = [f for f in self.found() if f.state is State.UNKNOWN]
        self.assertEqual(["writing"], [f.check for f in unknown])
        source = self.found(Place.SOURCE)
        self.assertEqual([], [f for f in source if f.state is State.UNKNOWN])

    def test_no_token(self) -> None:
        self.cloud.refusal = exceptions.AuthenticationFailed("wrong password")
        self.assertEqual("wrong password", self.fault("error", "token"))
        self.assertEqual([], self.cloud.asked)

    def test_a_region_that_is_none(self) -> None:
        """One line, not one for each service."""
        self.cloud.there = {"identity"}
        self.assertIn("no region 'One'", self.fault("error", "token"))

    def test_no_project(self) -> None:
        self.cloud.project_id = ""
        self.assertIn("Set project_name", self.fault("error", "role"))

    def test_no_administrator(self) -> None:
        self.cloud.roles = frozenset({"member", "reader"})
        self.assertIn("member, reader, and not admin", self.fault("warning", "role"))

    def test_by_http(self) -> None:
        self.cloud.scheme = "http"
        self.assertIn("identity, compute", self.fault("warning", "tls"))

    def test_by_http_on_this_machine(self) -> None:
        """Nobody else hears that."""
        self.cloud.scheme, self.cloud.url = "http", lambda _: "http://127.0.0.1:5000"
        self.assertEqual([], self.faults())

    def test_by_http_nearby(self) -> None:
        """A private network is not this machine."""
        self.cloud.scheme, self.cloud.url = "http", lambda _: "http://10.0.0.1:5000"
        self.fault("warning", "tls")

    def test_certificates_are_not_checked(self) -> None:
        self.cloud.trusting = True
        self.assertIn("verify: false", self.fault("warning", "tls"))

    def test_lists_of_keystone(self) -> None:
        """All that are refused are in one line."""
        for path in ("/users", "/role_assignments"):
            self.cloud.answers["identity", path] = forbidden()
        said = self.fault("error", "identity")
        self.assertIn("may not list users, role assignments.", said)

    def test_keystone_fails(self) -> None:
        self.cloud.answers["identity", "/users"] = exceptions.ServiceError("broken")
        self.assertEqual("broken", self.fault("error", "identity"))

    def test_an_old_keystone(self) -> None:
        self.cloud.answers["identity", "/"] = {"version": {"id": "v3.9"}}
        self.assertIn("older than Queens", self.fault("warning", "identity-version"))

    def test_a_keystone_without_version(self) -> None:
        self.cloud.answers["identity", "/"] = {}
        self.assertIn("does not say", self.fault("warning", "identity-version"))

    def test_no_role_member(self) -> None:
        self.cloud.answers["identity", "/roles"] = {"roles": []}
        self.assertIn("no role 'member'", self.fault("warning", "member"))
        self.assertEqual([], self.faults(Place.SOURCE))

    def test_servers_of_others(self) -> None:
        self.cloud.answers["compute", "/servers/detail"] = forbidden("no all_tenants")
        self.assertIn("no all_tenants", self.fault("error", "compute"))

    def test_an_old_nova(self) -> None:
        self.cloud.newest = "2.51"
        self.assertIn("2.52 is the least", self.fault("error", "compute-version"))
        self.cloud.newest = ""
        said = self.fault("error", "compute-version", Place.SOURCE)
        self.assertIn("2.10 is the least", said)

    def test_a_nova_that_loses_something(self) -> None:
        self.cloud.newest = "2.60"
        self.assertIn("since 2.90", self.fault("warning", "compute-version"))
        said = self.fault("warning", "compute-version", Place.SOURCE)
        self.assertIn("since 2.70", said)

    def test_no_host_is_up(self) -> None:
        hosts = [{"state": "down", "status": "enabled"}, {"state": "up"}]
        self.cloud.answers["compute", "/os-services"] = {"services": hosts}
        self.assertIn("no compute host is up", self.fault("error", "hosts"))

    def test_hosts_may_not_be_listed(self) -> None:
        self.cloud.answers["compute", "/os-services"] = forbidden()
        self.fault("error", "hosts")

    def test_other_services(self) -> None:
        """What fails of those that every cloud has is an error, else a warning."""
        for service, path, state in (
            ("network", "/quotas", "error"),
            ("image", "/images", "error"),
            ("block-storage", "/volumes", "warning"),
            ("placement", "/traits", "warning"),
        ):
            self.cloud.answers = {**ToyCloud("x").answers, (service, path): forbidden()}
            self.fault(state, service)

    def test_something_else_answers(self) -> None:
        self.cloud.answers["image", "/images"] = b"<html>welcome</html>"
        self.assertIn("not in JSON", self.fault("error", "image"))

    def test_services_that_the_cloud_lacks_are_not_asked(self) -> None:
        self.cloud.there -= {"block-storage", "placement"}
        self.assertEqual([], self.faults())
        self.assertEqual(set(), {s for s, _ in self.cloud.asked} & {"placement"})

    def test_clocks(self) -> None:
        """That which is furthest off is told."""
        self.cloud.ahead = {"compute": 40, "network": -90}
        said = self.fault("warning", "clock")
        self.assertIn("clock of network is 90 s behind this", said)

    def test_a_clock_that_makes_signatures_too_old(self) -> None:
        """Only of the destination, where something is signed."""
        self.cloud.ahead = {"token": 1000}
        self.assertIn("too old", self.fault("error", "clock"))
        self.fault("warning", "clock", Place.SOURCE)
