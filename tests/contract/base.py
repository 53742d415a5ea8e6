# SPDX-License-Identifier: Apache-2.0
"""What all contract tests stand on: an administrator, a tenant, and tidying up."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import requests

from tests.contract.api import Api

PUBLIC = "contract-public"
PASSWORD = "a-Password-4-tests"


class Contract:
    """Mixed into a test case that has ``side`` and ``connect``.

    ``self.admin`` is the administrator; ``self.prefix`` begins all names.
    """

    side: ClassVar[str]
    newer: ClassVar[bool]  # whether it is the newer of the two releases

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.admin: Api = self.connect()  # type: ignore[attr-defined]
        self.prefix = f"contract-{uuid.uuid4().hex[:8]}"

    # -- what came back ------------------------------------------------------
    def expect(self, status: int, answer: requests.Response) -> Any:
        """The JSON of an answer with that status."""
        asked = answer.request
        body = asked.body if isinstance(asked.body, bytes) else b""
        said = f"{asked.method} {asked.url} {body[:300]!r}: {answer.text[:300]}"
        self.assertEqual(status, answer.status_code, said)  # type: ignore[attr-defined]
        return answer.json() if answer.content else None

    def refused(
        self, status: int, answer: requests.Response, kind: str = ""
    ) -> dict[str, Any]:
        """What an answer with that status says of the error."""
        said = self.expect(status, answer)
        if kind:
            found = said["NeutronError"]["type"]
            self.assertEqual(kind, found)  # type: ignore[attr-defined]
        return dict(said)

    # -- making --------------------------------------------------------------
    def make(
        self, service: str, path: str, key: str, by: Api | None = None, **body: Any
    ) -> dict[str, Any]:
        """Make something, to be removed after the test."""
        api = by or self.admin
        version = "2.93" if service == "compute" else ""
        answer = api.post(service, path, {key: body}, version=version)
        self.assertIn(  # type: ignore[attr-defined]
            answer.status_code, (200, 201, 202), f"POST {path}: {answer.text[:400]}"
        )
        made: dict[str, Any] = answer.json()[key]
        if "id" in made:
            self.later(self.admin.delete, service, f"{path}/{made['id']}")
        return made

    def later(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Do that after the test."""
        self.addCleanup(function, *arguments)  # type: ignore[attr-defined]

    def project(self, **more: Any) -> dict[str, Any]:
        """A new project."""
        name = f"{self.prefix}-{uuid.uuid4().hex[:4]}"
        project = self.make(
            "identity", "/projects", "project", name=name, domain_id="default", **more
        )
        self.later(self._empty, project["id"])
        return project

    def member(
        self, project: dict[str, Any] | None = None, role: str = "member"
    ) -> Api:
        """Somebody with a role in a project, logged in."""
        project = project or self.project()
        name = f"{self.prefix}-{uuid.uuid4().hex[:4]}"
        user = self.make("identity", "/users", "user", name=name, password=PASSWORD)
        self.give(user["id"], project["id"], role)
        return Api(self.admin.auth_url, name, PASSWORD, project["name"])

    def give(self, user: str, project: str, role: str) -> None:
        """Give a role."""
        roles = self.admin.get("identity", "/roles").json()["roles"]
        (found,) = [each["id"] for each in roles if each["name"] == role]
        path = f"/projects/{project}/users/{user}/roles/{found}"
        self.expect(204, self.admin.put("identity", path))

    def _empty(self, project: str) -> None:
        """Neutron makes a default group in every project it hears of."""
        found = self.admin.get("network", f"/security-groups?project_id={project}")
        for group in found.json()["security_groups"]:
            self.admin.delete("network", f"/security-groups/{group['id']}")

    # -- networks ------------------------------------------------------------
    def network(self, by: Api | None = None, **more: Any) -> dict[str, Any]:
        """A network."""
        name = f"{self.prefix}-net"
        return self.make("network", "/networks", "network", by, name=name, **more)

    def subnet(
        self, network: dict[str, Any], by: Api | None = None, **more: Any
    ) -> dict[str, Any]:
        """A subnet."""
        body = {"network_id": network["id"], "ip_version": 4, "cidr": "10.90.0.0/24"}
        return self.make("network", "/subnets", "subnet", by, **{**body, **more})

    def external(self) -> tuple[str, str]:
        """An external network and its subnet; one for all tests."""
        found = self.admin.get("network", f"/networks?name={PUBLIC}").json()
        if found["networks"]:
            (network,) = found["networks"]
            return network["id"], network["subnets"][0]
        body = {
            "name": PUBLIC,
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": "contract",
        }
        answer = self.admin.post("network", "/networks", {"network": body})
        network = self.expect(201, answer)["network"]
        subnet = {
            "network_id": network["id"],
            "ip_version": 4,
            "cidr": "203.0.113.0/24",
            "enable_dhcp": False,
        }
        answer = self.admin.post("network", "/subnets", {"subnet": subnet})
        return network["id"], self.expect(201, answer)["subnet"]["id"]

    # -- waiting -------------------------------------------------------------
    def until(self, look: Callable[[], Any], what: str, seconds: float = 90) -> Any:
        """What *look* finds once it finds something."""
        end = time.monotonic() + seconds
        while not (found := look()):
            self.assertLess(time.monotonic(), end, what)  # type: ignore[attr-defined]
            time.sleep(0.1)  # a cloud has no event to wait for
        return found
