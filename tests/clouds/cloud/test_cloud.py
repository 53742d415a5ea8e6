# SPDX-License-Identifier: Apache-2.0
"""Both releases, as one ``Cloud`` sees them: requests, pages, versions, errors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from pumphouse import exceptions as exc
from pumphouse.cloud.cloud import Cloud
from tests.clouds.cloud.base import SIDES, CloudsTestCase

LISTS = (
    ("identity", "/users", "users"),
    ("compute", "/flavors/detail", "flavors"),
    ("network", "/security-group-rules", "security_group_rules"),
    ("image", "/images", "images"),
    ("block-storage", "/types", "volume_types"),
)


class TestClouds(CloudsTestCase):
    def each(self) -> list[Cloud]:
        return [self.connect(side) for side in SIDES]

    def test_one_request_a_list_and_one_token(self) -> None:
        """From 32 threads at once, with no discovery at all."""
        for cloud in self.each():
            with ThreadPoolExecutor(32) as pool:
                for found in pool.map(lambda one: cloud.list(*one), LISTS * 8):  # noqa: B023
                    self.assertIsInstance(found, list)
            self.assertEqual(1, cloud.log.by["POST identity /auth/tokens"])
            self.assertEqual(8 * len(LISTS) + 1, cloud.log.total)

    def test_pages(self) -> None:
        """Small pages bring what one big one brings."""
        for cloud in self.each():
            for number in range(3):
                self.user(cloud, f"-{number}")
            for service, path, key in LISTS:
                ids = [one["id"] for one in cloud.list(service, path, key)]
                found = cloud.list(service, path, key, page_size=2)
                mine = [one["id"] for one in found]
                self.assertEqual(len(mine), len(set(mine)))
                if service != "identity":  # others make users meanwhile
                    self.assertTrue(set(ids) & set(mine) or not ids)
                self.assertTrue(len(mine) >= min(len(ids), 3))

    def test_repeated_parameters(self) -> None:
        """More ids than fit one URL: a few requests, and the ones that exist."""
        for cloud in self.each():
            rules = cloud.list("network", "/security-groups", "security_groups")
            ids = [rule["id"] for rule in rules[:3]]
            wanted = [f"{number:032x}" for number in range(400)] + ids
            before = cloud.log.total
            found = cloud.list(
                "network", "/security-groups", "security_groups", {"id": wanted}
            )
            self.assertEqual(sorted(ids), sorted(one["id"] for one in found))
            self.assertTrue(cloud.log.total - before <= 5)

    def test_microversions(self) -> None:
        """The old release gives its own newest, not ours."""
        old, new = self.each()
        for service, wanted in (("compute", "2.96"), ("block-storage", "3.71")):
            newest = old.microversion(service, "latest")
            self.assertEqual(newest, old.microversion(service, wanted))
            self.assertEqual(wanted, new.microversion(service, wanted))
            self.assertNotEqual(newest, wanted)
        self.assertEqual("1.39", old.microversion("placement", "latest"))
        for cloud in (old, new):
            self.assertEqual("", cloud.microversion("network", "latest"))
            cloud.list("compute", "/servers/detail", "servers", microversion="2.200")
            self.assertEqual(1, cloud.log.by["GET compute /"])

    def test_extensions_and_services(self) -> None:
        for cloud in self.each():
            self.assertTrue({"router", "security-group"} <= cloud.extensions())
            self.assertIn("placement", cloud.services())

    def test_missing_things(self) -> None:
        """Each service's 404 is the same error, with its own words and an id."""
        for cloud in self.each():
            for service, path in (
                ("identity", "/users/nope"),
                ("compute", "/servers/nope"),
                ("network", "/ports/nope"),
                ("image", "/images/nope"),
                ("block-storage", "/volumes/nope"),
            ):
                error = self.assertRaises(exc.ResourceMissing, cloud.get, service, path)
                self.assertIn("nope", error.what.partition(": ")[2])
                self.assertNotIn("<", error.what)
                self.assertTrue(error.request_id.startswith("req-"))
                self.assertFalse(cloud.delete(service, path))

    def test_conflict(self) -> None:
        for cloud in self.each():
            user = self.user(cloud)
            again = {"user": {"name": user["name"], "domain_id": "default"}}
            self.assertRaises(exc.Conflict, cloud.post, "identity", "/users", again)

    def test_secrets_are_not_recited(self) -> None:
        """Both releases quote what they refuse; it does not come through."""
        for cloud in self.each():
            server = {"name": "x", "user_data": "canary!", "adminPass": "canary"}
            for service, path, body in (
                ("compute", "/servers", {"server": server}),
                ("identity", "/users", {"user": {"name": 1, "password": "canary"}}),
            ):
                error = self.assertRaises(
                    exc.UnexpectedAnswer, cloud.post, service, path, body
                )
                self.assertEqual(400, error.status)
                self.assertNotIn("canary", str(error))

    def test_out_of_quota(self) -> None:
        """Neutron's and Nova's own refusals, as one kind of error."""
        for cloud in self.each():
            project = self.project(cloud)["id"]
            quota = {"quota": {"network": 0}}
            cloud.put("network", f"/quotas/{project}", quota)
            self.addCleanup(cloud.delete, "network", f"/quotas/{project}")
            body = {"network": {"name": self.prefix, "tenant_id": project}}
            error = self.assertRaises(
                exc.QuotaExceeded, cloud.post, "network", "/networks", body
            )
            self.assertIn("network", str(error))

    def test_refused_token(self) -> None:
        """A token that every service refuses is renewed, and nobody notices."""
        for cloud in self.each():
            for service, path, key in LISTS:
                # Keystone takes a while to make a revocation known everywhere
                cloud._transport.tokens.access()._auth_token = "stale"
                self.assertIsInstance(cloud.list(service, path, key), list)
            renewed = cloud.log.by["POST identity /auth/tokens"]
            self.assertEqual(1 + len(LISTS), renewed)

    def test_another_project(self) -> None:
        """Scoped to a project where the user has a role, refused where not."""
        for cloud in self.each():
            project = self.project(cloud)["id"]
            self.assertRaises(exc.Forbidden, cloud.scoped_to, project)
            (role,) = cloud.list("identity", "/roles", "roles", {"name": "member"})
            path = f"/projects/{project}/users/{cloud.user_id}/roles/{role['id']}"
            cloud.put("identity", path, None)
            fresh = self.connect(cloud.side)
            self.assertEqual(project, fresh.scoped_to(project).project_id)
