# SPDX-License-Identifier: Apache-2.0
"""A whole project from Zed to 2026.2, killed at ten moments on its way.

The same migration proves the other things that hold of a whole project: nothing
is there twice, nothing differs, the old passwords work, the source is kept, no
secret is left anywhere, and doing it again changes nothing.
"""

from __future__ import annotations

import base64
import re

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import session
from keystoneauth1.identity import v3

from pumphouse import exceptions
from tests.clouds.migration.tenant import TenantTestCase

# After so many further resources, several times ...
STRIDE = 7
# ... and whenever one of these is said of the first server that gets there.
SERVER_STEPS = ("suspend done", "create done", "verify done", ": done", ": done")
KILLS = 10


class TestKilled(TenantTestCase):
    prefix = "kill"
    seed = 11

    def test_ten_kills_lose_nothing_and_make_nothing_twice(self):
        tenant = self.tenant
        before = tenant.counts(tenant.source)
        planned = tenant.pumphouse("plan", "project", tenant.project, "-f", "json")
        self.assertEqual(exceptions.EXIT_OK, planned.code, planned)
        plan = tenant.pumphouse("plan", "list", "-f", "value", "-c", "ID").out.strip()
        kills = self.kill_at_resources("apply", plan)
        for step in SERVER_STEPS:
            kills += tenant.killed(
                "resume", when=lambda line, s=step: "server " in line and s in line
            )
        self.assertGreaterEqual(kills, KILLS)
        ended = tenant.pumphouse("resume")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended)

        self.nothing_differs()
        self.nothing_is_there_twice(before)
        self.the_old_passwords_work()
        self.the_source_is_kept()
        self.nothing_temporary_is_left()
        self.doing_it_again_changes_nothing()
        self.no_secret_is_left(planned.out + planned.err + ended.out + ended.err)

    def kill_at_resources(self, *words):
        """Kill after each STRIDE further resources, until servers are under way."""
        kills, reached, servers = 0, 0, False

        def far_enough(line):
            nonlocal reached, servers
            servers = servers or " server " in line
            progress = re.search(r" (\d+)/\d+ ", line)
            if progress and int(progress[1]) >= reached + STRIDE:
                reached = int(progress[1])
                return True
            return servers

        while not servers and self.tenant.killed(*words, when=far_enough):
            kills += 1
            words = ("resume",)
        return kills

    def nothing_differs(self):
        verified = self.tenant.pumphouse("verify")
        self.assertEnds(exceptions.EXIT_OK, verified, "0 differences")
        self.assertNotIn("not migrated", verified.err)

    def nothing_is_there_twice(self, before):
        tenant = self.tenant
        self.assertEqual(before, tenant.counts(tenant.source))
        there = tenant.counts(tenant.destination)
        # A user without any role in the project is not part of it, so its
        # keypairs are not either; private flavors come if the project has them.
        bound = tenant.pumphouse("binding", "list", "-f", "value", "-c", "Type").out
        names = bound.split()
        for kind in sorted(set(there)):
            if kind in ("flavor", "user", "keypair", "role"):
                expected = {"role": 1}.get(kind, names.count(kind))
            else:
                expected = before[kind]
            self.assertEqual(expected, there[kind], kind)

    def the_old_passwords_work(self):
        tenant = self.tenant
        here = tenant.source.list("identity", "/users", "users")
        arrived = {
            u["name"]: u for u in tenant.destination.list("identity", "/users", "users")
        }
        tried = 0
        for user in here:
            name = user["name"]
            if name not in tenant.credentials or name not in arrived:
                continue
            tried += 1
            self.assertEqual(user["enabled"], arrived[name]["enabled"], name)
            plugin = v3.Password(
                tenant.destination.identity.partition("|")[0],
                username=name,
                password=tenant.credentials[name]["password"],
                user_domain_id="default",
                unscoped=True,
            )
            if user["enabled"]:
                self.assertTrue(plugin.get_token(session.Session()))
            else:
                self.assertRaises(
                    keystone_exceptions.Unauthorized,
                    plugin.get_token,
                    session.Session(),
                )
        self.assertGreaterEqual(tried, 4)

    def the_source_is_kept(self):
        for server in self.tenant.servers(self.tenant.source).values():
            self.assertEqual("SHUTOFF", server["status"])
            self.assertTrue(server["locked"])
        for server in self.tenant.servers(self.tenant.destination).values():
            self.assertEqual("ACTIVE", server["status"])
            self.assertEqual([], [t for t in server["tags"] if "pumphouse" in t])

    def nothing_temporary_is_left(self):
        cloud = self.tenant.destination
        credentials = cloud.list("identity", "/credentials", "credentials")
        tenant_id = self.tenant.project_id(cloud)
        ours = [c["id"] for c in credentials if c.get("project_id") == tenant_id]
        self.assertEqual([], ours)
        project = self.tenant.project_id(self.tenant.source)
        ports = self.tenant.source.list(
            "network", "/ports", "ports", params={"project_id": project}
        )
        self.assertEqual([], [p["id"] for p in ports if not p["admin_state_up"]])

    def doing_it_again_changes_nothing(self):
        tenant = self.tenant
        there = tenant.counts(tenant.destination)
        again = tenant.pumphouse("migrate", "project", tenant.project, "--yes")
        self.assertEnds(exceptions.EXIT_OK, again, "nothing to do")
        self.assertEqual(there, tenant.counts(tenant.destination))

    def no_secret_is_left(self, said):
        tenant = self.tenant
        secrets = [user["password"] for user in tenant.credentials.values()]
        for server in tenant.servers(tenant.source).values():
            encoded = server.get("OS-EXT-SRV-ATTR:user_data")
            if encoded:
                secrets += [encoded, base64.b64decode(encoded).decode()]
        self.assertGreater(len(secrets), len(tenant.credentials))
        files = [p for p in tenant.work.iterdir() if p.name.startswith("pumphouse.db")]
        written = b"".join(path.read_bytes() for path in files)
        for secret in secrets:
            self.assertNotIn(secret.encode(), written)
            self.assertNotIn(secret, said)
        for ident in (b"$2b$", b"$2a$", b"$scrypt$", b"$pbkdf2"):
            self.assertNotIn(ident, written)
