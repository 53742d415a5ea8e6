# SPDX-License-Identifier: Apache-2.0
"""The catalogue alone says where each service's API is."""

from __future__ import annotations

from typing import Any

import testtools

from pumphouse.cloud import endpoints
from pumphouse.plan import staying_kinds


def entry(kind: str, *found: tuple[str, str, str]) -> dict[str, Any]:
    """A service of a catalogue: its interfaces, regions and URLs."""
    keys = ("interface", "region_id", "url")
    return {
        "type": kind,
        "endpoints": [dict(zip(keys, one, strict=True)) for one in found],
    }


class TestVersioned(testtools.TestCase):
    def test_urls(self) -> None:
        """Whatever deployments write into their catalogues."""
        asked = {kind.service for kind in staying_kinds.KINDS}
        self.assertEqual(set(), asked - endpoints.SERVICES.keys())
        for service, url, wanted in (
            ("identity", "http://h:5000", "http://h:5000/v3"),
            ("identity", "http://h/identity/v2.0/", "http://h/identity/v3"),
            ("identity", "http://h/identity/v3/", "http://h/identity/v3"),
            ("compute", "http://h:8774/v2.1", "http://h:8774/v2.1"),
            ("object-store", "http://h/v1/AUTH_p", "http://h/v1"),
            ("object-store", "http://h/swift/v1", "http://h/swift/v1"),
            ("object-store", "http://h/swift", "http://h/swift"),
            ("load-balancer", "http://h/lb", "http://h/lb/v2"),
            ("load-balancer", "http://h/lb/v2.0", "http://h/lb/v2"),
            ("shared-file-system", "http://h/v1/p1", "http://h/v2/p1"),
            ("oddity", "http://h/odd/", "http://h/odd"),
            ("compute", "http://h:8774/v2.1/p1", "http://h:8774/v2.1/p1"),
            ("compute", "http://h:8774/v2/p1", "http://h:8774/v2.1/p1"),
            ("compute", "https://h/compute/", "https://h/compute/v2.1"),
            ("network", "http://h:9696/", "http://h:9696/v2.0"),
            ("network", "http://h/network/v2.0", "http://h/network/v2.0"),
            ("image", "http://h:9292", "http://h:9292/v2"),
            ("image", "http://h:9292/v1", "http://h:9292/v2"),
            ("block-storage", "http://h/v3/p1", "http://h/v3/p1"),
            ("block-storage", "http://h/v2/p1", "http://h/v3/p1"),
            ("placement", "http://h/placement/", "http://h/placement"),
        ):
            self.assertEqual(wanted, endpoints.versioned(service, url))

    def test_roots(self) -> None:
        """Version documents are above the project ids."""
        for service, url, wanted in (
            ("compute", "http://h:8774/v2.1", "http://h:8774/v2.1/"),
            ("compute", "http://h:8774/v2.1/p1", "http://h:8774/v2.1/"),
            ("block-storage", "http://h/v3/p1", "http://h/v3/"),
            ("placement", "http://h/placement", "http://h/placement/"),
        ):
            self.assertEqual(wanted, endpoints.root(service, url))


class TestFind(testtools.TestCase):
    catalogue = [
        entry("volume", ("public", "One", "http://v1")),
        entry("volumev2", ("public", "One", "http://v2")),
        entry(
            "volumev3", ("public", "One", "http://v3"), ("internal", "One", "http://i")
        ),
        entry(
            "compute",
            ("public", "One", "http://one"),
            ("public", "Two", "http://two"),
            ("internal", "One", "http://inside"),
        ),
        entry("image"),
    ]

    def find(self, service: str, region: str = "One", *interfaces: str) -> str:
        return endpoints.find(
            self.catalogue,
            service,
            interfaces=interfaces or ("public",),
            region=region,
        )

    def test_find(self) -> None:
        """By region and interface, the first interface that is there."""
        self.assertEqual("http://one", self.find("compute"))
        self.assertEqual("http://two", self.find("compute", "Two"))
        self.assertEqual("http://inside", self.find("compute", "One", "internal"))
        self.assertEqual(
            "http://two", self.find("compute", "Two", "internal", "public")
        )
        self.assertEqual("", self.find("compute", "Two", "internal"))
        self.assertEqual("", self.find("compute", "Three"))
        self.assertEqual("", self.find("image"))
        self.assertEqual("", self.find("network"))

    def test_cinder_has_many_names(self) -> None:
        """Version 3 is the one that is spoken here."""
        self.assertEqual("http://v3", self.find("block-storage"))

    def test_services_by_their_official_types(self) -> None:
        """An alias stands for its type; a type that nobody registered for itself."""
        catalogue = [
            entry("volumev3", ("public", "one", "http://h/v3")),
            entry("sharev2", ("public", "two", "http://h/v2")),
            entry("oddity", ("public", "one", "http://h")),
            entry("empty"),
        ]
        for region, expected in (
            ("one", {"block-storage", "oddity"}),
            ("", {"block-storage", "shared-file-system", "oddity"}),
        ):
            found = endpoints.services(catalogue, region=region)
            self.assertEqual(expected, found)

    def test_regions(self) -> None:
        self.assertEqual(["One", "Two"], endpoints.regions(self.catalogue))

    def test_version_headers(self) -> None:
        self.assertEqual(
            {"OpenStack-API-Version": "volume 3.70"},
            endpoints.version_headers("block-storage", "3.70"),
        )
        self.assertEqual({}, endpoints.version_headers("compute", ""))
        self.assertEqual({}, endpoints.version_headers("network", "2.0"))
