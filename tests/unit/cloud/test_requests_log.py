# SPDX-License-Identifier: Apache-2.0
"""Requests are counted by what kind they are, ids and names put aside."""

from __future__ import annotations

import os
import uuid
from unittest import mock

import requests
import testtools

from pumphouse.cloud.requests_log import CountingSession, RequestLog, shape

_ID = uuid.uuid4().hex


class TestShape(testtools.TestCase):
    def test_shapes(self) -> None:
        for path, wanted in (
            ("/servers/detail", "/servers/detail"),
            (f"/servers/{uuid.uuid4()}", "/servers/*"),
            ("/servers/my-name/os-interface/x", "/servers/*/os-interface/*"),
            (f"/servers/{_ID}/action", "/servers/*/action"),
            ("/os-keypairs/my key", "/os-keypairs/*"),
            ("/flavors/1/os-extra_specs", "/flavors/*/os-extra_specs"),
            (f"/os-quota-sets/{_ID}/detail", "/os-quota-sets/*/detail"),
            (
                f"/projects/{_ID}/users/{_ID}/roles/{_ID}",
                "/projects/*/users/*/roles/*",
            ),
            (
                f"/users/{_ID}/credentials/OS-EC2/{_ID}",
                "/users/*/credentials/OS-EC2/*",
            ),
            (f"/credentials/{_ID}{_ID}", "/credentials/*"),
            ("/auth/tokens", "/auth/tokens"),
            ("/images/x/members/y", "/images/*/members/*"),
            ("", "/"),
            ("/", "/"),
        ):
            self.assertEqual(wanted, shape(path))


class TestRequestLog(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = RequestLog()
        self.log.knows("identity", "http://h:5000")
        self.log.knows("compute", "http://h/compute/v2.1")
        self.log.knows("volume", "http://h/volume/v3/")
        self.log.knows("volume", "http://h/volume/v3/p1")

    def test_services(self) -> None:
        """By the longest known endpoint; an unknown one goes by its host."""
        for url, wanted in (
            ("http://h:5000/v3/auth/tokens?nocatalog", "GET identity /auth/tokens"),
            ("http://h:5000/", "GET identity /"),
            ("http://h:50000/x", "GET h:50000 /x"),
            ("http://h/compute/v2.1/", "GET compute /"),
            ("http://h/compute/v2.1/servers?a=b", "GET compute /servers"),
            ("http://h/volume/v3/p1/volumes/1", "GET volume /volumes/*"),
            ("http://h/volume/v3/", "GET volume /"),
            ("https://other/x/1", "GET other /x/*"),
        ):
            self.assertEqual(wanted, self.log.name("get", url))

    def test_counts(self) -> None:
        for _ in range(3):
            self.log.count("GET", "http://h/compute/v2.1/servers")
        self.log.count("POST", "http://h:5000/v3/users")
        self.assertEqual(4, self.log.total)
        self.assertEqual(
            [("GET compute /servers", 3), ("POST identity /users", 1)],
            list(self.log.by.items()),
        )
        self.log.reset()
        self.assertEqual((0, {}), (self.log.total, self.log.by))


class Environment(testtools.TestCase):
    """What the environment says holds, but is asked once for each host."""

    def settings(self, session, url, verify=True):
        return session.merge_environment_settings(url, {}, None, verify, None)

    def test_as_requests_has_it(self) -> None:
        proxies = {
            "https_proxy": "http://proxy.example:3128",
            "no_proxy": "inside.example",
            "REQUESTS_CA_BUNDLE": "/etc/ca.pem",
        }
        with mock.patch.dict(os.environ, proxies):
            session = CountingSession(RequestLog())
            for url in ("https://out.example/a", "https://inside.example/a"):
                for verify in (True, False):
                    expected = self.settings(requests.Session(), url, verify)
                    for _ in range(2):
                        found = self.settings(session, url, verify)
                        self.assertEqual(expected, found)

    def test_once_for_each_host(self) -> None:
        session = CountingSession(RequestLog())
        name = "requests.sessions.get_environ_proxies"
        with mock.patch(name, return_value={}) as asked:
            for path in ("a", "b", "c"):
                self.settings(session, f"https://one.example/{path}")
            self.settings(session, "https://two.example/a")
        self.assertEqual(2, asked.call_count)

    def test_no_netrc(self) -> None:
        """A password for the host's other services is not sent to the cloud."""
        session = CountingSession(RequestLog())
        with mock.patch(
            "requests.sessions.get_netrc_auth", return_value=("me", "secret")
        ):
            request = requests.Request("GET", "https://one.example/a")
            self.assertNotIn("Authorization", session.prepare_request(request).headers)
