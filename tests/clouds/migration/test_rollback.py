# SPDX-License-Identifier: Apache-2.0
"""A whole project is migrated, taken back, and migrated again, on two real clouds.

The rollback is killed at several moments on its way.  In the end the destination
has just what it had before, and the sources run as if nothing had happened.
"""

from __future__ import annotations

import re

from pumphouse import exceptions
from pumphouse.resources.registry import resource_types
from tests.clouds.migration.tenant import TenantTestCase

# Killed after so many further resources
STRIDE = 16


class TestRollback(TenantTestCase):
    prefix = "roll"
    seed = 17
    servers = 3

    def test_migrated_taken_back_and_migrated_again(self):
        tenant = self.tenant
        statuses = self.statuses()
        self.assertEqual([], self.there(""))
        run = self.migrated()
        project = tenant.project_id(tenant.destination)
        self.assertGreater(len(self.there(project)), 30)
        adopted = self.bindings("adopted")
        self.assertTrue(adopted)

        self.assertEnds(
            exceptions.EXIT_INPUT, tenant.pumphouse("rollback", run), "--yes"
        )
        kills = self.killed_all_the_way(run)
        self.assertGreaterEqual(kills, 4)
        self.nothing_is_left(project, adopted)
        self.the_sources_are_as_they_were(statuses)

        again = tenant.pumphouse("rollback", run, "--yes")
        self.assertEnds(exceptions.EXIT_OK, again, "nothing to do")
        resumed = tenant.pumphouse("resume", run)
        self.assertEnds(exceptions.EXIT_INPUT, resumed, "it was rolled back")
        cleaned = tenant.pumphouse("cleanup", "--yes")
        self.assertEnds(exceptions.EXIT_OK, cleaned, "nothing to clean up")
        states = tenant.pumphouse("run", "list", "-f", "value", "-c", "State").out
        self.assertEqual(["succeeded", "rolled-back"], states.split())

        self.migrated()
        verified = tenant.pumphouse("verify")
        self.assertEnds(exceptions.EXIT_OK, verified, "0 differences")

        self.what_others_use_stays()

    # -- steps ------------------------------------------------------------
    def migrated(self):
        ended = self.tenant.pumphouse("migrate", "project", self.tenant.project, "-y")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended)
        runs = self.tenant.pumphouse("run", "list", "-f", "value", "-c", "ID").out
        return runs.split()[0]

    def killed_all_the_way(self, run):
        """Kill at each server's steps, and after each STRIDE further resources."""
        tenant, words = self.tenant, ("rollback", run, "--yes")
        kills, reached = 0, 0

        def far_enough(line):
            nonlocal reached
            progress = re.search(r" (\d+)/\d+ ", line)
            if progress and int(progress[1]) >= reached + STRIDE:
                reached = int(progress[1])
                return True
            return False

        for step in ("undo done", ": done"):
            kills += tenant.killed(
                *words, when=lambda line, s=step: "server " in line and s in line
            )
            words = ("resume",)
        while tenant.killed(*words, when=far_enough):
            kills += 1
        ended = tenant.pumphouse("rollback", run, "--yes")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended)
        return kills

    def what_others_use_stays(self):
        """A server that somebody made there keeps what it stands on, and says so."""
        tenant, cloud = self.tenant, self.tenant.destination
        owner = {"project_id": tenant.project_id(cloud)}
        network, *_ = cloud.list("network", "/networks", "networks", params=owner)
        wanted = {"network_id": network["id"], "name": "roll-mine", **owner}
        port = cloud.post("network", "/ports", {"port": wanted}, "port")
        run = tenant.pumphouse("run", "list", "-f", "value", "-c", "ID").out.split()[0]
        ended = tenant.pumphouse("rollback", run, "--yes")
        self.assertEnds(exceptions.EXIT_FAILED, ended, "resume")
        self.assertIn(f"network {network['name']}", ended.out)
        self.assertIn("waits for", ended.out)
        self.assertIsNotNone(cloud.find("network", f"/networks/{network['id']}"))
        cloud.delete("network", f"/ports/{port['id']}")
        ended = tenant.pumphouse("resume")
        self.assertEqual(exceptions.EXIT_OK, ended.code, ended)

    # -- what is there ------------------------------------------------------
    def there(self, project):
        """What the destination has of the tenant, by name or by project.

        Looked for in the whole cloud: what has lost its owner shows as well.
        """
        found = []
        for name, kind in resource_types().items():
            if name in ("keypair", "flavor-access"):
                continue  # only to be had by user, or by flavor
            for each in kind.list(self.tenant.destination):
                named = each.name.startswith(self.prefix)
                if named or (project and each.project_id == project):
                    found.append(str(each))
        return found

    def bindings(self, origin):
        listed = self.tenant.pumphouse("binding", "list", "-f", "value").out
        return sorted(line for line in listed.splitlines() if f" {origin} " in line)

    def statuses(self):
        here = self.tenant.servers(self.tenant.source)
        return {name: (s["status"], s["locked"]) for name, s in here.items()}

    def nothing_is_left(self, project, adopted):
        self.assertEqual([], self.there(project))
        self.assertEqual([], self.bindings("created"))
        self.assertEqual(adopted, self.bindings("adopted"))
        credentials = self.tenant.destination.list(
            "identity", "/credentials", "credentials"
        )
        self.assertEqual([], [c for c in credentials if c["project_id"] == project])

    def the_sources_are_as_they_were(self, statuses):
        self.assertIn("ACTIVE", {status for status, _ in statuses.values()})
        self.assertEqual(statuses, self.statuses())
        cloud = self.tenant.source
        ports = cloud.list(
            "network",
            "/ports",
            "ports",
            params={"project_id": self.tenant.project_id(cloud)},
        )
        self.assertEqual([], [p["id"] for p in ports if not p["admin_state_up"]])
