# SPDX-License-Identifier: Apache-2.0
"""A cloud without HTTP: time, control, seeds, snapshots."""

from __future__ import annotations

import json

import testtools

from testbed.simulator import seed
from testbed.simulator.cloud import SimulatedCloud
from testbed.simulator.messages import Request
from testbed.simulator.settings import Settings


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class CloudTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.cloud = SimulatedCloud(settings=Settings(build=5), clock=self.clock)

    def ask(self, method, path, body=None, **headers):
        text = b"" if body is None else json.dumps(body).encode()
        answer = self.cloud.answer(Request(method, path, headers, text))
        return answer.status, json.loads(answer.body or b"null"), answer.headers

    def token(self):
        user = {"name": "admin", "domain": {"id": "default"}, "password": "simulated"}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "admin", "domain": {"id": "default"}}},
        }
        status, _, headers = self.ask(
            "POST", "/identity/v3/auth/tokens", {"auth": auth}
        )
        self.assertEqual(201, status)
        return {"x-auth-token": headers["X-Subject-Token"]}


class TestTime(CloudTestCase):
    def test_tokens_expire(self):
        headers = self.token()
        self.assertEqual(200, self.ask("GET", "/identity/v3/users", **headers)[0])
        self.clock.now += self.cloud.settings.token_life
        self.assertEqual(401, self.ask("GET", "/identity/v3/users", **headers)[0])

    def test_servers_are_built_for_a_while(self):
        seed.fill(self.cloud)
        nova = self.cloud.services["compute"]
        known = next(iter(self.cloud.state.servers))
        image, flavor = known["image_id"], known["flavor"]["id"]
        asked = {"name": "x", "imageRef": image, "flavorRef": flavor}
        made = nova.make_server("u", known["tenant_id"], asked, [])
        self.cloud.state.later(5, "compute.built", made["id"])
        path, headers = f"/compute/v2.1/servers/{made['id']}", self.token()
        for seconds, status in ((0, "BUILD"), (4.9, "BUILD"), (0.2, "ACTIVE")):
            self.clock.now += seconds
            _, found, _ = self.ask("GET", path, **headers)
            self.assertEqual(status, found["server"]["status"])


class TestRoles(CloudTestCase):
    def setUp(self):
        super().setUp()
        self.headers = self.token()
        self.roles = [self.role(name) for name in ("above", "below")]
        path = "/identity/v3/roles/{}/implies/{}".format(*self.roles)
        self.ask("PUT", path, **self.headers)

    def role(self, name):
        body = {"role": {"name": name}}
        return self.ask("POST", "/identity/v3/roles", body, **self.headers)[1]["role"][
            "id"
        ]

    def inferences(self):
        status, found, _ = self.ask(
            "GET", "/identity/v3/role_inferences", **self.headers
        )
        self.assertEqual((200, []), (status, self.cloud.log.crashes))
        pairs = found["role_inferences"]
        names = {each["prior_role"]["name"] for each in pairs}
        return names & {"above", "below"}

    def test_what_a_deleted_role_implied_is_gone_with_it(self):
        self.assertEqual({"above"}, self.inferences())
        for role in self.roles:
            self.ask("DELETE", f"/identity/v3/roles/{role}", **self.headers)
            self.assertEqual(set(), self.inferences())

    def test_so_it_is_with_one_that_vanished(self):
        self.cloud.faults.add("vanish", path="/roles/", times=1)
        path = f"/identity/v3/roles/{self.roles[1]}"
        self.assertEqual(404, self.ask("GET", path, **self.headers)[0])
        self.assertEqual(set(), self.inferences())


class TestControl(CloudTestCase):
    def control(self, method, path, body=None):
        status, found, _ = self.ask(method, f"/_simulator{path}", body)
        self.assertEqual(200, status, found)
        return found

    def test_faults(self):
        rule = self.control("POST", "/faults", {"kind": "answer", "status": 429})
        self.assertEqual(429, self.ask("GET", "/network/")[0])
        (shown,) = self.control("GET", "/faults")["faults"]
        self.assertEqual(1, shown["hit"])
        self.control("DELETE", f"/faults/{rule['id']}")
        self.assertEqual(200, self.ask("GET", "/network/")[0])
        for nonsense in ({"kind": "shoe"}, {"kind": "reset", "shoe": 43}, {"x": 1}):
            self.assertEqual(400, self.ask("POST", "/_simulator/faults", nonsense)[0])

    def test_the_log_counts(self):
        for _ in range(3):
            self.ask("GET", "/network/")
        self.ask("GET", "/network/v2.0/networks")
        log = self.control("GET", "/log?last=1")
        counts = {(r["route"], r["status"]): r["times"] for r in log["counts"]}
        self.assertEqual({("GET /", 200): 3, ("GET /v2.0/networks", 401): 1}, counts)
        last = ["GET", "/network/v2.0/networks", 401, "network"]
        self.assertEqual([last], log["last"])
        self.control("DELETE", "/log")
        self.assertEqual(0, self.control("GET", "/log")["total"])

    def test_snapshots(self):
        """Everything comes back, and a reset forgets it all."""
        before = self.control("GET", "/dump")
        self.control("POST", "/seed", {"servers": 1})
        seeded = self.control("GET", "/dump")
        self.control("PUT", "/snapshots/seeded")
        self.control("POST", "/reset")
        self.assertEqual(before, self.control("GET", "/dump"))
        self.control("POST", "/snapshots/seeded")
        self.assertEqual(seeded, self.control("GET", "/dump"))
        self.assertEqual(400, self.ask("POST", "/_simulator/snapshots/none")[0])

    def test_settings(self):
        found = self.control("PUT", "/settings", {"build": 9.0})
        self.assertEqual(9.0, found["settings"]["build"])
        self.assertNotIn("admin_password", found["settings"])
        self.assertEqual(400, self.ask("PUT", "/_simulator/settings", {"x": 1})[0])


class TestSeed(CloudTestCase):
    def test_the_same_seed_makes_the_same(self):
        seed.fill(self.cloud, projects=2, servers=5)
        other = SimulatedCloud(settings=Settings(), clock=self.clock)
        seed.fill(other, projects=2, servers=5)
        self.assertEqual(self.cloud.state.dump(), other.state.dump())
        another = SimulatedCloud(settings=Settings(seed=2), clock=self.clock)
        self.assertNotEqual(self.cloud.state.dump(), another.state.dump())

    def test_big_tenants(self):
        """Ten thousand records, each address given once."""
        found = seed.fill(self.cloud, projects=10, servers=200)
        self.assertEqual(2000, found["servers"])
        self.assertGreater(sum(found.values()), 6000)
        ports = self.cloud.state.ports
        addresses = [
            (ip["subnet_id"], ip["ip_address"])
            for port in ports
            for ip in port["fixed_ips"]
        ]
        self.assertEqual(len(addresses), len(set(addresses)))
        self.assertEqual({*addresses}, {*self.cloud.services["network"].held})

    def test_tenants_of_thousands_of_servers(self):
        """Their subnets have room, and no network has a MAC twice."""
        found = seed.fill(self.cloud, projects=2, servers=1850)
        self.assertEqual(3700, found["servers"])
        ports = self.cloud.state.ports
        macs = [(port["network_id"], port["mac_address"]) for port in ports]
        self.assertEqual(len(macs), len(set(macs)))

    def test_hundreds_of_floating_ips(self):
        """The ports that hold them are nobody's, so they count for no quota."""
        neutron, public = self.cloud.services["network"], seed.public(self.cloud)
        neutron.set_limits("p", {"floatingip": -1})
        for _ in range(600):
            neutron.make_floating_ip("p", {"floating_network_id": public})
        self.assertEqual(600, len(self.cloud.state.floatingips))
