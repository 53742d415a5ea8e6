# SPDX-License-Identifier: Apache-2.0
"""Plain requests arrive as requests and keystoneauth would have sent them."""

from __future__ import annotations

import os
from typing import Any
from unittest import mock

import requests
import testtools
from keystoneauth1 import exceptions as ka

from pumphouse.cloud import plain
from pumphouse.cloud.requests_log import RequestLog
from pumphouse.cloud.retry import Retry
from pumphouse.cloud.session import Session
from tests.unit.cloud.server import Got, Say, Server

HEADERS = {"Accept": "application/json", "X-Auth-Token": "t"}
SERVERS = "/compute/v2.1/servers"
REQUESTS: list[tuple[str, str, list[tuple[str, str]], Any]] = [
    ("GET", f"{SERVERS}/7c1e", [], None),
    ("HEAD", f"{SERVERS}/7c1e", [], None),
    ("GET", SERVERS, [("a", "b c&d=é/?"), ("id", "1"), ("id", "2"), ("e", "")], None),
    ("POST", f"{SERVERS}/7c1e/action", [], {"suspend": None, "näme": ["x", 1.5]}),
    ("POST", "/v3/users", [], {}),
    ("PUT", "/network/v2.0/ports/1/tags", [("x", "1")], {"tags": []}),
    ("PUT", "/v3/projects/p/users/u/roles/r", [], None),
    ("DELETE", f"{SERVERS}/7c1e/", [], None),
    ("PATCH", "/v3/users/u@example,x:y", [], {"user": {"enabled": False}}),
]
NOT_PLAIN = (
    "http://user:secret@host/a",
    "http://host",
    "http://host/a?b=c",
    "http://host/a%20b",
    "http://host/a b",
    "http://host/ä",
    "http://host/a/../b",
    "http://host/a//b",
    "http://host/a#b",
    "http://[::1]/a",
    "http://bücher/a",
    "ftp://host/a",
    "/servers",
)


class SessionCase(testtools.TestCase):  # type: ignore[misc]
    def setUp(self) -> None:
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.server.tokens.add("t")
        retry = Retry(retries=0)
        self.session = Session(RequestLog(), retry, timeout=5.0)
        self.addCleanup(self.session.close)

    def exchange(self, path: str, method: str = "GET", **more: Any) -> Any:
        url = path if "//" in path else self.server.url + path
        return self.session.exchange(url, method, headers=HEADERS, **more)

    def last(self) -> Got:
        return self.server.got[-1]


class AsTheySendIt(SessionCase):
    def test_equal(self) -> None:
        """Method, address, query, body and all headers."""
        for method, path, query, body in REQUESTS:
            self.assertIsNotNone(
                plain.prepared(method, self.server.url + path, HEADERS, query, body)
            )
            self.exchange(path, method, query=query, json=body)
            found = self.last()
            self.session.send_once(
                *(self.server.url + path, method),
                headers=HEADERS,
                params=query or None,
                json=body,
                authenticated=False,
            )
            expected = self.last()
            self.assertEqual((method, path, query), expected_of(found), path)
            self.assertEqual(expected_of(expected), expected_of(found))
            self.assertEqual(expected.body, found.body)
            self.assertEqual(headers_of(expected), headers_of(found), path)

    def test_all_are_counted(self) -> None:
        self.exchange(SERVERS)
        self.exchange(f"{SERVERS}/a%20b")
        self.assertEqual(2, self.session.log.total)

    def test_others_go_their_way(self) -> None:
        """What is to be quoted, resolved or kept secret is theirs to deal with."""
        for url in NOT_PLAIN:
            self.assertIsNone(plain.prepared("GET", url, HEADERS), url)
        self.exchange("/image/v2/a b")
        self.assertEqual("/image/v2/a%20b", self.last().path)

    def test_a_body_that_breaks_off_is_no_answer(self) -> None:
        """And what keystoneauth raises has what requests raised as its cause."""
        self.server.script("GET", SERVERS, Say(200, {"a": "b" * 99}, drop="half"))
        error = self.assertRaises(ka.ConnectionError, self.exchange, SERVERS)
        self.assertIsInstance(error.__cause__, requests.RequestException)


class OnTheWay(SessionCase):
    def test_a_redirect_keeps_the_method(self) -> None:
        """Also one that leads to a path only, and the body goes along."""
        self.server.script("POST", SERVERS, Say(308, {}, {"Location": "/else/where"}))
        self.server.script("POST", "/else/where", Say(202, {"server": 1}))
        answer = self.exchange(SERVERS, "POST", json={"a": 1}, query=[("b", "c")])
        self.assertEqual((202, {"server": 1}), (answer.status_code, answer.json()))
        self.assertEqual(("POST", {"a": 1}), (self.last().method, self.last().json))

    def test_cookies_are_sent_back(self) -> None:
        """A load balancer may keep a client at one of its servers by one."""
        self.server.script("GET", SERVERS, Say(200, {}, {"Set-Cookie": "at=one"}))
        self.exchange(SERVERS)
        self.assertNotIn("cookie", self.last().headers)
        self.exchange(SERVERS)
        self.assertEqual("at=one", self.last().headers["cookie"])

    def test_a_proxy_of_the_environment_is_asked(self) -> None:
        """Once it is known to be the way, still."""
        proxy = {"http_proxy": self.server.url, "no_proxy": ""}
        with mock.patch.dict(os.environ, proxy):
            for _ in range(2):
                self.exchange("http://cloud.invalid/compute/servers")
                path = self.last().path
                self.assertIn("/compute/servers", path)
        self.assertEqual(2, len(self.server.got))

    def test_connections_after_all_were_closed(self) -> None:
        """New ones are made."""
        self.exchange(SERVERS)
        self.session.close()
        self.assertEqual(404, self.exchange(SERVERS).status_code)

    def test_certificates_are_looked_at_as_the_cloud_is_trusted(self) -> None:
        """Connections made without a look at them are not those made with one."""
        adapter = plain.Adapter()
        self.addCleanup(adapter.close)
        request = plain.prepared("GET", "https://cloud.invalid/a", HEADERS)
        pools = [
            adapter.get_connection_with_tls_context(request, verify, None, cert)
            for verify, cert in ((True, None), (False, None), (True, "/cert.pem"))
            for _ in range(2)
        ]
        self.assertEqual(3, len(set(map(id, pools))))


def expected_of(got: Got) -> tuple[str, str, list[tuple[str, str]]]:
    return got.method, got.path, got.query


def headers_of(got: Got) -> dict[str, str]:
    return {name.lower(): value for name, value in got.headers.items()}
