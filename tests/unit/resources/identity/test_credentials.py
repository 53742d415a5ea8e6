# SPDX-License-Identifier: Apache-2.0
"""What users have besides a password, and who is told."""

from __future__ import annotations

import dataclasses

import testtools

from pumphouse import exceptions
from pumphouse.models import Action
from pumphouse.resources.identity import credentials
from pumphouse.resources.identity.domain import Domain
from tests.unit.resources.fakes import FakeCloud
from tests.unit.resources.identity import outlooks

ALICE, BOB = (outlooks.named("user", name) for name in ("alice", "bob"))
DEFAULT = Domain().resource({"id": "default", "name": "Default"})
SECRET = "do-not-tell"


def credential(user, kind):
    return {"id": f"{user}-{kind}", "user_id": user, "type": kind, "blob": SECRET}


class TestCredentials(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.source = FakeCloud().on("GET", "/credentials", [])
        self.source.on("GET", "/OS-TRUST/trusts", [])
        self.source.on("GET", "/role_assignments", self._assignments)
        self.source.on("GET", "/groups/g/users", [{"id": "bob"}])
        self.domain: list[dict] = []
        self.system: list[dict] = []
        for user in ("alice", "bob"):
            self.source.on("GET", self.applications(user), [])

    def applications(self, user):
        return f"/users/{user}/application_credentials"

    def _assignments(self, call):
        if "scope.system" in call.params:
            return self.system
        self.assertEqual("default", call.params["scope.domain.id"])
        return self.domain

    def notes(self, decided=None, **more):
        decided = decided or {ALICE: Action.CREATE, BOB: Action.ADOPT}
        decided = {**decided, DEFAULT: Action.ADOPT}
        view = dataclasses.replace(outlooks.outlook(decided, {}, self.source), **more)
        found = {f.ref and f.ref.id: list(f.notes) for f in credentials.foresee(view)}
        self.assertNotIn(SECRET, str(found))
        return found

    def test_without_any_there_is_nothing_to_say(self):
        self.assertEqual({}, self.notes())

    def test_keys_and_secrets_are_counted_by_owner(self):
        self.source.on(
            "GET",
            "/credentials",
            [
                *(credential("alice", "ec2") for _ in range(2)),
                credential("alice", "totp"),
                credential("bob", "magic"),
                credential("carol", "ec2"),
            ],
        )
        found = self.notes()
        self.assertEqual({"alice", "bob"}, set(found))
        self.assertIn("2 EC2 keys and 1 TOTP secret of it stay behind", *found["alice"])
        self.assertIn("1 magic credential of it", *found["bob"])
        self.assertEqual({}, dict(self.source.made("GET", "/credentials")[0].params))

    def test_of_one_user_only_its_own_are_asked_for(self):
        self.notes({ALICE: Action.CREATE})
        (call,) = self.source.made("GET", "/credentials")
        self.assertEqual({"user_id": "alice"}, call.params)

    def test_application_credentials_are_named(self):
        made = [{"id": str(n), "name": f"ci{n}"} for n in range(7)]
        self.source.on("GET", self.applications("alice"), made)
        made = [{"id": "x", "name": "deploy"}]
        self.source.on("GET", self.applications("bob"), made)
        found = self.notes()
        self.assertIn("7 application credentials of it stay behind", *found["alice"])
        self.assertIn("'ci0', 'ci1'", *found["alice"])
        self.assertIn("and 2 more", *found["alice"])
        self.assertIn(
            "1 application credential of it stays behind: 'deploy'", *found["bob"]
        )

    def test_of_many_users_not_all_are_asked(self):
        users = [outlooks.named("user", f"u{n}") for n in range(23)]
        for user in users:
            self.source.on("GET", self.applications(user.ref.id), [])
        found = self.notes(dict.fromkeys(users, Action.CREATE))
        self.assertIn("of 3 of 23 users were not looked at", *found[None])
        asked = [c for c in self.source.calls if "application" in c.path]
        self.assertEqual(20, len(asked))

    def test_the_identity_database_tells_those_of_all_users_at_once(self):
        users = [outlooks.named("user", f"u{n}") for n in range(23)]
        asked = []

        class Database:
            def application_credentials(self, user_ids):
                asked.append(list(user_ids))
                return {"u22": ["ci"]}

        found = self.notes(dict.fromkeys(users, Action.CREATE), identity=Database())
        self.assertIn("1 application credential of it stays behind", *found["u22"])
        self.assertEqual(({"u22"}, 23), (set(found), len(*asked)))
        self.assertEqual([], [c for c in self.source.calls if "application" in c.path])

    def test_an_identity_database_that_cannot_be_read_is_said(self):
        class Database:
            def application_credentials(self, user_ids):
                raise exceptions.IdentityDatabaseError("it cannot be used")

        (note,) = self.notes(identity=Database())[None]
        self.assertIn("could not be listed: it cannot be used", note)

    def test_trusts_of_either_side(self):
        self.source.on(
            "GET",
            "/OS-TRUST/trusts",
            [
                {"id": "1", "trustor_user_id": "alice", "trustee_user_id": "heat"},
                {"id": "2", "trustor_user_id": "alice", "trustee_user_id": "bob"},
            ],
        )
        found = self.notes()
        self.assertIn("2 trusts that it gave stay behind", found["alice"])
        self.assertIn("1 trust that it was given stays behind", found["bob"])

    def test_roles_on_a_domain_and_on_the_system(self):
        link = "http://h/v3/domains/default/groups/g/roles/r"
        self.domain = [
            {
                "user": {"id": "alice", "name": "alice"},
                "role": {"id": "r", "name": "auditor"},
                "scope": {"domain": {"id": "default"}},
                "links": {"assignment": link, "membership": "http://h/v3/groups/g"},
            }
        ]
        self.source.on("GET", "/groups/g", {"name": "ops"})
        self.system = [
            {actor: {"id": who, "name": who}, "role": {"id": "r", "name": "reader"}}
            for actor, who in (("user", "alice"), ("group", "g"), ("user", "eve"))
        ]
        found = self.notes()
        domain, system = found["alice"]
        self.assertIn(
            "its roles on domain Default are not carried: auditor, as", domain
        )
        self.assertIn("a member of group ops", domain)
        self.assertIn("its role on the whole system is not carried: reader", system)
        self.assertIn("reader, as a member of group g", *found["bob"])

    def test_what_may_not_be_listed_is_said_once(self):
        self.source.on("GET", "/credentials", exceptions.Forbidden("not allowed"))
        found = self.notes()
        (note,) = found[None]
        self.assertEqual(
            "EC2 and TOTP credentials of users could not be listed: not allowed", note
        )

    def test_a_cloud_without_trusts_has_none(self):
        self.source.on("GET", "/OS-TRUST/trusts", exceptions.ResourceMissing("no"))
        self.assertEqual({}, self.notes())

    def test_users_that_are_mapped_or_came_earlier_cost_nothing(self):
        self.assertEqual({}, self.notes({ALICE: Action.MAP, BOB: Action.SKIP}))
        self.assertEqual([], self.source.calls)
