# SPDX-License-Identifier: Apache-2.0
"""Ports: addresses, filters and flags as they are."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Need, Ref, Resource
from pumphouse.resources.listing import ID, PROJECT, where
from pumphouse.resources.network.floating_ip import FloatingIP
from pumphouse.resources.network.port import Port
from tests.unit.resources.fakes import FakeCloud, coming, found
from tests.unit.resources.network import records

KIND = Port()
BOUND = (("network", "n1"), ("subnet", "s1"), ("security-group", "g1"))
KNOWN = ("security-group", "port-security", "allowed-address-pairs", "binding")
MINE = {"ip_address": "10.0.0.66", "mac_address": "fa:16:3e:00:00:01"}
OPTIONS = Options()
NOTHING = {"keep_mac_addresses": False, "keep_fixed_ips": False}
STATELESS = {"subnet_id": "s1", "ip_address": "fd00::f816:3eff:fe00:1"}


def port(**more):
    return KIND.resource(records.port(**more))


def there(**more):
    ips = [{"subnet_id": "S1", "ip_address": "10.0.0.5"}]
    return records.port(
        **{
            "id": "T",
            "network_id": "N1",
            "project_id": "P1",
            "fixed_ips": ips,
            "security_groups": ["G1"],
            **more,
        }
    )


class TestDiscovery(testtools.TestCase):
    def test_all_that_no_service_makes_by_itself(self):
        users = {"unused", "compute:nova", "trunk:subport", "network:vip"}
        users |= {"k8s:metallb", "baremetal:none", "networking"}
        owners = ["network:dhcp", "network:router_interface", "network:local_ip"]
        owners += ["network:floatingip", "Octavia", "manila:share", *users]
        ports = [records.port(id=o, device_owner=o) for o in owners]
        ports += [records.port(id="unused")]
        cloud = FakeCloud().on("GET", "/ports", ports)
        found = {r.ref.id for r in KIND.list(cloud, where(PROJECT, ["p1"]))}
        self.assertEqual(users, found)
        self.assertEqual(found, {r.ref.id for r in KIND.list(cloud, where(ID, owners))})

    def test_of_servers_is_one_request(self):
        ports = [records.port(device_id="v1", device_owner="compute:az")]
        cloud = FakeCloud().on("GET", "/ports", ports)
        servers = [Resource(Ref("server", v), v, {}, "p1") for v in ("v1", "v2")]
        self.assertEqual(1, len(coming(KIND, cloud, "server", *servers)))
        self.assertEqual(["v1", "v2"], cloud.calls[0].params["device_id"])

    def test_goes_before_its_server(self):
        owned = port(device_id="v1", device_owner="compute:az")
        self.assertEqual(
            [Need(Ref("server", "v1"), "its NIC")], [*KIND.goes_before(owned)]
        )
        self.assertEqual([], [*KIND.goes_before(port())])

    def test_brings_its_floating_ips_whoever_owns_them(self):
        cloud = FakeCloud().on("GET", "/floatingips", [records.floating_ip()])
        cloud.on("GET", "/ports", [records.interface()])
        (found,) = coming(FloatingIP(), cloud, "port", port())
        self.assertEqual(Ref("floating-ip", "f1"), found.ref)
        self.assertEqual(["t1"], cloud.calls[0].params["port_id"])

    def test_others_ports_of_servers_come_too(self):
        """With a project: a request only where the server's addresses show any."""
        cloud = FakeCloud().on("GET", "/ports", [records.port(id="t2", device_id="v1")])
        nics = [{"addr": "10.0.0.5", "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"}]
        server = Resource(Ref("server", "v1"), "vm", {"addresses": {"app": nics}}, "p1")
        project = [Ref("project", "p1")]
        so_far = found(server, port(), followed=project)
        self.assertEqual([], coming(KIND, cloud, "server", server, so_far=so_far))
        self.assertEqual([], cloud.calls)
        so_far = found(server, followed=project)
        (other,) = coming(KIND, cloud, "server", server, so_far=so_far)
        self.assertEqual(Ref("port", "t2"), other.ref)
        self.assertEqual(["v1"], cloud.calls[0].params["device_id"])

    def test_a_port_without_an_address_comes_with_its_server(self):
        """No address of a server shows it: so its ports are always asked for."""
        bare = records.port(id="t2", device_id="v1", fixed_ips=[])
        cloud = FakeCloud().on("GET", "/ports", [bare])
        server = Resource(Ref("server", "v1"), "vm", {"addresses": {}}, "p1")
        (other,) = coming(KIND, cloud, "server", server)
        self.assertEqual(Ref("port", "t2"), other.ref)


class TestOwners(testtools.TestCase):
    """A user's word on what a port is for is kept, a service's is that service's."""

    def body(self, **more):
        cloud = FakeCloud(extensions=KNOWN)
        ctx = records.context(*BOUND, destination=cloud)
        return KIND.body(ctx, port(**more))

    def compare(self, source, destination):
        ctx = records.context(*BOUND)
        found = KIND.compare(source, KIND.resource(destination), ctx.translate, OPTIONS)
        return [difference.field for difference in found]

    def test_a_users_own_is_asked_for(self):
        for owner in ("network:vip", "k8s:metallb", "baremetal:none", "computed"):
            self.assertEqual(owner, self.body(device_owner=owner)["device_owner"])

    def test_a_services_is_not(self):
        for owner in ("compute:nova", "compute:kuryr", "trunk:subport", ""):
            self.assertNotIn("device_owner", self.body(device_owner=owner), owner)

    def test_nor_ever_for_which_device(self):
        """Nova takes no port that has one."""
        owned = {"device_owner": "network:vip", "device_id": "v1"}
        self.assertNotIn("device_id", self.body(**owned))

    def test_another_word_there_is_a_difference(self):
        vip = port(device_owner="network:vip")
        self.assertEqual([], self.compare(vip, there(device_owner="network:vip")))
        for other in ("", "network:vips", "compute:nova"):
            found = self.compare(vip, there(device_owner=other))
            self.assertEqual(["device_owner"], found, other)

    def test_novas_word_on_what_it_attached_is_none(self):
        nic = port(device_owner="network:vip", device_id="v1")
        attached = there(device_owner="compute:az", device_id="V1")
        self.assertEqual([], self.compare(nic, attached))
        free = there(device_owner="", device_id="")
        self.assertEqual(["device_owner"], self.compare(nic, free))

    def test_what_is_not_kept_is_said(self):
        notes = KIND.fitness(
            port(device_owner="k8s:metallb", device_id="lb-7"), OPTIONS
        ).notes
        self.assertEqual(("its device_id lb-7 is not kept",), notes)
        (note,) = KIND.fitness(port(device_owner="trunk:subport"), OPTIONS).notes
        self.assertIn("its trunk is not kept", note)
        attached = port(device_owner="compute:nova", device_id="v1")
        self.assertEqual((), KIND.fitness(attached, OPTIONS).notes)


class TestBody(testtools.TestCase):
    def body(self, known=KNOWN, *, options=None, **more):
        cloud = FakeCloud(extensions=known)
        options = Options(**(options or {}))
        ctx = records.context(*BOUND, destination=cloud, options=options)
        return KIND.body(ctx, port(**more))

    def test_addresses_and_references(self):
        body = self.body()
        self.assertEqual("fa:16:3e:00:00:01", body["mac_address"])
        self.assertEqual(
            [{"subnet_id": "S1", "ip_address": "10.0.0.5"}], body["fixed_ips"]
        )
        self.assertEqual(["G1"], body["security_groups"])
        self.assertNotIn("device_id", body)
        self.assertNotIn("binding:profile", body)

    def test_nothing_is_said_aloud(self):
        """Left out, Neutron would take the default group and any address."""
        body = self.body(
            security_groups=[],
            fixed_ips=[],
            admin_state_up=False,
            port_security_enabled=False,
        )
        self.assertEqual([], body["security_groups"])
        self.assertEqual([], body["fixed_ips"])
        self.assertIs(False, body["admin_state_up"])
        self.assertIs(False, body["port_security_enabled"])

    def test_other_addresses(self):
        body = self.body(options=NOTHING, allowed_address_pairs=[MINE])
        self.assertEqual([{"subnet_id": "S1"}], body["fixed_ips"])
        self.assertNotIn("mac_address", body)
        self.assertEqual([{"ip_address": "10.0.0.66"}], body["allowed_address_pairs"])

    def test_an_address_that_follows_from_the_mac_is_neutrons_to_give(self):
        body = self.body(fixed_ips=[STATELESS])
        self.assertEqual([{"subnet_id": "S1"}], body["fixed_ips"])
        chosen = {**STATELESS, "ip_address": "fd00::15"}
        self.assertIn("ip_address", self.body(fixed_ips=[chosen])["fixed_ips"][0])

    def test_tags_at_once_where_the_destination_can(self):
        self.assertNotIn("tags", self.body(tags=["a"]))
        known = (*KNOWN, "tag-ports-during-bulk-creation")
        self.assertEqual(["a"], self.body(known, tags=["a"])["tags"])


class TestCompare(testtools.TestCase):
    def fields(self, destination, options=None, **more):
        ctx = records.context(*BOUND)
        found = KIND.compare(
            port(**more),
            KIND.resource(destination),
            ctx.translate,
            Options(**(options or {})),
        )
        return [d.field for d in found]

    def test_equal(self):
        self.assertEqual([], self.fields(there()))
        other = there(device_owner="compute:b", device_id="v9", status="ACTIVE")
        self.assertEqual([], self.fields(other))

    def test_what_may_not_change(self):
        for field, value in (
            ("mac_address", "fa:16:3e:00:00:02"),
            ("fixed_ips", [{"subnet_id": "S1", "ip_address": "10.0.0.6"}]),
            ("security_groups", ["G1", "G2"]),
            ("port_security_enabled", False),
            ("allowed_address_pairs", [MINE]),
        ):
            self.assertEqual([field], self.fields(there(**{field: value})))

    def test_under_the_options_addresses_may(self):
        other = there(
            mac_address="fa:16:3e:00:00:02",
            fixed_ips=[{"subnet_id": "S1", "ip_address": "10.0.0.6"}],
        )
        self.assertEqual([], self.fields(other, NOTHING))


class TestEnsure(testtools.TestCase):
    def context(self, **options):
        self.cloud = FakeCloud(extensions=KNOWN)
        return records.context(
            *BOUND, destination=self.cloud, options=Options(**options)
        )

    def test_says_who_holds_the_address(self):
        ctx = self.context()
        self.cloud.on("POST", "/ports", records.refused(what="IP already allocated"))
        holder = there(id="D", device_owner="network:dhcp", mac_address="aa")
        self.cloud.on("GET", "/ports", [holder])
        error = self.assertRaises(exceptions.Conflict, KIND.ensure, ctx, port())
        self.assertIn("10.0.0.5 is held there by port D (network:dhcp)", error.hint)

    def test_lost_answer_is_looked_up_by_mac(self):
        ctx = self.context()
        self.cloud.on("POST", "/ports", records.lost())
        self.cloud.on("GET", "/ports", [there()]).on("GET", "/ports/T", there())
        self.assertEqual({"id": "T"}, KIND.ensure(ctx, port()))

    def test_lost_answer_where_nothing_of_it_is_kept(self):
        ctx = self.context(**NOTHING)
        bound = there(id="bound", mac_address="other")
        ctx.bind(Ref("port", "another"), "bound")
        self.cloud.on("POST", "/ports", records.lost())
        made = there(mac_address="new")
        self.cloud.on("GET", "/ports", [bound, made]).on("GET", "/ports/T", made)
        self.assertEqual({"id": "T"}, KIND.ensure(ctx, port()))

    def test_notes(self):
        odd = port(
            qos_policy_id="q",
            trunk_details={"sub_ports": [1, 2]},
            **{"binding:profile": {"pci": 1}},
        )
        notes = KIND.fitness(odd, Options(**NOTHING)).notes
        self.assertEqual(5, len(notes))
        self.assertIn("its trunk with 2 subports is not kept", notes)
