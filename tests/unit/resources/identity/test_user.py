# SPDX-License-Identifier: Apache-2.0
"""Users: what is carried, and what becomes of their passwords."""

from __future__ import annotations

import datetime
import json

import testtools

from pumphouse import exceptions
from pumphouse.cloud.password_hash import PasswordHash
from pumphouse.models import NOT_KEPT, Origin, Ref
from pumphouse.resources.identity.user import User
from tests.unit.resources.fakes import FakeCloud, FakeContext, Options

USER = User()
ALICE = {
    "id": "u1",
    "name": "alice",
    "domain_id": "default",
    "default_project_id": "p1",
    "email": "alice@example.org",
    "enabled": True,
    "password_expires_at": "2027-01-01T00:00:00.000000",
    "options": {"ignore_password_expiry": True},
    "links": {},
    "cost_centre": 4711,
}
DOMAIN, HOME = Ref("domain", "default"), Ref("project", "p1")
BCRYPT = "$2b$12$" + "a" * 53


def hash_of(value):
    at = datetime.datetime(2026, 1, 1)
    return PasswordHash(value, 1, None, at, None)


class Passwords:
    """What a step uses of an identity database, in memory."""

    def __init__(self, **hashes):
        self.by_user = hashes
        self.writes = 0

    def hashes(self, user_ids):
        return {u: self.by_user[u] for u in user_ids if u in self.by_user}

    def put(self, user_id, password_hash):
        self.writes += 1
        self.by_user[user_id] = password_hash
        return True

    def equal(self, user_id, password_hash):
        return password_hash.equal(self.by_user.get(user_id))


class TestFields(testtools.TestCase):
    def test_created_without_a_password(self):
        ctx = FakeContext(bound={DOMAIN: "D", HOME: "P"})
        self.assertEqual(
            {
                "name": "alice",
                "domain_id": "D",
                "default_project_id": "P",
                "email": "alice@example.org",
                "enabled": True,
                "options": {"ignore_password_expiry": True},
                "cost_centre": 4711,
            },
            USER.body(ctx, USER.resource(ALICE)),
        )

    def test_disabled_stays_disabled(self):
        ctx = FakeContext(bound={DOMAIN: "D"})
        body = USER.body(ctx, USER.resource({**ALICE, "enabled": False}))
        self.assertIs(False, body["enabled"])

    def test_a_default_project_elsewhere_is_neither_brought_nor_sent(self):
        needs = {n.ref: n for n in USER.needs(USER.resource(ALICE))}
        self.assertFalse(needs[HOME].brings)
        self.assertFalse(needs[HOME].must)
        ctx = FakeContext(bound={DOMAIN: "D"})
        self.assertNotIn("default_project_id", USER.body(ctx, USER.resource(ALICE)))

    def test_a_default_project_may_be_missing_but_not_be_another(self):
        there = {**ALICE, "domain_id": "D", "default_project_id": "P"}
        bound = {DOMAIN: "D", HOME: "P"}
        self.assertEqual([], self.compare(there, bound))
        self.assertEqual(
            ["default_project_id"],
            self.compare({**there, "default_project_id": "Q"}, bound),
        )
        self.assertEqual([], self.compare(there, {DOMAIN: "D"}))
        del there["default_project_id"]
        self.assertEqual([], self.compare(there, bound))

    def test_the_date_of_a_password_does_not_make_users_differ(self):
        there = {**ALICE, "domain_id": "D", "password_expires_at": None}
        del there["default_project_id"]
        self.assertEqual([], self.compare(there, {DOMAIN: "D"}))

    def test_another_mail_address_does(self):
        there = {**ALICE, "domain_id": "D", "email": "bob@example.org"}
        del there["default_project_id"]
        self.assertEqual(["email"], self.compare(there, {DOMAIN: "D"}))

    def compare(self, there, bound):
        found = USER.compare(
            USER.resource(ALICE), USER.resource(there), bound.get, Options()
        )
        return [d.field for d in found]

    def test_notes_say_who_cannot_just_log_in(self):
        plain = {k: v for k, v in ALICE.items() if k != "cost_centre"}
        self.assertEqual((), USER.fitness(USER.resource(plain), Options()).notes)
        for record, word in (
            ({**plain, "id": "f" * 64}, "directory"),
            ({**plain, "federated": [{"idp_id": "sso"}]}, "identity provider"),
            ({**plain, "options": {"multi_factor_auth_enabled": True}}, "TOTP"),
        ):
            (note,) = USER.fitness(USER.resource(record), Options()).notes
            self.assertIn(word, note)


class TestPassword(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.alice = USER.resource(ALICE)
        self.source = Passwords(u1=hash_of(BCRYPT))
        self.destination = Passwords()

    def step(self, origin=Origin.CREATED, **more):
        more.setdefault("source_passwords", self.source)
        more.setdefault("destination_passwords", self.destination)
        ctx = FakeContext(**more)
        ctx.bind(self.alice.ref, "U1", origin)
        return USER.password(ctx, self.alice)

    def test_is_copied(self):
        self.assertEqual({"login": "copied"}, self.step())
        self.assertEqual(BCRYPT, self.destination.by_user["U1"].value)

    def test_twice_is_as_once(self):
        self.assertEqual(self.step(), self.step())
        self.assertEqual(1, self.destination.writes)

    def test_result_holds_no_secret(self):
        self.assertNotIn("$2b$", json.dumps(self.step()))

    def test_without_both_databases_it_says_so(self):
        for more in ({"source_passwords": None}, {"destination_passwords": None}):
            self.assertEqual({"login": "not copied"}, self.step(**more))

    def test_a_hash_that_the_destination_does_not_know_is_not_kept(self):
        self.source.by_user["u1"] = hash_of("$scrypt-of-old$x")
        said = self.step()
        self.assertEqual(("not copied", ["password"]), (said["login"], said[NOT_KEPT]))
        self.assertEqual(0, self.destination.writes)

    def test_nor_if_the_operator_does_not_want_it(self):
        options = Options(copy_passwords=False)
        self.assertEqual({"login": "not copied"}, self.step(options=options))
        self.assertEqual(0, self.destination.writes)

    def test_a_user_without_one_stays_without(self):
        self.source.by_user.clear()
        self.assertEqual({"login": "none"}, self.step())
        self.assertEqual({}, self.destination.by_user)

    def test_a_user_of_the_destination_keeps_its_own(self):
        """Whoever is adopted or registered logs in as before."""
        for origin in (Origin.ADOPTED, Origin.REGISTERED):
            self.assertEqual({"login": "the destination's own"}, self.step(origin))
        self.assertEqual(0, self.destination.writes)

    def test_so_does_who_was_given_one_meanwhile(self):
        theirs = hash_of("$2b$12$" + "z" * 53)
        self.destination.by_user["U1"] = theirs
        self.assertEqual({"login": "the destination's own"}, self.step())
        self.assertIs(theirs, self.destination.by_user["U1"])

    def test_a_hash_the_destination_cannot_verify_is_left_and_named(self):
        self.source.by_user["u1"] = hash_of("$6$rounds=10000$salt$hash")
        result = self.step()
        self.assertEqual("not copied", result["login"])
        self.assertIn("sha512_crypt", result["why"])
        self.assertEqual(0, self.destination.writes)


class TestProof(testtools.TestCase):
    """What a verification finds in the two Keystone databases."""

    def unequal(self, **there):
        source = Passwords(u1=hash_of(BCRYPT), u2=hash_of("$6$salt$hash"))
        pairs = {"u1": "U1", "u2": "U2", "u3": "U3"}
        return USER.unequal_secrets(pairs, source, Passwords(**there))

    def test_the_same_hash_is_no_difference(self):
        self.assertEqual({}, self.unequal(U1=hash_of(BCRYPT)))

    def test_a_missing_or_another_hash_is_one_and_shows_neither(self):
        for there in ({}, {"U1": hash_of("$2b$12$" + "z" * 53)}):
            found = self.unequal(**there)
            self.assertEqual(["u1"], list(found))
            self.assertNotIn("$2b$", str(found))


class TestSteps(testtools.TestCase):
    def test_first_the_user_then_the_password(self):
        steps = USER.tasks(USER.resource(ALICE), lambda step, function: step)
        self.assertEqual(["ensure", "password"], steps)

    def test_a_lost_answer_is_looked_up_by_name_and_domain(self):
        there = {**ALICE, "id": "U1", "domain_id": "D"}
        del there["default_project_id"]
        cloud = (
            FakeCloud()
            .on("POST", "/users", exceptions.LostAnswer("no answer"))
            .on("GET", "/users", [there])
        )
        ctx = FakeContext(destination=cloud, bound={DOMAIN: "D"})
        alice = USER.resource(ALICE)
        self.assertEqual({"id": "U1"}, USER.ensure(ctx, alice))
        self.assertEqual({"id": "U1"}, USER.ensure(ctx, alice))
        self.assertEqual(2, len(cloud.calls))
        self.assertEqual({"domain_id": "D", "name": "alice"}, cloud.calls[1].params)
