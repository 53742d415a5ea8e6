# SPDX-License-Identifier: Apache-2.0
"""One cloud: can it be reached, as whom, are its services there, what may be read.

A service is asked once for what an administrator alone may see, so that one request
tells that it can be reached, that its TLS is right, and that it takes the token.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any
from urllib.parse import urlsplit

from pumphouse import exceptions
from pumphouse.check import versions
from pumphouse.check.clocks import skew, skewed
from pumphouse.check.findings import Finding, Looks, Place, State
from pumphouse.cloud.cloud import Cloud
from pumphouse.flow.delegations import ROLE

ADMIN = "admin"
NEEDED = ("identity", "compute", "network", "image")
"""Services without which nothing is moved."""
USED = ("block-storage", "placement")
"""Services that are asked where the cloud has them."""

_NOBODY = "pumphouse-check"  # narrows lists to nothing: only the right to them counts
_LISTS: Mapping[str, Mapping[str, Any]] = {
    "/projects": {"name": _NOBODY},
    "/users": {"name": _NOBODY},
    "/domains": {"name": _NOBODY},
    "/roles": {"name": ROLE},
    "/role_assignments": {"user.id": _NOBODY},
}
_LOOPBACK = frozenset({"localhost", "localhost.localdomain"})


class CloudCheck:
    """Looks at one cloud.

    :param place: which of the two
    :param cloud: connected
    :param pool: where looks that need not wait for each other run
    :param clock: Unix time
    """

    def __init__(
        self,
        place: Place,
        cloud: Cloud,
        pool: Executor,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._looks = Looks(place)
        self._cloud = cloud
        self._pool = pool
        self._clock = clock
        self._lock = threading.Lock()
        self._clocks: dict[str, float] = {}
        self._there = place is Place.DESTINATION

    def enter(self) -> Finding | None:
        """Gets a token; what kept it from that, None if nothing did."""
        before = self._clock()
        try:
            issued = self._cloud.token_issued
            self._cloud.region  # noqa: B018  (raises if there are several)
            if not any(map(self._cloud.url, NEEDED[1:])):
                self._cloud.microversion("compute", "latest")  # raises, and says why
        except exceptions.PumphouseError as error:
            return self._looks.error("token", str(error))
        between = (before + self._clock()) / 2
        self._clocks["tokens"] = issued - between
        return None

    def look(self) -> Iterator[Finding]:
        """All that a token lets one find out."""
        looks, cloud = self._looks, self._cloud
        services = [*NEEDED, *(s for s in USED if s in cloud.services())]
        probes: dict[str, Callable[[], Iterable[Finding]]] = {
            "identity": self._identity,
            "compute": self._compute,
            "network": self._network,
            "image": self._image,
            "block-storage": self._volumes,
            "placement": self._placement,
        }
        asked = [
            self._pool.submit(self._probe, service, probes[service])
            for service in services
        ]
        yield looks.ok("token", f"{cloud}: user {cloud.user_id}, region {cloud.region}")
        yield from self._role()
        yield from self._safe(services)
        for each in asked:
            yield from each.result()
        yield skewed(looks, self._clocks)
        if self._there:
            yield looks.unknown(
                "writing",
                "whether users, projects, roles and EC2 credentials may be created, "
                "and whether Keystone gives tokens for these: nothing is written here. "
                "To know, migrate one small project first",
            )

    def _probe(
        self, service: str, probe: Callable[[], Iterable[Finding]]
    ) -> list[Finding]:
        state = State.ERROR if service in NEEDED else State.WARNING
        return [*self._looks.look(service, probe, state)]

    def _get(self, service: str, path: str, params: Any = None, **kw: Any) -> Any:
        """The JSON of one GET; remembers the clock of whoever answered."""
        answer = self._cloud.request(service, "GET", path, params=params, **kw)
        off = skew(answer, self._clock())
        if off is not None:
            with self._lock:
                self._clocks[service] = off
        try:
            return answer.json()
        except ValueError:
            raise exceptions.UnexpectedAnswer(
                f"the {service} service answers, but not in JSON",
                resource=str(self._cloud),
                hint="Is something else than OpenStack answering at this address?",
            ) from None

    def _role(self) -> Iterator[Finding]:
        roles = ", ".join(sorted(self._cloud.roles)) or "none"
        if not self._cloud.project_id:
            yield self._looks.error(
                "role",
                "its token is for no project. Set project_name in clouds.yaml",
            )
        if ADMIN in self._cloud.roles:
            yield self._looks.ok("role", f"its user has the roles {roles}")
        else:
            yield self._looks.warning(
                "role",
                f"its user has the roles {roles}, and not {ADMIN}: what others own is "
                "then left out of lists without a word, unless this cloud's policies "
                "say otherwise. Use an administrator in clouds.yaml",
            )

    def _safe(self, services: Iterable[str]) -> Iterator[Finding]:
        plain = [s for s in services if _exposed(self._cloud.url(s))]
        if plain:
            yield self._looks.warning(
                "tls",
                f"{', '.join(plain)} by http: passwords and tokens can be read on the "
                "way. Use https in auth_url and the catalogue",
            )
        elif self._cloud.trusting:
            yield self._looks.warning(
                "tls",
                "certificates are not checked (verify: false in clouds.yaml): anybody "
                "may answer in this cloud's name. Name its cacert instead",
            )
        else:
            yield self._looks.ok("tls", "no service is reached unprotected")

    # -- services ----------------------------------------------------------

    def _identity(self) -> Iterator[Finding]:
        said = self._get("identity", "/")
        version = str((said.get("version") or {}).get("id", ""))
        yield versions.identity(self._looks, version)
        refused = []
        lists = {
            path: self._pool.submit(self._may, path, params)
            for path, params in _LISTS.items()
        }
        for path, asked in lists.items():
            if asked.result() is None:
                refused.append(path.strip("/").replace("_", " "))
        if refused:
            yield self._looks.error(
                "identity",
                f"{self._cloud}: the user may not list {', '.join(refused)}. Use "
                f"credentials with the role {ADMIN} in clouds.yaml",
            )
        else:
            yield self._looks.ok(
                "identity", "projects, users, domains and assignments may be listed"
            )
        roles = (lists["/roles"].result() or {}).get("roles")
        if self._there and roles == []:
            yield self._looks.warning(
                "member",
                f"it has no role {ROLE!r}, which Nova asks of whoever creates a "
                "server: where its owner is gone, that fails. Create the role there",
            )

    def _may(self, path: str, params: Any) -> Any:
        """The list, None if this user may not have it."""
        try:
            return self._get("identity", path, params)
        except exceptions.Forbidden:
            return None

    def _compute(self) -> Iterator[Finding]:
        newest = self._cloud.microversion("compute", "latest")
        yield from versions.compute(self._looks, newest)
        self._get("compute", "/servers/detail", {"all_tenants": "1", "limit": "1"})
        yield self._looks.ok("compute", "servers of all projects may be listed")
        if self._there:
            yield from self._looks.look("hosts", self._hosts)

    def _hosts(self) -> Iterator[Finding]:
        found = self._get("compute", "/os-services", {"binary": "nova-compute"})
        up = [
            each
            for each in found.get("services", ())
            if (each.get("state"), each.get("status")) == ("up", "enabled")
        ]
        if up:
            yield self._looks.ok("hosts", f"{len(up)} compute hosts are up and enabled")
        else:
            yield self._looks.error(
                "hosts",
                f"{self._cloud}: no compute host is up and enabled: no server can be "
                "built there. 'openstack compute service list' shows them",
            )

    def _network(self) -> Iterator[Finding]:
        self._get("network", "/quotas", {"fields": "project_id"})
        yield self._looks.ok("network", "quotas of all projects may be listed")

    def _image(self) -> Iterator[Finding]:
        self._get("image", "/images", {"limit": "1"})
        yield self._looks.ok("image", "images may be listed")

    def _volumes(self) -> Iterator[Finding]:
        params = {"all_tenants": "1", "limit": "1"}
        self._get("block-storage", "/volumes", params)
        yield self._looks.ok("block-storage", "volumes may be listed")

    def _placement(self) -> Iterator[Finding]:
        self._get("placement", "/traits", {"name": "in:X"}, microversion="1.6")
        yield self._looks.ok("placement", "traits may be listed")


def _exposed(url: str) -> bool:
    """Whether what is sent to *url* can be read by others than this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or host in _LOOPBACK:
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True
