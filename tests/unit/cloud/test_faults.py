# SPDX-License-Identifier: Apache-2.0
"""A ``Cloud`` on a bad day: what is sent again, what never is, what is said."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate
from typing import Any
from unittest.mock import Mock

import fixtures

from pumphouse import exceptions as exc
from pumphouse.cloud.cloud import Cloud
from tests.unit.cloud.base import PASSWORD, CloudTestCase
from tests.unit.cloud.server import Say

USERS = "/v3/users"
OK = Say(200, {"users": []})
DROPS = ("unread", "read", "half")


class FaultsTestCase(CloudTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud: Cloud = self.connect()
        self.cloud.user_id  # noqa: B018  (the token is there before the trouble)

    def times(self, method: str, path: str = USERS) -> int:
        return len(self.server.asked(method, path))


class TestRepeatable(FaultsTestCase):
    """GET, PUT and DELETE: sending them twice equals sending them once."""

    def test_passing_trouble(self) -> None:
        """One bad answer of each kind, then a good one: nobody notices."""
        for status in (429, 500, 502, 503, 504, 408):
            self.server.script("GET", USERS, Say(status), OK)
            self.assertEqual([], self.cloud.list("identity", "/users", "users"))
        for drop in DROPS:
            self.server.script("GET", USERS, Say(200, b"1234", drop=drop), OK)
            self.assertEqual([], self.cloud.list("identity", "/users", "users"))
        self.assertEqual(18, self.times("GET"))
        self.assertEqual(9, len(self.slept))

    def test_lasting_trouble(self) -> None:
        """Six attempts with growing pauses, then the error."""
        self.server.script("PUT", USERS, Say(503))
        error = self.assertRaises(
            exc.ServiceError, self.cloud.put, "identity", "/users", {}
        )
        self.assertEqual((503, True), (error.status, error.retryable))
        self.assertEqual(6, self.times("PUT"))
        self.assertEqual(5, len(self.slept))
        for number, pause in enumerate(self.slept):
            self.assertTrue(0.25 * 2**number <= pause <= 0.5 * 2**number)

    def test_a_bug_is_not_asked_for_long(self) -> None:
        """500 is mostly the same again."""
        self.server.script("GET", USERS, Say(500))
        self.assertRaises(exc.ServiceError, self.cloud.get, "identity", "/users")
        self.assertEqual(3, self.times("GET"))

    def test_connection_breaks_for_good(self) -> None:
        """A GET has no effect, so its loss is no ``LostAnswer``."""
        for drop in DROPS:
            self.server.script("GET", USERS, Say(200, b"1234", drop=drop))
            self.assertRaises(exc.Unreachable, self.cloud.get, "identity", "/users")
        self.assertEqual(18, self.times("GET"))

    def test_delete_whose_answer_was_lost(self) -> None:
        """The first attempt did it, so the 404 of the second is a success."""
        self.server.script("DELETE", USERS, Say(drop="read"), Say(404))
        self.assertTrue(self.cloud.delete("identity", "/users"))

    def test_no_retries(self) -> None:
        cloud = self.connect(retries=0)
        self.server.script("GET", USERS, Say(503))
        self.assertRaises(exc.ServiceError, cloud.get, "identity", "/users")
        self.assertEqual(1, self.times("GET"))


class TestNotRepeatable(FaultsTestCase):
    """POST, PATCH and streams: a second one might make a second server."""

    def post(self, **kwargs: Any) -> Any:
        return self.cloud.post("identity", "/users", {"user": {}}, **kwargs)

    def test_errors_come_at_once(self) -> None:
        """One request, and an error that says whether it may have taken effect."""
        for status, kind in (
            (500, exc.ServiceError),
            (502, exc.LostAnswer),
            (503, exc.ServiceError),
            (504, exc.LostAnswer),
        ):
            self.server.script("POST", USERS, Say(status))
            self.assertEqual(status, self.assertRaises(kind, self.post).status)
        self.assertEqual(4, self.times("POST"))
        self.assertEqual([], self.slept)

    def test_lost_answers(self) -> None:
        """However the connection breaks after sending: the answer is lost."""
        for count, drop in enumerate(DROPS, 1):
            self.server.script("POST", USERS, Say(201, b"1234", drop=drop))
            error = self.assertRaises(exc.LostAnswer, self.post)
            self.assertTrue(error.retryable)
            self.assertEqual("POST identity /users", error.request)
            self.assertEqual(count, self.times("POST"))

    def test_lost_while_handling_another_error(self) -> None:
        """The error a caller is just handling must not pass for this one's."""
        refused = self.connect(config_file=self.clouds_yaml(auth_url=closed_port()))
        self.server.script("POST", USERS, Say(drop="read"))
        try:
            refused.user_id  # noqa: B018
        except exc.Unreachable:
            self.assertRaises(exc.LostAnswer, self.post)
        self.assertEqual(1, self.times("POST"))

    def test_too_many_requests_had_no_effect(self) -> None:
        self.server.script("POST", USERS, Say(429), Say(201, {"id": 1}))
        self.assertEqual({"id": 1}, self.post())
        self.assertEqual(2, self.times("POST"))

    def test_too_many_requests_for_ever(self) -> None:
        self.server.script("POST", USERS, Say(429))
        error = self.assertRaises(exc.RateLimited, self.post)
        self.assertIn("limits", error.hint)
        self.assertEqual(6, self.times("POST"))

    def test_refused_connections_had_no_effect(self) -> None:
        """Nobody listens there, so the request cannot have arrived."""
        url = f"{closed_port()}/v2.1"
        path = self.clouds_yaml(compute_endpoint_override=url)
        cloud = self.connect(config_file=path)
        error = self.assertRaises(exc.Unreachable, cloud.post, "compute", "/x", {})
        self.assertIn("connection refused", str(error))
        self.assertEqual(5, len(self.slept))

    def test_a_post_that_may_be_repeated(self) -> None:
        """The caller knows: a query by POST, or one with a deterministic name."""
        self.server.script("POST", USERS, Say(502), Say(drop="read"), Say(201, {}))
        self.assertEqual({}, self.post(repeatable=True))

    def test_a_refusal_says_whether_an_earlier_attempt_got_no_answer(self) -> None:
        """That one may have done it, and be why this one is refused."""
        for first, retried in ((Say(502), True), (Say(429), False)):
            self.server.script("POST", USERS, first, Say(409))
            error = self.assertRaises(exc.Conflict, self.post, repeatable=True)
            self.assertIs(retried, error.retried)

    def test_streams_are_never_sent_twice(self) -> None:
        """Half of the data is gone when the trouble shows."""
        for say, kind in (
            (Say(429), exc.RateLimited),
            (Say(503), exc.ServiceError),
            (Say(504), exc.LostAnswer),
            (Say(drop="read"), exc.LostAnswer),
        ):
            self.server.script("PUT", "/image/v2/x", say)
            before = self.times("PUT", "/image/v2/x")
            self.assertRaises(
                kind, self.cloud.request, "image", "PUT", "/x", data=iter([b"a", b"b"])
            )
            self.assertEqual(before + 1, self.times("PUT", "/image/v2/x"))

    def test_the_stream_s_own_error(self) -> None:
        """What the source of the data raises comes through as it is."""

        def data() -> Any:
            yield b"a"
            raise exc.DataMismatch("short")

        self.assertRaises(
            exc.DataMismatch, self.cloud.request, "image", "PUT", "/x", data=data()
        )


class TestRetryAfter(FaultsTestCase):
    def wait(self, header: str, status: int = 429) -> float:
        say = Say(status, headers={"Retry-After": header})
        self.server.script("GET", USERS, say, OK)
        self.slept.clear()
        self.cloud.get("identity", "/users")
        (slept,) = self.slept
        return slept

    def test_is_honoured(self) -> None:
        """Seconds, fractions, dates; capped, so that no cloud stops a run."""
        self.assertEqual(7.0, self.wait("7"))
        self.assertEqual(1.5, self.wait("1.5", status=503))
        self.assertEqual(120.0, self.wait("86400"))
        self.assertTrue(25 < self.wait(formatdate(time.time() + 30)) <= 30)
        self.assertEqual(0.0, self.wait(formatdate(time.time() - 30)))

    def test_nonsense_is_not(self) -> None:
        for header in ("soon", "", "-5", "nan", "inf"):
            self.assertTrue(0 <= self.wait(header) <= 120)


class TestTokens(FaultsTestCase):
    def test_revoked(self) -> None:
        """401: one new token for all threads, and each request once more."""
        self.server.script("GET", USERS, OK)
        self.server.script("POST", USERS, Say(201, {}))
        self.server.tokens.clear()
        got = self.in_threads(16, lambda: self.cloud.get("identity", "/users"))
        self.assertEqual([{"users": []}] * 16, got)
        self.assertEqual(2, self.times("POST", "/v3/auth/tokens"))
        self.server.tokens.clear()
        self.assertEqual({}, self.cloud.post("identity", "/users", {}))
        self.assertEqual([], self.slept)

    def test_expiring(self) -> None:
        """A token that is about to end is renewed before it is used."""
        self.server.lifetime *= 0
        cloud = self.connect()
        self.server.script("GET", USERS, OK)
        cloud.get("identity", "/users")
        self.server.lifetime += self.server.lifetime.resolution * 10**10
        cloud.get("identity", "/users")
        cloud.get("identity", "/users")
        tokens = [g.headers["x-auth-token"] for g in self.server.asked("GET", USERS)]
        self.assertEqual(2, len(set(tokens)))

    def test_revoked_for_a_stream(self) -> None:
        """It cannot be sent again from here, but the step can be tried again."""
        self.server.script("PUT", "/image/v2/x", Say(204))
        self.server.tokens.clear()
        upload = {"data": iter([b"x"])}
        error = self.assertRaises(
            exc.ServiceError, self.cloud.request, "image", "PUT", "/x", **upload
        )
        self.assertTrue(error.retryable)
        self.cloud.request("image", "PUT", "/x", data=iter([b"x"]))

    def test_refused_for_good(self) -> None:
        self.server.script("GET", USERS, Say(401, {"error": {"message": "no"}}))
        self.assertRaises(
            exc.AuthenticationFailed, self.cloud.get, "identity", "/users"
        )
        self.assertEqual(2, self.times("GET"))

    def test_wrong_password_is_tried_once(self) -> None:
        """By 32 threads together: Keystone may lock the account otherwise."""
        no = Say(401, {"error": {"message": f"no, {PASSWORD} is wrong"}})
        self.server.script("POST", "/v3/auth/tokens", no)
        cloud = self.connect()
        before = self.times("POST", "/v3/auth/tokens")
        got = self.in_threads(32, lambda: cloud.get("identity", "/users"))
        self.assertEqual({exc.AuthenticationFailed}, {type(error) for error in got})
        self.assertEqual(32, len({id(error) for error in got}))
        self.assertEqual(before + 1, self.times("POST", "/v3/auth/tokens"))
        self.assertEqual(6, got[0].exit_code)
        self.assertEqual("source cloud lab", got[0].resource)
        self.assertNotIn(PASSWORD, str(got[0]))

    def test_keystone_recovers(self) -> None:
        """Tokens are asked for again like everything else."""
        cloud = self.connect()
        self.server.script(
            "POST", "/v3/auth/tokens", Say(503), Say(drop="read"), self.server.token()
        )
        self.assertEqual("u1", cloud.user_id)
        self.assertEqual(2, len(self.slept))

    def test_keystone_does_not_recover(self) -> None:
        cloud = self.connect()
        self.server.script("POST", "/v3/auth/tokens", Say(503))
        self.assertRaises(exc.ServiceError, cloud.get, "identity", "/users")
        self.server.script("POST", "/v3/auth/tokens", Say(drop="unread"))
        self.assertRaises(exc.Unreachable, cloud.get, "identity", "/users")

    def test_not_keystone(self) -> None:
        """Another service, a web page, a wrong path: it is said which address."""
        for say in (Say(404), Say(200, b"<h1>Welcome</h1>"), Say(200, {"a": 1})):
            self.server.script("POST", "/v3/auth/tokens", say)
            cloud = self.connect()
            error = self.assertRaises(exc.AuthenticationFailed, cloud.get, "image", "/")
            self.assertIn(f"no Identity API v3 at {self.server.url}/v3", str(error))


class TestUnreachable(CloudTestCase):
    def refused(self, **changes: Any) -> exc.Unreachable:
        cloud = self.connect(config_file=self.clouds_yaml(**changes))
        error = self.assertRaises(exc.Unreachable, cloud.get, "compute", "/servers")
        self.assertEqual((6, True, 0), (error.exit_code, error.retryable, error.status))
        self.assertEqual("source cloud lab", error.resource)
        return error

    def test_nobody_listens(self) -> None:
        url = closed_port()
        error = self.refused(auth_url=f"{url}/v3")
        self.assertIn(f"no connection to {url}: connection refused", str(error))

    def test_secrets_in_the_address_stay_there(self) -> None:
        url = closed_port().replace("http://", "http://me:canary@")
        self.assertNotIn("canary", str(self.refused(auth_url=url)))
        cloud = self.connect(config_file=self.clouds_yaml(auth_url=url))
        self.assertNotIn("canary", cloud.identity)

    def test_no_tls_there(self) -> None:
        """A wrong scheme stays wrong: it is not tried again."""
        error = self.refused(auth_url=self.server.url.replace("http", "https"))
        self.assertIn("no trusted connection", str(error))
        self.assertEqual([], self.slept)

    def test_slow(self) -> None:
        """A service that takes the connection and says nothing."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        path = self.clouds_yaml(compute_endpoint_override=url)
        cloud = self.connect(config_file=path, retries=1)
        # The token comes from a server that may take its time.
        self.assertTrue(cloud.project_id)
        servers = ("compute", "/servers")
        error = self.assertRaises(exc.Unreachable, cloud.get, *servers, timeout=0.05)
        self.assertIn("took too long", str(error))
        self.assertRaises(exc.LostAnswer, cloud.post, *servers, {}, timeout=0.05)

    def test_the_timeout_of_all_requests(self) -> None:
        """What is configured holds for each that names none of its own."""
        cloud = self.connect(request_timeout=23.0)
        sent = self.useFixture(
            fixtures.MonkeyPatch("requests.Session.request", Mock(side_effect=OSError))
        ).new_value
        self.assertRaises(OSError, cloud.get, "compute", "/servers")
        self.assertEqual((10.0, 23.0), sent.call_args.kwargs["timeout"])


class TestSilence(CloudTestCase):
    def test_no_secret_is_logged(self) -> None:
        """With everything at DEBUG, neither password nor token nor body."""
        logged = self.useFixture(fixtures.FakeLogger(level=1))
        self.server.script(
            "POST", "/compute/v2.1/servers", Say(202, {"adminPass": "C4"})
        )
        cloud = self.connect()
        cloud.post("compute", "/servers", {"server": {"user_data": "canary-data"}})
        self.assertIn("POST compute /servers 202", logged.output)
        for secret in (PASSWORD, "canary-data", "token-1", "C4"):
            self.assertNotIn(secret, logged.output)


def closed_port() -> str:
    """The address of a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
