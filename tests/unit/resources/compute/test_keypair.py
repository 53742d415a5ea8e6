# SPDX-License-Identifier: Apache-2.0
"""Keypairs: of any user, told apart by whose they are."""

from __future__ import annotations

import testtools

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision, Ref, Resource
from pumphouse.resources.compute.keypair import Keypair
from pumphouse.resources.listing import ID, where
from pumphouse.resources.outlook import Outlook
from tests.unit.resources.fakes import FakeCloud, FakeContext, coming

KIND = Keypair()
KEY = "ssh-ed25519 AAAAC3Nz"
OTHER = "ssh-ed25519 AAAAC3NzOTHER+/="
SHOWN = "SHA256:sCIo7sQJv+1gpDw9CgbUZAQVhS6S+njrq+fdFgieFpk"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"


def record(name="key", **more):
    known = {"name": name, "type": "ssh", "public_key": f"{KEY} me@here"}
    return {**known, "fingerprint": "aa:bb", **more}


def keypair(user="u1", **more):
    return KIND.resource({**record(**more), "user_id": user})


class TestKeypair(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.ctx = FakeContext(bound={Ref("user", "u1"): "U1", Ref("user", "u2"): "U2"})

    def cloud(self):
        def answer(call):
            mine = [record("a"), record("key")]
            return [{"keypair": r} for r in mine] if call.params else []

        return FakeCloud().on("GET", "/os-keypairs", answer)

    def test_one_request_a_user_not_a_keypair(self):
        cloud = self.cloud()
        found = list(
            KIND.list(cloud, where(ID, ["u1/a", "u1/key", "u2/key", "u2/gone"]))
        )
        self.assertEqual(["u1/a", "u1/key", "u2/key"], [r.ref.id for r in found])
        self.assertEqual(2, len(cloud.calls))
        self.assertIn("u1", cloud.calls[0].params["user_id"])

    def test_come_along_with_users_that_are_followed(self):
        """Of a project that was selected, say: never with whoever owns one server."""
        (part,) = KIND.parts()
        self.assertFalse(part.always)
        user = Resource(Ref("user", "u1"), "ann", {})
        self.assertEqual(2, len(coming(KIND, self.cloud(), "user", user)))

    def test_two_users_keypairs_of_one_name_are_two(self):
        one, two = keypair("u1"), keypair("u2")
        self.assertNotEqual(one.ref, two.ref)
        translate = self.ctx.translate
        self.assertNotEqual(KIND.key(one, translate), KIND.key(two, translate))

    def test_a_user_who_is_still_to_be_made_has_no_match_and_no_request(self):
        cloud = self.cloud()
        self.assertIsNone(KIND.key(keypair("u9"), self.ctx.translate))
        found = KIND.candidates(cloud, [keypair("u9")], self.ctx.translate)
        self.assertEqual([], list(found))
        self.assertEqual([], cloud.calls)

    def test_the_comment_of_a_key_does_not_count_the_key_does(self):
        for public_key, fields in (
            (f"{KEY}  you@there \n", []),
            ("ssh-ed25519 BBBB me@here", ["public_key"]),
        ):
            there = keypair("U1", public_key=public_key)
            found = KIND.compare(keypair(), there, self.ctx.translate, Options())
            self.assertEqual(fields, [d.field for d in found])

    def differing(self, mine, there):
        found = KIND.compare(
            keypair(public_key=mine),
            keypair("U1", public_key=there),
            self.ctx.translate,
            Options(),
        )
        return [(d.field, d.source, d.destination) for d in found]

    def test_every_line_of_a_key_counts(self):
        """Nova looks at the first, cloud-init lets all of them in."""
        one, two = f"{KEY} k1\n", f"{OTHER} k2\n"
        for mine, there, only in (
            (one + two, one, ([f"{SHOWN} k2"], [])),
            (one, one + two, ([], [f"{SHOWN} k2"])),
            (one + two, f"{one}\r\n# ann's\n{OTHER}\r\n", None),
            (one + two, two + one, None),
            (one + two, one + f'from="*.lab" {two}',
             ([f"{SHOWN} k2"], [f"{SHOWN} k2 (with options)"])),
            (one + f'command="ssh-rsa x" {two}', one + f'command="ssh-rsa y" {two}',
             ([f"{SHOWN} k2 (with options)"], [f"{SHOWN} k2 (with options)"])),
        ):  # fmt: skip
            wanted = [] if only is None else [("public_key", *only)]
            self.assertEqual(wanted, self.differing(mine, there), (mine, there))

    def test_of_a_key_that_differs_only_its_fingerprint_is_shown(self):
        for other in (OTHER, "ssh-rsa not=base64", "nonsense", CERTIFICATE):
            shown = repr(self.differing(KEY, other))
            self.assertIn("SHA256:", shown)
            for words in (KEY, other):
                for word in words.split()[1:]:
                    self.assertNotIn(word, shown)

    def test_every_certificate_of_a_chain_counts(self):
        one, two = CERTIFICATE, CERTIFICATE.replace("AA", "BB")
        for mine, there in ((one + two, one), (one, one + two), (one, two)):
            self.assertEqual(1, len(self.differing(mine, there)))
        self.assertEqual([], self.differing(one + two, one + two))

    def test_certificates_are_compared_without_their_line_breaks(self):
        lines = "-----BEGIN CERTIFICATE-----\nAA\nBB\n-----END CERTIFICATE-----\n"
        mine = keypair(type="x509", public_key=lines)
        there = keypair("U1", type="x509", public_key=lines.replace("\n", "\r\n"))
        other = keypair("U1", type="x509", public_key=lines.replace("BB", "CC"))
        translate = self.ctx.translate
        self.assertEqual((), KIND.compare(mine, there, translate, Options()))
        self.assertEqual(1, len(KIND.compare(mine, other, translate, Options())))

    def foreseen(self, cloud, *names, there=()):
        wanted = {each.ref: each for each in (keypair(name=n) for n in names)}
        known = {each.ref: each for each in (keypair(name=n) for n in there)}
        outlook = Outlook(
            source=FakeCloud(),
            destination=cloud,
            options=Options(),
            resources=wanted | known,
            decisions={
                **{ref: Decision(Action.CREATE, "") for ref in wanted},
                **{ref: Decision(Action.SKIP, "") for ref in known},
            },
            translate=self.ctx.translate,
        )
        return list(KIND.foresee(outlook))

    def test_a_name_that_is_taken_but_for_case_is_blocked(self):
        """Where the destination says that it finds the one by the other."""
        cloud = FakeCloud().on("GET", "/os-keypairs", [{"keypair": record("Team")}])
        cloud.on("GET", "/os-keypairs/team", record("Team"))
        (finding,) = self.foreseen(cloud, "team", "other")
        self.assertEqual(("keypair", "u1/team"), tuple(finding.ref))
        self.assertIn("'Team'", finding.blocked)
        self.assertEqual("U1", cloud.calls[-1].params["user_id"])
        del cloud.script["GET", "/os-keypairs/team"]
        self.assertEqual([], self.foreseen(cloud, "team"))

    def test_a_user_may_not_have_more_than_the_operators_project_says(self):
        quota = "/os-quota-sets/operators-project/detail"
        limit = {"key_pairs": {"limit": 12, "in_use": 0, "reserved": 0}}
        cloud = FakeCloud().on("GET", "/os-keypairs", []).on("GET", quota, limit)
        old = [f"old{n}" for n in range(11)]
        self.assertEqual([], self.foreseen(cloud, "one", there=old))
        found = self.foreseen(cloud, "one", "two", there=old)
        self.assertEqual({"u1/one", "u1/two"}, {each.ref.id for each in found})
        self.assertIn("will have 13 keypairs", found[0].blocked)
        limit["key_pairs"]["limit"] = -1
        self.assertEqual([], self.foreseen(cloud, "one", "two", there=old))

    def test_for_few_keypairs_no_quota_is_asked(self):
        cloud = FakeCloud().on("GET", "/os-keypairs", [])
        self.assertEqual(
            [], self.foreseen(cloud, "one", there=[f"old{n}" for n in range(9)])
        )
        self.assertEqual(1, len(cloud.calls))

    def test_nothing_is_asked_where_no_two_are_alike(self):
        cloud = FakeCloud().on("GET", "/os-keypairs", [{"keypair": record("Team")}])
        self.assertEqual([], self.foreseen(cloud, "Team", "beam"))
        self.assertEqual(1, len(cloud.calls))

    def test_made_for_its_user_with_one_request(self):
        cloud = self.ctx.destination.on("POST", "/os-keypairs", {})
        self.assertEqual({"id": "U1/key"}, KIND.ensure(self.ctx, keypair()))
        (call,) = cloud.calls
        self.assertEqual(
            {
                "name": "key",
                "type": "ssh",
                "public_key": f"{KEY} me@here",
                "user_id": "U1",
            },
            call.body["keypair"],
        )

    def test_after_a_lost_answer_it_is_found(self):
        cloud = self.ctx.destination
        cloud.on("POST", "/os-keypairs", exceptions.LostAnswer("lost"))
        cloud.on("GET", "/os-keypairs", [{"keypair": record()}])
        self.assertEqual({"id": "U1/key"}, KIND.ensure(self.ctx, keypair()))

    def test_names_that_nova_no_longer_takes_are_blocked(self):
        for name in ("a b", "a.b@c", "_x-1"):
            self.assertEqual("", KIND.fitness(keypair(name=name), Options()).blocked)
        for name in ("a:b", " a", "a ", "é", ""):
            self.assertTrue(KIND.fitness(keypair(name=name), Options()).blocked)

    def test_delete_names_the_user(self):
        cloud = FakeCloud().on("DELETE", "/os-keypairs/a.b%40c", None)
        KIND.delete(FakeContext(destination=cloud), "U1/a.b@c")
        self.assertIn("U1", cloud.calls[0].params["user_id"])
