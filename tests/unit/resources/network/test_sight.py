# SPDX-License-Identifier: Apache-2.0
"""A server on a network that its project will not see would have no address."""

from __future__ import annotations

import testtools

from pumphouse.models import Ref, Resource
from pumphouse.resources.network import surroundings
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.port import Port
from tests.unit.resources.network import records
from tests.unit.resources.network.plans import (
    blocked,
    cloud,
    notes,
    outlook,
    project,
)

VM = Ref("server", "v1")
NIC = {"device_id": "v1", "device_owner": "compute:nova", "project_id": "p9"}


class TestSight(testtools.TestCase):
    """A network of p1's, ``owner``; a server of p9's on it, ``user``."""

    def found(self, *there, nic=NIC, server="p9", network=None, networks=(), **decided):
        self.destination = cloud(*there).on("GET", "/networks", [*networks])
        plan = outlook(
            project("p1", "owner"),
            project("p9", "user"),
            Network().resource(records.network(**(network or {}))),
            Port().resource(records.port(**nic)),
            Resource(VM, "vm", {}, server),
            source=cloud(records.policy("n1")),
            destination=self.destination,
            **decided,
        )
        return [*surroundings.findings(plan)]

    def test_a_network_that_is_shared_by_policy_only(self):
        found = self.found()
        reason = blocked(found)[VM]
        for each in ("network app of project owner", "migrate project owner first"):
            self.assertIn(each, reason)
        self.assertIn("--target-project user app", reason)

    def test_a_port_that_nothing_uses_is_noted(self):
        found = self.found(nic={"project_id": "p9"})
        self.assertEqual({}, blocked(found))
        self.assertIn(Ref("port", "t1"), dict(notes(found)))

    def test_what_everybody_sees(self):
        for shown in ({"shared": True}, {"router:external": True, "shared": True}):
            self.assertNotIn(VM, blocked(self.found(network=shown)))

    def test_its_own(self):
        self.assertEqual({}, blocked(self.found(server="p1")))

    def test_what_was_made_there_earlier_and_is_shared_by_now(self):
        made = {"n1": "skip:N1", "p1": "skip:P1", "p9": "adopt:P9"}
        self.assertIn("share it there", blocked(self.found(**made))[VM])
        self.assertNotIn("migrate project", blocked(self.found(**made))[VM])
        for target in ("P9", "*"):
            policy = records.policy("N1", target=target)
            self.assertEqual({}, blocked(self.found(policy, **made)))
        others = records.policy("N1", target="P7")
        self.assertIn(VM, blocked(self.found(others, **made)))
        unmade = {"n1": "skip:N1", "p1": "skip:P1"}
        self.assertIn(VM, blocked(self.found(others, **unmade)))

    def test_a_network_that_it_is_mapped_to(self):
        """Whose it was on the source says nothing then."""
        mapped = {"n1": "map:N7", "p9": "adopt:P9"}
        for owner, seen in (("P9", True), ("P1", False)):
            network = {"id": "N7", "project_id": owner}
            found = self.found(networks=[network], **mapped)
            self.assertEqual(seen, VM not in blocked(found))
        own = self.found(networks=[network], server="p1", **mapped)
        self.assertIn(VM, blocked(own))
        public = records.policy("N7", target="*", action="access_as_external")
        self.assertEqual({}, blocked(self.found(public, networks=[network], **mapped)))
        policy = records.policy("N7", target="P9")
        self.assertEqual({}, blocked(self.found(policy, networks=[network], **mapped)))

    def test_what_stands_already_is_not_judged(self):
        found = self.found(v1="skip:V1", n1="skip:N1", p1="skip:P1")
        self.assertEqual({}, blocked(found))
