# SPDX-License-Identifier: Apache-2.0
"""Extensions that the destination lacks."""

from __future__ import annotations

import testtools

from pumphouse.conf.migration import Options
from pumphouse.resources.network.lacking import extensions
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.port import Port
from pumphouse.resources.network.security_group import SecurityGroup
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records
from tests.unit.resources.network.outlooks import outlook


class TestLacking(testtools.TestCase):
    def found(self, kind, record, *lacking, options=None):
        known = {*kind.extensions.values()} - {*lacking}
        plan = outlook(
            FakeCloud(extensions=tuple(known)), kind.resource(record), options=options
        )
        return [*extensions(kind, plan)]

    def test_a_field_is_announced(self):
        group = records.group(stateful=False)
        (finding,) = self.found(SecurityGroup(), group, "stateful-security-group")
        self.assertEqual(("stateful",), finding.announced)
        self.assertIn(
            "stateful (False) needs the extension stateful-", finding.notes[0]
        )
        self.assertEqual("", finding.blocked)

    def test_what_its_absence_means_as_well_is_nothing_lost(self):
        lacking = "stateful-security-group"
        self.assertEqual([], self.found(SecurityGroup(), records.group(), lacking))
        port = records.port(extra_dhcp_opts=[], security_groups=[])
        lost = ("extra_dhcp_opt", "security-group", "allowed-address-pairs")
        self.assertEqual([], self.found(Port(), port, *lost))

    def test_a_port_without_its_filter_is_not_made(self):
        (finding,) = self.found(Port(), records.port(), "security-group")
        self.assertIn("security_groups (['g1']) needs the extension", finding.blocked)

    def test_tags_go_their_own_way(self):
        port = records.port(tags=["a"])
        lacking = "tag-ports-during-bulk-creation"
        self.assertEqual([], self.found(Port(), port, lacking))

    def test_an_option_that_is_off_loses_nothing(self):
        network = records.network(availability_zone_hints=["az1"])
        lacking = "network_availability_zone"
        self.assertEqual([], self.found(Network(), network, lacking))
        keep = Options(keep_availability_zone=True)
        (finding,) = self.found(Network(), network, lacking, options=keep)
        self.assertEqual(("availability_zone_hints",), finding.announced)
