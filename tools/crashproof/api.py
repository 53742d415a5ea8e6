# SPDX-License-Identifier: Apache-2.0
"""How the tenant of the proofs is made: a cloud's API, as one user in one project."""

from __future__ import annotations

from typing import Any

import requests

_ANSWERED = 60.0  # seconds in which the cloud has to


class Api:
    """A cloud as one user in one project.

    :param url: the simulated cloud's
    """

    def __init__(self, url: str, user: str, password: str, project: str) -> None:
        self._url = url
        self._session = requests.Session()
        domain = {"id": "default"}
        who = {"name": user, "domain": domain, "password": password}
        scope = {"project": {"name": project, "domain": domain}}
        identity = {"methods": ["password"], "password": {"user": who}}
        auth = {"auth": {"identity": identity, "scope": scope}}
        answer = self._session.post(
            f"{url}/identity/v3/auth/tokens", json=auth, timeout=_ANSWERED
        )
        answer.raise_for_status()
        token = answer.headers["X-Subject-Token"]
        self._session.headers["X-Auth-Token"] = token
        self._session.headers["OpenStack-API-Version"] = "compute 2.90"

    def send(self, method: str, path: str, **more: Any) -> Any:
        """The answer's document.

        :raises RuntimeError: the cloud refused
        """
        answer = self._session.request(
            method, f"{self._url}/{path}", timeout=_ANSWERED, **more
        )
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else {}

    def make(self, path: str, key: str, **body: Any) -> Any:
        """Make one; its record."""
        return self.send("POST", path, json={key: body})[key]

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()
