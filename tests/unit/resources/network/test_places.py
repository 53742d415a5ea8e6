# SPDX-License-Identifier: Apache-2.0
"""Zones that the destination lacks, and segments that it uses."""

from __future__ import annotations

import testtools

from pumphouse.conf.migration import Options
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.places import segments, zones
from pumphouse.resources.network.router import Router
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records
from tests.unit.resources.network.outlooks import blocked, notes, outlook

KEEP = Options(keep_availability_zone=True)
VLAN = {
    "provider:network_type": "vlan",
    "provider:physical_network": "physnet1",
    "provider:segmentation_id": 12,
}


class TestZones(testtools.TestCase):
    def found(self, kind, record, *known, options=KEEP):
        cloud = FakeCloud().on("GET", "/availability_zones", [*known])
        plan = outlook(cloud, kind.resource(record), options=options)
        return blocked(zones(kind.name, plan)), cloud

    def test_of_networks_and_routers_apart(self):
        known = {"name": "az1", "resource": "network"}
        hinted = {"availability_zone_hints": ["az1"]}
        self.assertEqual({}, self.found(Network(), records.network(**hinted), known)[0])
        found, _ = self.found(Router(), records.router(**hinted), known)
        (why,) = found.values()
        self.assertIn("no router availability zone az1 (it has none)", why)

    def test_not_asked_without_hints_or_the_option(self):
        hinted = records.network(availability_zone_hints=["az9"])
        for record, options in ((records.network(), KEEP), (hinted, Options())):
            found, cloud = self.found(Network(), record, options=options)
            self.assertEqual(({}, []), (found, cloud.calls))


class TestSegments(testtools.TestCase):
    def found(self, *there, **more):
        cloud = FakeCloud().on("GET", "/networks", [*there])
        network = Network().resource(records.network(shared=True, **{**VLAN, **more}))
        return [*segments(outlook(cloud, network))], cloud

    def test_another_network_has_it(self):
        found, _ = self.found({"id": "X", "name": "dmz", **VLAN})
        (why,) = blocked(found).values()
        self.assertIn("(vlan 12 on physnet1) is that of network dmz", why)

    def test_beside_it(self):
        other = {"id": "X", "name": "dmz", **VLAN, "provider:segmentation_id": 13}
        self.assertEqual([], self.found(other)[0])

    def test_nothing_is_on_its_physical_network_yet(self):
        found, _ = self.found()
        self.assertIn("physical network physnet1", " ".join(notes(found)))
        self.assertEqual({}, blocked(found))

    def test_what_the_destination_allots_is_not_looked_at(self):
        found, cloud = self.found(**dict.fromkeys(VLAN))
        self.assertEqual(([], []), (found, cloud.calls))
