# SPDX-License-Identifier: Apache-2.0
"""The server type: discovery, references, fitness, comparison."""

from __future__ import annotations

import dataclasses

import testtools

from pumphouse.conf.migration import Options
from pumphouse.models import Need, Ref, Resource
from pumphouse.resources.compute import server_nics
from pumphouse.resources.compute.server import Server
from pumphouse.resources.listing import ID, PROJECT, where
from tests.unit.resources.fakes import FakeCloud

UUID = "0c3a8c5e-6a1f-4f0e-9f57-7c7a8d1f0e0{}"
MAC, TYPE = "OS-EXT-IPS-MAC:mac_addr", "OS-EXT-IPS:type"


def address(addr: str, mac: str, kind: str = "fixed") -> dict:
    return {"version": 4, "addr": addr, MAC: mac, TYPE: kind}


def server(number: int = 1, **more) -> dict:
    """What microversion 2.90 says, with the flavor's id put in."""
    return {
        "id": UUID.format(number),
        "name": f"web-{number}",
        "status": "ACTIVE",
        "tenant_id": "p1",
        "user_id": "u1",
        "image": {"id": "i1", "links": []},
        "flavor": {"id": "f1", "original_name": "small", "vcpus": 1},
        "key_name": "key",
        "metadata": {},
        "tags": ["b", "a"],
        "description": None,
        "config_drive": "",
        "addresses": {"net": [address("10.0.0.5", "fa:01")]},
        "os-extended-volumes:volumes_attached": [],
        "OS-EXT-AZ:availability_zone": "nova",
        "OS-EXT-STS:task_state": None,
        "locked": False,
        **more,
    }


def resource(**more) -> Resource:
    return Server().resource(server(**more))


class Nova(FakeCloud):
    """Nova's two ways to speak of a flavor."""

    def __init__(self, *servers: dict, side: str = "source") -> None:
        super().__init__()
        self.side = side
        self.servers = {s["id"]: s for s in servers}
        self.on("GET", "/servers/detail", lambda call: self._views(call))
        self.on(
            "GET",
            "/os-server-groups",
            [{"id": "g1", "members": [servers[0]["id"]]}] if servers else [],
        )
        for server_id in self.servers:
            self.on("GET", f"/servers/{server_id}", lambda call: self._view(call))

    def list(self, service, path, key, params=None, **more):
        """Nova matches names by pattern, unlike the services of the plain fake."""
        return self._answer("GET", service, path, {**more, "params": params})

    def _views(self, call):
        wanted = dict(call.params)
        pattern = wanted.get("name", "")
        return [
            _view(s, call.microversion)
            for s in self.servers.values()
            if wanted.get("project_id", s["tenant_id"]) == s["tenant_id"]
            and s["name"] in (pattern.strip("^$").replace("\\", "") or s["name"])
        ]

    def _view(self, call):
        found = self.servers[call.path.rpartition("/")[2]]
        return _view(found, call.microversion)


def _view(record: dict, microversion: str) -> dict:
    flavor = record["flavor"]
    old = microversion == "2.46"
    keys = {"id"} if old else set(flavor) - {"id"}
    return {**record, "flavor": {k: flavor[k] for k in keys}}


class DiscoveryTest(testtools.TestCase):
    def test_a_project_takes_three_requests(self):
        cloud = Nova(server(1), server(2))
        found = list(Server().list(cloud, where(PROJECT, ["p1"])))
        self.assertEqual(2, len(found))
        self.assertEqual(3, len(cloud.calls))
        self.assertEqual({"f1"}, {r.record["flavor"]["id"] for r in found})
        self.assertEqual("small", found[0].record["flavor"]["original_name"])
        self.assertEqual(["g1"], found[0].record["server_groups"])
        self.assertEqual("p1", found[0].project_id)

    def test_an_empty_project_takes_one(self):
        cloud = Nova()
        self.assertEqual([], list(Server().list(cloud, where(PROJECT, ["p1"]))))
        self.assertEqual(1, len(cloud.calls))

    def test_many_projects_are_read_at_once(self):
        cloud = Nova(server(1), server(2, tenant_id="elsewhere"))
        wanted = ["p1", *map(str, range(30))]
        found = list(Server().list(cloud, where(PROJECT, wanted)))
        self.assertEqual(["web-1"], [r.name for r in found])
        self.assertEqual(3, len(cloud.calls))

    def test_several_ids_take_no_more_requests_than_two(self):
        """One tells the project, whose list has the others."""
        servers = [server(n) for n in range(1, 9)]
        cloud = Nova(*servers, server(9), side="destination")
        ids = [s["id"] for s in servers]
        found = list(Server().list(cloud, where(ID, [*ids, "gone"])))
        self.assertEqual(ids, [r.ref.id for r in found])
        self.assertLessEqual(len(cloud.calls), 5)

    def test_one_id(self):
        cloud = Nova(server(1), side="destination")
        (found,) = Server().list(cloud, where(ID, [UUID.format(1)]))
        self.assertEqual("f1", found.record["flavor"]["id"])
        self.assertEqual(2, len(cloud.calls))

    def test_find_by_name_or_id(self):
        cloud = Nova(server(1), server(2, tenant_id="p2"))
        found = Server().find(cloud, [UUID.format(1), "web-2"])
        self.assertEqual(["web-1", "web-2"], [r.name for r in found])

    def test_user_data_is_kept_as_a_fingerprint_only(self):
        found = resource(**{"OS-EXT-SRV-ATTR:user_data": "c2VjcmV0"})
        self.assertNotIn("c2VjcmV0", str(found))
        saved = Server().saved(found.record)
        self.assertIs(True, saved["OS-EXT-SRV-ATTR:user_data"])


class ReferencesTest(testtools.TestCase):
    def test_needs(self):
        needs = {n.ref: n.must for n in Server().needs(resource())}
        self.assertEqual(
            {
                Ref("project", "p1"): True,
                Ref("image", "i1"): True,
                Ref("flavor", "f1"): True,
                Ref("user", "u1"): False,
                Ref("keypair", "u1/key"): False,
            },
            needs,
        )

    def test_its_owners_roles_go_first(self):
        """Without them only the operator could create it."""

        def role(user: str, project: str) -> Resource:
            ref = Ref("assignment", f"user/{user}/role/r/project/{project}")
            return Resource(ref, "", {"user": {"id": user}}, project)

        found = [resource(), role("u1", "p1"), role("u2", "p1"), role("u1", "p2")]
        needs = list(Server().among({r.ref: r for r in found}))
        role_of_owner = Ref("assignment", "user/u1/role/r/project/p1")
        why = "its owner's role"
        ((server, need),) = needs
        self.assertEqual(
            (found[0].ref, Need(role_of_owner, why, must=False, brings=False)),
            (server, dataclasses.replace(need, otherwise="", field="")),
        )
        # Without it the server is another's: a plan that leaves it out says so.
        self.assertEqual("user_id", need.field)
        self.assertIn("Pumphouse's own user's", need.otherwise)

    def test_its_floating_ips_must_go_first(self):
        """Without one it would be moved and not be reached: it stays with it."""
        port = Resource(Ref("port", "P"), "", {"device_id": resource().ref.id})
        address = Resource(Ref("floating-ip", "F"), "", {"port_id": "P"})
        found = [resource(), port, address]
        ((server, need),) = Server().among({r.ref: r for r in found})
        self.assertEqual(
            (found[0].ref, Need(address.ref, "its address", brings=False)),
            (server, need),
        )

    def test_it_is_never_taken_for_a_namesake(self):
        kind = Server()
        here, there = resource(), resource(number=2, name="web-1")

        def itself(ref: Ref) -> str:
            return ref.id

        self.assertNotEqual(kind.key(here, itself), kind.key(there, itself))
        self.assertIsNone(kind.key(here, lambda ref: None))


class FitnessTest(testtools.TestCase):
    def judge(self, **more):
        return Server().fitness(resource(**more), Options())

    def test_running_and_stopped_ones_can_be_moved(self):
        for status in ("ACTIVE", "SHUTOFF"):
            self.assertEqual("", self.judge(status=status).blocked)

    def test_others_are_told_what_to_do(self):
        volumes = {"os-extended-volumes:volumes_attached": [{"id": "v1"}]}
        for words, more in (
            ("ERROR (disk full): 'openstack server reboot --hard", _error()),
            ("PAUSED: 'openstack server unpause", {"status": "PAUSED"}),
            ("SUSPENDED: 'openstack server resume", {"status": "SUSPENDED"}),
            (
                "SHELVED_OFFLOADED: 'openstack server unshelve",
                {"status": "SHELVED_OFFLOADED"},
            ),
            (
                "VERIFY_RESIZE: 'openstack server resize confirm",
                {"status": "VERIFY_RESIZE"},
            ),
            ("RESCUE: 'openstack server unrescue", {"status": "RESCUE"}),
            ("UNKNOWN: its cell", {"status": "UNKNOWN"}),
            ("busy (rebooting)", {"OS-EXT-STS:task_state": "rebooting"}),
            (
                "locked (by audit): 'openstack server unlock",
                {"locked": True, "locked_reason": "by audit"},
            ),
            ("1 volumes attached", volumes),
            ("boots from a volume", {"image": ""}),
            ("which flavor", {"flavor": {}}),
        ):
            self.assertIn(words, self.judge(**more).blocked)

    def test_what_cannot_be_kept_is_said(self):
        nics = [address("10.0.0.5", "fa:01"), address("10.0.0.6", "fa:02")]
        notes = " ".join(
            self.judge(
                server_groups=["g1"],
                scheduler_hints={"different_host": ["x"]},
                trusted_image_certificates=["c"],
                addresses={"a": nics, "b": [address("10.1.0.5", "fa:03")]},
                **{"OS-EXT-AZ:availability_zone": "east"},
            ).notes
        )
        for word in ("image", "g1", "different_host", "certificates", "NICs", "east"):
            self.assertIn(word, notes)

    def test_most_servers_have_two_notes(self):
        disk, first_boot = self.judge().notes
        self.assertIn("stays behind", disk)
        self.assertIn("cloud-init", first_boot)

    def test_words_that_nova_no_longer_takes_block(self):
        for words, more in (
            ("its name", {"name": "lead and trail "}),
            ("its name", {"name": "two\nlines"}),
            ("its name", {"name": "x" * 256}),
            ("its name", {"name": ""}),
            ("its description", {"description": "two\nlines"}),
            ("its metadata 'a/b'", {"metadata": {"a/b": "1"}}),
            ("its metadata 'a'", {"metadata": {"a": "1" * 256}}),
            ("no tag 'a,b'", {"tags": ["a,b"]}),
            ("no tag", {"tags": ["x" * 61]}),
        ):
            said = self.judge(**more).blocked
            self.assertIn(words, said)
            self.assertIn("'openstack server", said)
        fine = {
            "name": "Zürich \u00a0 7",
            "description": "",
            "metadata": {"a-b_c:d. e": ""},
            "tags": ["pumphouse:" + "x" * 60, "x" * 60],
        }
        self.assertEqual("", self.judge(**fine).blocked)


def _error() -> dict:
    return {"status": "ERROR", "fault": {"message": "disk full."}}


class CompareTest(testtools.TestCase):
    def compare(self, here: dict, there: dict, **options: bool):
        kind = Server()
        return [
            d.field
            for d in kind.compare(
                resource(**here),
                resource(**there),
                lambda ref: ref.id,
                Options(**options),
            )
        ]

    def test_equal_in_all_that_counts(self):
        there = {
            "status": "SHUTOFF",
            "tags": ["a", "pumphouse:x", "b"],
            "description": "",
            "config_drive": False,
            "hostId": "elsewhere",
        }
        self.assertEqual([], self.compare({}, there))

    def test_what_differs_is_named(self):
        for field, value in (
            ("name", "other"),
            ("user_id", "operator"),
            ("description", "other"),
            ("metadata", {"a": "b"}),
            ("tags", ["a"]),
            ("key_name", None),
            ("config_drive", "True"),
            ("image", {"id": "i2"}),
            ("flavor", {"id": "f2"}),
            ("status", "ERROR"),
            ("addresses", {"net": [address("10.0.0.6", "fa:01")]}),
            ("OS-EXT-SRV-ATTR:user_data", "b3RoZXI="),
        ):
            self.assertEqual([field], self.compare({}, {field: value}))

    def test_addresses_count_as_far_as_they_are_to_be_kept(self):
        other_mac = {"addresses": {"net": [address("10.0.0.5", "fa:99")]}}
        other_ip = {"addresses": {"net": [address("10.0.0.9", "fa:01")]}}
        none = {"addresses": {}}
        self.assertEqual(["addresses"], self.compare({}, other_mac))
        self.assertEqual([], self.compare({}, other_mac, keep_mac_addresses=False))
        self.assertEqual(["addresses"], self.compare({}, other_ip))
        self.assertEqual([], self.compare({}, other_ip, keep_fixed_ips=False))
        self.assertEqual(["addresses"], self.compare({}, none, keep_fixed_ips=False))

    def test_floating_ips_count(self):
        here = [address("10.0.0.5", "fa:01"), address("8.8.8.8", "fa:01", "floating")]
        there = [address("10.0.0.5", "fa:01"), address("9.9.9.9", "fa:01", "floating")]
        nets = {"addresses": {"net": here}}, {"addresses": {"net": there}}
        self.assertEqual(["addresses"], self.compare(*nets))
        self.assertEqual([], self.compare(*nets, keep_floating_ip_addresses=False))

    def test_the_zone_counts_under_its_option(self):
        east = {"OS-EXT-AZ:availability_zone": "east"}
        self.assertEqual([], self.compare({}, east))
        self.assertEqual(
            ["OS-EXT-AZ:availability_zone"],
            self.compare({}, east, keep_availability_zone=True),
        )

    def test_user_data_of_a_saved_plan_is_compared_by_presence(self):
        kind, field = Server(), "OS-EXT-SRV-ATTR:user_data"
        here = resource(**{field: "c2VjcmV0"})
        saved = Resource(here.ref, here.name, kind.saved(here.record), "p1")
        for there, differs in (("c2VjcmV0", False), (None, True)):
            found = kind.compare(
                saved, resource(**{field: there}), lambda ref: ref.id, Options()
            )
            self.assertEqual(differs, bool(found))
            self.assertNotIn("c2VjcmV0", str(found))


class NicsTest(testtools.TestCase):
    def test_ports_come_in_the_order_of_the_servers_macs(self):
        record = {
            "addresses": {
                "b": [address("10.0.1.5", "fa:03"), address("10.0.1.6", "fa:03")],
                "a": [address("10.0.0.5", "fa:01")],
            }
        }
        ports = [
            {"id": "p0", "mac_address": "fa:00"},  # has no address
            {"id": "p1", "mac_address": "fa:01"},
            {"id": "p3", "mac_address": "fa:03"},
        ]
        ordered = server_nics.in_order(record, ports)
        self.assertEqual(["p3", "p1", "p0"], [p["id"] for p in ordered])
