# SPDX-License-Identifier: Apache-2.0
"""A cloud that answers by a table, with which all is well to begin with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import requests

from pumphouse import exceptions

NOW = 1_790_000_000.0
"""What the clock says."""


def forbidden(what: str = "the user may not do this") -> exceptions.Forbidden:
    return exceptions.Forbidden(what, resource="toy", hint="Use an administrator")


class ToyCloud:
    """One of two clouds.

    :ivar answers: (service, path) -> JSON, or an error to raise
    :ivar ahead: service -> seconds that its clock is ahead
    :ivar asked: (service, path) of all requests
    """

    def __init__(self, name: str, now: float = NOW) -> None:
        self.name, self.now = name, now
        self.user_id, self.project_id = f"user-{name}", f"project-{name}"
        self.region = "One"
        self.roles = frozenset({"admin"})
        self.trusting = False
        self.scheme = "https"
        self.there = {"identity", "compute", "network", "image"}
        self.aliases: frozenset[str] = frozenset()
        self.newest = "2.96"
        self.refusal: exceptions.PumphouseError | None = None
        self.ahead: dict[str, float] = {}
        self.asked: list[tuple[str, str]] = []
        host = {"state": "up", "status": "enabled"}
        self.answers: dict[tuple[str, str], Any] = {
            ("identity", "/"): {"version": {"id": "v3.14"}},
            ("identity", "/roles"): {"roles": [{"name": "member"}]},
            ("compute", "/os-services"): {"services": [host]},
        }

    def __str__(self) -> str:
        return f"{self.name} cloud toy"

    @property
    def token_issued(self) -> float:
        if self.refusal:
            raise self.refusal
        return self.now + self.ahead.get("token", 0)

    def services(self) -> frozenset[str]:
        return frozenset(self.there)

    def url(self, service: str) -> str:
        if service not in self.there:
            return ""
        return f"{self.scheme}://{self.name}.example.org/{service}"

    def extensions(self) -> frozenset[str]:
        return self.aliases

    def microversion(self, service: str, wanted: str) -> str:
        if service not in self.there:
            raise exceptions.InputError("it has no region 'One'", resource=str(self))
        return self.newest

    def find(self, service: str, path: str) -> Any:
        self.asked.append((service, path))
        return self.answers.get((service, path))

    def request(
        self, service: str, method: str, path: str, **_: Any
    ) -> requests.Response:
        assert method == "GET", method  # it only reads
        self.asked.append((service, path))
        answer = self.answers.get((service, path), {})
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response._content = (
            answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        )
        response.elapsed = timedelta()
        then = datetime.fromtimestamp(self.now + self.ahead.get(service, 0), UTC)
        response.headers["Date"] = format_datetime(then)
        return response
