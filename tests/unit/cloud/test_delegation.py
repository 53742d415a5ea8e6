# SPDX-License-Identifier: Apache-2.0
"""Tokens as another user, and in another project, and what becomes of refusals."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import testtools

from pumphouse import exceptions as exc
from pumphouse.cloud.delegation import Delegation, grant, revoke
from tests.unit.cloud.base import CloudTestCase
from tests.unit.cloud.server import Say

EC2 = "/v3/ec2tokens"


class TestDelegation(testtools.TestCase):
    def test_signature(self) -> None:
        """The value is what Keystone's own signer makes of the same request."""
        body = Delegation("u", "p", "key", "s3cret").signed(
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        )
        self.assertEqual(
            "WwOE4v0Qqiv4QEwW3Bs2hztA/YfSzP4xE/F7IAvvPk0=",
            body["credentials"]["signature"],
        )
        self.assertNotIn("s3cret", json.dumps(body))

    def test_new_ones_differ_and_show_nothing(self) -> None:
        one, two = Delegation.new("u", "p"), Delegation.new("u", "p")
        self.assertNotEqual(one.access, two.access)
        self.assertNotEqual(one.secret, two.secret)
        self.assertEqual("Delegation(user_id='u', project_id='p')", repr(one))
        digest = hashlib.sha256(one.access.encode()).hexdigest()
        self.assertEqual(digest, one.credential_id)


class TestActingAs(CloudTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud = self.connect()
        self.delegation = Delegation.new("u2", "p2")

    def gives_tokens(self) -> None:
        self.server.script("POST", EC2, self.server.token("u2", "p2"))
        self.server.script("GET", "/network/v2.0/ports", Say(200, {"ports": []}))

    def test_grant_and_revoke(self) -> None:
        """Both may be done twice: a run may be resumed in between."""
        path = f"/v3/credentials/{self.delegation.credential_id}"
        self.server.script("POST", "/v3/credentials", Say(201, {}), Say(409))
        self.server.script("GET", path, Say(200, {"credential": {}}))
        self.server.script("DELETE", path, Say(204), Say(404))
        for _ in range(2):
            grant(self.cloud, self.delegation)
            revoke(self.cloud, self.delegation.credential_id)
        sent = self.server.asked("POST", "/v3/credentials")[0].json["credential"]
        self.assertEqual(("ec2", "u2", "p2"), tuple(map(sent.get, _KEYS)))
        self.assertEqual(self.delegation.secret, json.loads(sent["blob"])["secret"])

    def test_a_conflict_without_a_credential_is_told(self) -> None:
        """Else the missing credential would look like a user who is refused."""
        self.server.script("POST", "/v3/credentials", Say(409))
        self.assertRaises(exc.Conflict, grant, self.cloud, self.delegation)

    def test_one_token_for_all(self) -> None:
        """Same log, same capabilities, one token however often it is asked for."""
        self.gives_tokens()
        others = self.in_threads(8, lambda: self.cloud.acting_as(self.delegation))
        self.assertEqual(1, len(set(map(id, others))))
        other = others[0]
        self.assertIs(other, other.acting_as(self.delegation))
        self.assertEqual(("u2", "p2"), (other.user_id, other.project_id))
        self.assertEqual([], other.list("network", "/ports", "ports"))
        self.assertEqual([], self.cloud.list("network", "/ports", "ports"))
        asked = self.server.asked("GET", "/network/v2.0/ports")
        self.assertEqual(2, len({got.headers["x-auth-token"] for got in asked}))
        self.assertEqual(1, self.cloud.log.by["POST identity /ec2tokens"])
        self.assertEqual(4, other.log.total)
        self.assertEqual(self.cloud.identity, other.identity)

    def test_renewal(self) -> None:
        """A token that is refused is replaced by signing again."""
        self.gives_tokens()
        other = self.cloud.acting_as(self.delegation)
        self.server.tokens.discard(other._transport.tokens.access().auth_token)
        self.gives_tokens()
        self.assertEqual([], other.list("network", "/ports", "ports"))
        self.assertEqual(2, self.cloud.log.by["POST identity /ec2tokens"])

    def refused(self, *answers: Say) -> exc.CloudError:
        """What becomes of these answers of Keystone's to one request."""
        self.server.script("POST", EC2, *answers)
        self.delegation = Delegation.new("u2", "p2")
        try:
            self.cloud.acting_as(self.delegation)
        except exc.CloudError as error:
            self.assertEqual("source cloud lab", error.resource)
            self.assertTrue(error.hint)
            self.assertNotIn(self.delegation.access, str(error))
            return error
        raise AssertionError("it was not refused")

    def test_refusals(self) -> None:
        """However Keystone says no, callers can fall back on one error."""
        self.server.script("GET", "/v3/auth/tokens", Say(200, {}))
        known = "Unexpected method ec2credential"
        for status, said in (*((n, "no") for n in (400, 401, 403, 404)), (503, known)):
            error = self.refused(Say(status, {"error": {"message": said}}))
            self.assertIs(exc.Forbidden, type(error))
            self.assertEqual(status, error.status)
            self.assertIn("user u2 in project p2", str(error))
            self.assertIn(said, str(error))

    def test_trouble_is_no_refusal(self) -> None:
        """What passes may be tried again: no server gets another owner for it."""
        for status in (500, 502, 503, 504):
            said = {"error": {"message": f"no {self.delegation.access}"}}
            error = self.refused(Say(status, said))
            self.assertIs(exc.ServiceError, type(error))
            self.assertTrue(error.retryable)
            self.assertEqual(status, error.status)
        self.assertIn("caching = false", self.refused(Say(500)).hint)
        self.assertIs(exc.RateLimited, type(self.refused(Say(429))))
        limit = {"error": {"message": "limit exceeded"}}
        self.assertIs(exc.QuotaExceeded, type(self.refused(Say(403, limit))))

    def test_a_senders_token_that_is_refused_again_is_no_refusal(self) -> None:
        """401 may be about either: only the token itself can tell."""
        self.server.script("GET", "/v3/auth/tokens", Say(401))
        error = self.refused(Say(401))
        self.assertIs(exc.ServiceError, type(error))
        self.assertTrue(error.retryable)

    def test_unreachable_is_no_refusal(self) -> None:
        self.server.script("POST", EC2, Say(drop="unread"))
        self.assertRaises(exc.Unreachable, self.cloud.acting_as, self.delegation)

    def test_closing_it_leaves_the_others_open(self) -> None:
        self.gives_tokens()
        self.cloud.acting_as(self.delegation).close()
        self.assertEqual([], self.cloud.list("network", "/ports", "ports"))


class TestScopedTo(CloudTestCase):
    def test_rescoping(self) -> None:
        """A token for the other project, from the token at hand, once."""
        cloud = self.connect()
        cloud.user_id  # noqa: B018
        self.server.script("POST", "/v3/auth/tokens", self.server.token("u1", "p2"))
        others = self.in_threads(8, lambda: cloud.scoped_to("p2"))
        self.assertEqual(1, len(set(map(id, others))))
        self.assertEqual(("u1", "p2"), (others[0].user_id, others[0].project_id))
        self.assertEqual(2, cloud.log.total)
        auth = self.server.got[-1].json["auth"]
        self.assertEqual({"project": {"id": "p2"}}, auth["scope"])
        self.assertEqual(["token"], auth["identity"]["methods"])

    def test_from_a_revoked_token(self) -> None:
        """The token at hand is renewed before the project is given up."""
        cloud = self.connect()
        cloud.user_id  # noqa: B018
        fresh, scoped = self.server.token(), self.server.token("u1", "p2")
        self.server.script("POST", "/v3/auth/tokens", Say(401), fresh, scoped)
        self.assertEqual("p2", cloud.scoped_to("p2").project_id)

    def test_no_role_there(self) -> None:
        cloud = self.connect()
        cloud.user_id  # noqa: B018
        fresh = self.server.token()
        self.server.script("POST", "/v3/auth/tokens", Say(401), fresh, Say(401))
        error = self.assertRaises(exc.Forbidden, cloud.scoped_to, "p2")
        self.assertIn("project p2", str(error))
        self.assertEqual("p1", cloud.project_id)


_KEYS = ("type", "user_id", "project_id")
