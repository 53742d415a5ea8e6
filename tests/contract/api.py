# SPDX-License-Identifier: Apache-2.0
"""Requests to one cloud, with whatever comes back: no retries, no exceptions."""

from __future__ import annotations

from typing import Any

import requests

_PATHS = {
    "identity": "v3",
    "compute": "v2.1",
    "network": "v2.0",
    "image": "v2",
    "block-storage": "v3",
}
_HEADERS = {"compute": "compute", "block-storage": "volume"}


class Api:
    """One cloud as one user in one project.

    :param auth_url: Keystone's, with its version
    """

    def __init__(
        self, auth_url: str, user: str, password: str, project: str | None
    ) -> None:
        self.auth_url = auth_url.rstrip("/")
        self.session = requests.Session()
        answer = self.log_in(user, password, project)
        answer.raise_for_status()
        self.take(answer)

    def take(self, answer: requests.Response) -> None:
        """Use the token that was given."""
        self.token = answer.headers["X-Subject-Token"]
        self.about = answer.json()["token"]
        self.user_id = self.about["user"]["id"]
        self.project_id = self.about.get("project", {}).get("id", "")
        self.urls = {
            service["type"]: endpoint["url"].rstrip("/")
            for service in self.about.get("catalog", ())
            for endpoint in service["endpoints"]
            if endpoint["interface"] == "public"
        }

    def log_in(
        self, user: str, password: str, project: str | None, domain: str = "default"
    ) -> requests.Response:
        """Ask for a token."""
        who = {"name": user, "domain": {"id": domain}, "password": password}
        method = {"methods": ["password"], "password": {"user": who}}
        auth: dict[str, Any] = {"identity": method}
        if project is not None:
            auth["scope"] = {"project": {"name": project, "domain": {"id": domain}}}
        return self.session.post(f"{self.auth_url}/auth/tokens", json={"auth": auth})

    def url(self, service: str) -> str:
        """The versioned address of a service."""
        url, version = self.urls[service], _PATHS[service]
        return url if url.endswith(version) else f"{url}/{version}"

    def root(self, service: str) -> str:
        """Where a service lists its versions."""
        return self.url(service).rpartition("/")[0] + "/"

    def request(
        self,
        method: str,
        service: str,
        path: str,
        *,
        version: str = "",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        """The answer, whatever it is."""
        found = {"X-Auth-Token": self.token, "Accept": "application/json"}
        if version:
            found["OpenStack-API-Version"] = f"{_HEADERS[service]} {version}"
        found.update(headers or {})
        url = path if path.startswith("http") else self.url(service) + path
        more |= {"headers": found, "timeout": 60}
        try:
            return self.session.request(method, url, **more)
        except requests.ConnectionError:  # an idle connection that was closed
            if "data" in more:  # a stream is gone once it is read
                raise
            return self.session.request(method, url, **more)

    def get(self, service: str, path: str, **more: Any) -> requests.Response:
        return self.request("GET", service, path, **more)

    def post(
        self, service: str, path: str, body: Any, **more: Any
    ) -> requests.Response:
        return self.request("POST", service, path, json=body, **more)

    def put(
        self, service: str, path: str, body: Any = None, **more: Any
    ) -> requests.Response:
        return self.request("PUT", service, path, json=body, **more)

    def delete(self, service: str, path: str, **more: Any) -> requests.Response:
        return self.request("DELETE", service, path, **more)
