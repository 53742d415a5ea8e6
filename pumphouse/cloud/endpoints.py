# SPDX-License-Identifier: Apache-2.0
"""Versioned addresses of services, out of the catalogue, without asking anyone.

keystoneauth would ask each service for its versions first.  The version that
Pumphouse speaks is known for each, and where it goes in an URL as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import os_service_types


@dataclass(frozen=True, slots=True)
class Service:
    """What Pumphouse knows of one service's API."""

    version: str  # as it stands in URLs, "" for none
    microversions: str = ""  # its name in OpenStack-API-Version
    optional: bool = False  # a cloud may be without it
    accounts: bool = False  # an address for each, which is up to the request's path


# Those that Pumphouse itself needs; who asks another registers it.
SERVICES: dict[str, Service] = {
    "identity": Service("v3"),
    "compute": Service("v2.1", "compute"),
    "network": Service("v2.0"),
    "image": Service("v2"),
    "block-storage": Service("v3", "volume", optional=True),
    "placement": Service("", "placement", optional=True),
}
PLAIN_HEADERS: Mapping[str, str] = {"Accept": "application/json"}
DATA_HEADERS: Mapping[str, str] = {"Content-Type": "application/octet-stream"}
# Cinder registered its versions as services of their own: the right one first
_ALIASES = {"block-storage": ("block-storage", "volumev3", "volume", "block-store")}
_VERSION = re.compile(r"v\d+(\.\d+)?")


def register(service: str, about: Service) -> None:
    """Make known what *service* is, of which Pumphouse does not know by itself.

    :raises ValueError: it is known, and is said to be another
    """
    if SERVICES.setdefault(service, about) != about:
        raise ValueError(f"service {service} is {SERVICES[service]}, not {about}")


def optional(service: str) -> bool:
    """Whether a cloud may be without *service*; so of one that nobody registered."""
    return service not in SERVICES or SERVICES[service].optional


def types_of(service: str) -> tuple[str, ...]:
    """The names under which *service* may stand in a catalogue, best first."""
    if service in _ALIASES:
        return _ALIASES[service]
    return tuple(os_service_types.get_service_types().get_all_types(service))


def versioned(service: str, url: str) -> str:
    """*url* of the catalogue with the version that Pumphouse speaks.

    What follows a version (Cinder's and old Nova's project id) is kept.
    """
    known = SERVICES.get(service)
    if known is None or not known.version:
        return url.rstrip("/")
    if known.accounts:
        head, found, _ = url.partition(f"/{known.version}")
        return f"{head}{found}" if found else url.rstrip("/")
    parts = urlsplit(url)
    words = [word for word in parts.path.split("/") if word]
    at = next((i for i, word in enumerate(words) if _VERSION.fullmatch(word)), None)
    if at is None:
        words.append(known.version)
    else:
        words[at] = known.version
    return urlunsplit((parts.scheme, parts.netloc, "/".join(["", *words]), "", ""))


def root(service: str, url: str) -> str:
    """Where the version document of the versioned endpoint *url* is."""
    known = SERVICES.get(service)
    version = known.version if known else ""
    if not version:
        return f"{url.rstrip('/')}/"
    head, found, _ = url.partition(f"/{version}")
    return f"{head}{found}/"


def unversioned(service: str, url: str) -> str:
    """The versioned endpoint *url* without its version and what follows."""
    known = SERVICES.get(service)
    version = known.version if known else ""
    return url.partition(f"/{version}")[0] if version else url.rstrip("/")


def version_headers(service: str, version: str) -> dict[str, str]:
    """What asks *service* for its microversion *version*; {} for ""."""
    known = SERVICES.get(service)
    if not version or known is None or not known.microversions:
        return {}
    headers = {"OpenStack-API-Version": f"{known.microversions} {version}"}
    if service == "compute":  # Nova before 2.27 knows only this one
        headers["X-OpenStack-Nova-API-Version"] = version
    return headers


def regions(catalogue: Sequence[Mapping[str, Any]]) -> list[str]:
    """The regions that have endpoints in *catalogue*, sorted."""
    return sorted(
        {
            str(_region(endpoint))
            for service in catalogue
            for endpoint in service.get("endpoints", ())
            if _region(endpoint)
        }
    )


def services(catalogue: Sequence[Mapping[str, Any]], *, region: str) -> frozenset[str]:
    """The official types of all services in *catalogue*."""
    types = os_service_types.get_service_types()
    return frozenset(
        types.get_service_type(str(entry["type"])) or str(entry["type"])
        for entry in catalogue
        for endpoint in entry.get("endpoints", ())
        if not region or _region(endpoint) in (region, None)
    )


def find(
    catalogue: Sequence[Mapping[str, Any]],
    service: str,
    *,
    interfaces: Sequence[str],
    region: str,
) -> str:
    """The URL of *service*, as the catalogue has it; "" if it has none."""
    for kind in types_of(service):
        endpoints = [
            endpoint
            for entry in catalogue
            if entry.get("type") == kind
            for endpoint in entry.get("endpoints", ())
            if not region or _region(endpoint) in (region, None)
        ]
        for interface in interfaces:
            for endpoint in endpoints:
                if endpoint.get("interface") == interface and endpoint.get("url"):
                    return str(endpoint["url"])
    return ""


def _region(endpoint: Mapping[str, Any]) -> str | None:
    return endpoint.get("region_id") or endpoint.get("region")
