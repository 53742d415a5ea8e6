# SPDX-License-Identifier: Apache-2.0
"""What a seed decides, before any cloud is asked."""

import base64
import dataclasses
import ipaddress
import json

import testtools
from cryptography.hazmat.primitives import serialization

from testbed.errors import TestbedError
from testbed.openstack.seed import plan, rest, sshkeys
from testbed.openstack.seed.dice import Dice


class TestDeterminism(testtools.TestCase):
    def same(self, **arguments):
        made = plan.make(**arguments)
        self.assertEqual(made, plan.make(**arguments))
        return json.dumps(dataclasses.asdict(made), sort_keys=True)

    def test_the_same_seed_gives_the_same(self):
        for arguments in ({}, {"projects": 3, "servers": 5, "volumes": 2, "seed": 9}):
            self.same(**arguments)

    def test_another_seed_or_prefix_gives_other_passwords_and_addresses(self):
        plans = [plan.make(seed=1), plan.make(seed=2), plan.make(prefix="globex")]
        for what in (
            lambda p: {u.password for u in p.users()},
            lambda p: {f.address for x in p.projects for f in x.floating_ips},
            lambda p: {port.mac for x in p.projects for port in x.ports},
        ):
            found = [what(p) for p in plans]
            self.assertEqual(sum(map(len, found)), len(set().union(*found)))

    def test_more_of_something_leaves_the_rest_as_it_was(self):
        small, large = plan.make(), plan.make(projects=2, servers=6, volumes=3)
        self.assertEqual(small.projects[1].users, large.projects[1].users)
        self.assertEqual(small.projects[1].servers, large.projects[1].servers[:3])
        self.assertEqual(small.projects[1].networks, large.projects[1].networks)

    def test_image_data(self):
        made = plan.make(image_size=1)
        first, second = made.projects[1].images
        data = plan.image_data(made, first)
        self.assertEqual(first.size, len(data))
        self.assertEqual(data, plan.image_data(made, first))
        self.assertNotEqual(data, plan.image_data(made, second))

    def test_dice_do_not_depend_on_an_order(self):
        one = Dice(1, "a")
        one.number(0, 9)
        self.assertEqual(Dice(1, "a").of("b").password(), one.of("b").password())
        self.assertNotEqual(one.of("b").password(), one.of("c").password())


class TestContent(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.plan = plan.make(projects=3, servers=5, volumes=4)
        self.teams = [p for p in self.plan.projects if p.users]

    def test_everything_has_the_prefix(self):
        things = [*self.plan.projects, *self.plan.flavors, *self.plan.images]
        for team in self.teams:
            things += [*team.users, *team.images, *team.networks, *team.ports]
            things += [*team.servers, *team.volumes, team.router]
        for thing in things:
            self.assertTrue(thing.name.startswith("acme-"), thing.name)

    def test_names_are_unique(self):
        users = [u.name for u in self.plan.users()]
        self.assertEqual(len(users), len(set(users)))
        many = plan.make(projects=30, servers=0)
        self.assertEqual(31, len({p.name for p in many.projects}))

    def test_people(self):
        for team in self.teams:
            self.assertGreaterEqual(len(team.users), 4)
            disabled = [u for u in team.users if not u.enabled]
            self.assertEqual(2, len(disabled))
            self.assertEqual([False, True], sorted(bool(u.roles) for u in disabled))
            several = [u for u in team.users if len({p for p, _ in u.roles}) > 1]
            self.assertEqual(1, len(several))
            roles = {role for u in team.users for _, role in u.roles}
            self.assertEqual({"member", "reader", self.plan.role}, roles)
            keys = {k.public_key for u in team.users for k in u.keypairs}
            named = [k for u in team.users for k in u.keypairs if k.name == "default"]
            self.assertGreater(len(named), 1)
            self.assertGreaterEqual(len(keys), len(named))
        passwords = [u.password for u in self.plan.users()]
        self.assertEqual(len(passwords), len(set(passwords)))

    def test_the_last_of_three_projects_is_disabled(self):
        self.assertEqual([True, True, False], [t.enabled for t in self.teams])
        self.assertTrue(all(p.enabled for p in plan.make(projects=2).projects))

    def test_groups_name_each_other(self):
        groups = {g.name: g for g in self.teams[0].groups}
        names = {
            name: {r.remote_group for r in g.rules} - {None}
            for name, g in groups.items()
        }
        self.assertIn("acme-backend", names["acme-frontend"])
        self.assertIn("acme-frontend", names["acme-backend"])
        self.assertFalse(groups["acme-isolated"].open_egress)
        self.assertIn("default", groups)

    def test_addresses_fit_their_subnets(self):
        for team in self.teams:
            subnets = {s.name: s.fields for n in team.networks for s in n.subnets}
            for port in team.ports:
                network = ipaddress.ip_network(subnets[port.subnet]["cidr"])
                self.assertIn(ipaddress.ip_address(port.address), network)
            taken = [p.address for p in team.ports]
            self.assertEqual(len(taken), len(set(taken)))
            self.assertTrue(
                any(
                    f["gateway_ip"] is None
                    for f in subnets.values()
                    if "gateway_ip" in f
                )
            )
            for destination, hop in team.router.routes:
                ipaddress.ip_network(destination)
                back = subnets[team.router.subnets[1]]["cidr"]
                self.assertIn(ipaddress.ip_address(hop), ipaddress.ip_network(back))

    def test_public_addresses_are_not_shared(self):
        taken = [t.router.address for t in self.teams]
        taken += [f.address for t in self.teams for f in t.floating_ips]
        self.assertEqual(9, len(set(taken)))
        ports = [f.port for f in self.teams[0].floating_ips]
        self.assertIn(None, ports)
        self.assertGreater(len(ports), 1)

    def test_servers_refer_to_what_there_is(self):
        flavors = {f.name: f for f in self.plan.flavors}
        for team in self.teams:
            ports = {p.name for p in team.ports}
            networks = {n.name for n in team.networks}
            images = {i.name for i in (*team.images, *self.plan.images)}
            owners = {u.name for u in team.users if u.enabled}
            for server in team.servers:
                self.assertIn(server.image, images)
                self.assertIn(server.owner, owners)
                access = flavors[server.flavor].access
                self.assertTrue(access is None or team.name in access)
                for kind, name in server.nics:
                    self.assertIn(name, ports if kind == "port" else networks)
                self.assertIn(
                    b"cloud-config", base64.b64decode(server.user_data, validate=True)
                )
            used = [name for s in team.servers for _, name in s.nics if name in ports]
            self.assertEqual(sorted(ports), sorted(used))
            servers = {s.name for s in team.servers}
            self.assertTrue(all(v.server in servers for v in team.volumes))

    def test_one_server_is_shut_off_when_there_are_four(self):
        self.assertEqual(1, sum(not s.running for s in self.teams[0].servers))
        few = plan.make().projects[1].servers
        self.assertTrue(all(s.running for s in few))
        self.assertTrue(any(s.config_drive for s in few))
        self.assertTrue(any(len(s.nics) > 1 for s in few))

    def test_one_port_has_no_port_security(self):
        self.assertTrue(any(p.groups is None for p in self.teams[0].ports))
        self.assertTrue(any(p.pairs for p in self.teams[0].ports))


class TestKeys(testtools.TestCase):
    def test_ed25519_as_in_rfc_8032(self):
        class Given:
            def bytes(self, _):
                return bytes.fromhex(
                    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
                )

        blob = base64.b64decode(sshkeys.ed25519(Given(), "x").split()[1])
        self.assertEqual(
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            blob[-32:].hex(),
        )

    def test_both_kinds_are_keys(self):
        for make in (sshkeys.ed25519, sshkeys.rsa):
            line = make(Dice(1, "key"), "me@here")
            key = serialization.load_ssh_public_key(line.encode())
            self.assertTrue(line.endswith(" me@here"))
            self.assertEqual(getattr(key, "key_size", 2048), 2048)
            self.assertEqual(line, make(Dice(1, "key"), "me@here"))
            self.assertNotEqual(line, make(Dice(2, "key"), "me@here"))


class TestOnlyHere(testtools.TestCase):
    def test_a_cloud_elsewhere_is_refused(self):
        for url in (
            "http://127.0.0.1:20001/v3",
            "http://localhost/v3",
            "http://[::1]/v3",
        ):
            rest._only_here("source", url)
        for url in ("https://192.0.2.1/v3", "https://cloud.example.org/v3", "nonsense"):
            error = self.assertRaises(TestbedError, rest._only_here, "source", url)
            self.assertIn("refused", str(error))
