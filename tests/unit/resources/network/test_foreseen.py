# SPDX-License-Identifier: Apache-2.0
"""Each of Neutron's types looks at all that concerns it."""

from __future__ import annotations

import testtools

from pumphouse.conf.migration import Options
from pumphouse.models import Ref
from pumphouse.resources.network.floating_ip import FloatingIP
from pumphouse.resources.network.names import NOBODY
from pumphouse.resources.network.network import Network
from pumphouse.resources.network.port import Port
from pumphouse.resources.network.ranges import NEWER
from pumphouse.resources.network.router import Router
from pumphouse.resources.network.subnet import Subnet
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.network import records
from tests.unit.resources.network.outlooks import blocked, notes, outlook

KEEP = Options(keep_availability_zone=True)
N1, NX = Ref("network", "n1"), Ref("network", "nx")


class TestForeseen(testtools.TestCase):
    def found(self, kind, record, *there, **script):
        everything = (*kind.extensions.values(), NEWER)
        cloud = FakeCloud(extensions=everything)
        cloud.on("GET", "/rbac-policies", [])
        for path, answer in script.items():
            cloud.on("GET", f"/{path}", answer)
        cloud.on("PUT", f"{kind.path}/{NOBODY}", records.refused(400))
        networks = tuple(
            Network().resource(records.network(id=ref.id)) for ref in there
        )
        plan = outlook(
            cloud,
            kind.resource(record),
            there={ref: ref.id.upper() for ref in there},
            options=KEEP,
            resources=networks,
        )
        return [*kind.foresee(plan)]

    def why(self, *args, **script):
        return " ".join(blocked(self.found(*args, **script)).values())

    def test_networks(self):
        hints = {"availability_zone_hints": ["az9"]}
        flat = {
            "provider:network_type": "flat",
            "provider:physical_network": "p",
            "provider:segmentation_id": None,
        }
        small = {"id": "Y", "mtu": 1400, "provider:network_type": "vxlan"}
        lists = {"availability_zones": [], "networks": [{"id": "X", **flat}, small]}
        record = records.network(name="x ", **hints)
        found = self.found(Network(), record, **lists)
        said = " ".join(f.blocked for f in found)
        self.assertIn("no name like", said)
        self.assertIn("zone az9", said)
        self.assertIn("its MTU is 1450", " ".join(notes(found)))
        laid = records.network(**flat)
        self.assertIn("its segment", self.why(Network(), laid, **lists))

    def test_subnets(self):
        odd = records.subnet(ip_version=6, cidr="::/64", gateway_ip=None)
        self.assertIn("'::'", self.why(Subnet(), odd))

    def test_routers(self):
        hinted = records.router(availability_zone_hints=["az9"])
        why = self.why(Router(), hinted, availability_zones=[])
        self.assertIn("no router availability zone", why)

    def test_ports(self):
        ips = [{"subnet_id": "S", "ip_address": "10.0.0.5"}]
        held = records.port(id="X", network_id="N1", fixed_ips=ips, mac_address="")
        why = self.why(Port(), records.port(), N1, ports=[held])
        self.assertIn("10.0.0.5 is held there", why)

    def test_floating_ips(self):
        why = self.why(FloatingIP(), records.floating_ip(), NX, subnets=[])
        self.assertIn("no subnet of its network", why)
