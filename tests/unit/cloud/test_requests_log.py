# SPDX-License-Identifier: Apache-2.0
"""Requests are counted by what kind they are, ids and names put aside."""

from __future__ import annotations

import uuid

import testtools

from pumphouse.cloud.requests_log import RequestLog, shape

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
