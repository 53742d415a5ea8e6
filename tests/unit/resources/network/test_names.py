# SPDX-License-Identifier: Apache-2.0
"""Names that a newer Neutron refuses, and how it is asked whether it is one."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.resources.network.names import NOBODY, refused, suspicious
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.router_interface import RouterInterface
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records
from tests.unit.resources.network.outlooks import blocked, outlook

# What neutron-lib 5.0.1 takes and refuses, as both real clouds were seen to.
TAKEN = ("", "a", "a b", "é", "x" * 255, "a\n", "a\u00a0b", "日本", "a-_.:/")
REFUSED = (
    *("a ", " a", " ", "a\nb", "\n", "\na", "a \n", "a\tb", "a\u00a0", "a\u2028b"),
    *("zero\u200bwidth", "\U0001f600", "\ue000", "a\x00", "a\r", "\u2003a"),
)


class TestSuspicious(testtools.TestCase):
    def test_as_neutron_lib_has_it(self):
        for name in TAKEN:
            self.assertFalse(suspicious(name), repr(name))
        for name in REFUSED:
            self.assertTrue(suspicious(name), repr(name))


class TestRefused(testtools.TestCase):
    kind = Network()

    def plan(self, cloud, *names):
        made = [records.network(id=f"n{i}", name=name) for i, name in enumerate(names)]
        return outlook(cloud, *map(self.kind.resource, made))

    def test_one_question_about_nobody_for_all_of_a_kind(self):
        answer = records.refused(400, "'x ' is not a valid string")
        cloud = FakeCloud().on("PUT", f"/networks/{NOBODY}", answer)
        found = blocked(refused(self.kind, self.plan(cloud, "x ", "fine", "y\tz")))
        self.assertEqual({Ref("network", "n0"), Ref("network", "n2")}, {*found})
        self.assertIn("'y\\tz'", found[Ref("network", "n2")])
        self.assertIn("openstack network set --name NAME n2", str(found))
        (asked,) = cloud.calls
        self.assertEqual({"network": {"name": "x "}}, asked.body)

    def test_an_older_cloud_only_says_that_there_is_nobody(self):
        cloud = FakeCloud()
        for error in (
            exceptions.ResourceMissing("nobody", status=404),
            exceptions.Forbidden("no", status=403),
        ):
            cloud.on("PUT", f"/networks/{NOBODY}", error)
            self.assertEqual([], [*refused(self.kind, self.plan(cloud, "x "))])

    def test_nothing_is_asked_about_plain_names(self):
        cloud = FakeCloud()
        self.assertEqual([], [*refused(self.kind, self.plan(cloud, *TAKEN))])
        self.assertEqual([], cloud.calls)

    def test_an_interface_is_renamed_by_its_port(self):
        kind = RouterInterface()
        cloud = FakeCloud().on("PUT", f"/ports/{NOBODY}", records.refused(400))
        interface = kind.resource(records.interface(name=" fw"))
        (finding,) = refused(kind, outlook(cloud, interface))
        self.assertIn("openstack port set --name NAME i1", finding.blocked)
