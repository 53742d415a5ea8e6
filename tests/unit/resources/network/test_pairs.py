# SPDX-License-Identifier: Apache-2.0
"""Address pairs of multicast."""

from __future__ import annotations

import testtools

from pumphouse.models import Ref
from pumphouse.resources.network.pairs import REJECTS, multicast, refused
from pumphouse.resources.network.port import Port
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records
from tests.unit.resources.network.outlooks import blocked, outlook


class TestPairs(testtools.TestCase):
    def test_as_neutron_lib_has_it(self):
        for expected, address, mac in (
            (True, "224.0.0.18", None),
            (True, "224.0.0.0/4", None),
            (True, "192.0.0.0/2", None),
            (False, "0.0.0.0/0", None),
            (True, "::/0", None),
            (True, "ff02::12", None),
            (False, "fe80::/10", None),
            (False, "10.0.0.5/24", None),
            (True, "10.0.0.5", "01:00:5e:00:00:12"),
            (False, "10.0.0.5", "00:00:5e:00:01:0a"),
        ):
            pair = {"ip_address": address, **({"mac_address": mac} if mac else {})}
            self.assertIs(expected, multicast(pair), pair)

    def test_blocks_where_the_destination_announces_it(self):
        pairs = [
            {"ip_address": "10.0.0.9", "mac_address": "fa:16:3e:00:00:01"},
            {"ip_address": "224.0.0.18", "mac_address": "fa:16:3e:00:00:01"},
        ]
        port = Port().resource(records.port(allowed_address_pairs=pairs))
        newer = FakeCloud(extensions=(REJECTS,))
        (why,) = blocked(refused(outlook(newer, port))).values()
        self.assertIn(
            "openstack port set --no-allowed-address --allowed-address "
            "ip-address=10.0.0.9,mac-address=fa:16:3e:00:00:01 t1",
            why,
        )
        self.assertEqual([], [*refused(outlook(FakeCloud(), port))])

    def test_the_port_type_looks(self):
        pairs = [{"ip_address": "ff02::12"}]
        port = Port().resource(records.port(allowed_address_pairs=pairs))
        known = (*Port.extensions.values(), REJECTS)
        found = Port().foresee(outlook(FakeCloud(extensions=known), port))
        self.assertEqual({Ref("port", "t1")}, {*blocked(found)})
