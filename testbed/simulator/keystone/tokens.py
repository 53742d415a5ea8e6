# SPDX-License-Identifier: Apache-2.0
"""Tokens, and which roles they come with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from testbed.simulator.errors import ApiError
from testbed.simulator.tables import Record

if TYPE_CHECKING:
    from testbed.simulator.cloud import SimulatedCloud


def unauthorized(message: str = "") -> ApiError:
    """401."""
    return ApiError(401, message)


class Tokens:
    """Gives tokens of one cloud out, and knows whose they are."""

    def __init__(self, cloud: SimulatedCloud) -> None:
        self._cloud = cloud

    def valid(self, token_id: str) -> Record:
        """The record of a token.

        :raises ApiError: 401, also when its user or project is no longer enabled
        """
        state = self._cloud.state
        token = state.tokens.get(token_id)
        if token is None or token["expires"] <= self._cloud.clock():
            raise unauthorized()
        user = state.users.get(token["user_id"])
        project = state.projects.get(token["project_id"])
        if user is None or not user["enabled"]:
            raise unauthorized()
        if token["project_id"] and (project is None or not project["enabled"]):
            raise unauthorized()
        return token

    def issue(self, user: Record, scope: Record, methods: list[str]) -> Record:
        """A new token.

        :param scope: ``{"project": id}``, ``{"domain": id}``, ``{"system": True}``
            or ``{}``
        :raises ApiError: 401, the user has no role there
        """
        state, cloud = self._cloud.state, self._cloud
        roles = sorted(self.roles(user["id"], scope)) if scope else []
        if scope and not roles:
            raise unauthorized()
        roles = [role for role in roles if role in state.roles]  # some may vanish
        names = frozenset(state.roles.rows[role]["name"] for role in roles)
        return state.tokens.add(
            {
                "id": "gAAAAAB" + state.hex() + state.hex(),
                "user_id": user["id"],
                "project_id": scope.get("project"),
                "scope": scope,
                "role_ids": roles,
                "roles": names,
                "methods": methods,
                "issued": cloud.clock(),
                "expires": cloud.clock() + cloud.settings.token_life,
            }
        )

    def roles(self, user_id: str, scope: Record) -> set[str]:
        """The ids of the roles that a user has in *scope*, implied ones included."""
        found: set[str] = set()
        left = set(self._given(user_id, scope))
        implied = self._cloud.state.implied
        while left:
            role = left.pop()
            found.add(role)
            left |= {r["implies"] for r in implied if r["prior"] == role} - found
        return found

    def _given(self, user_id: str, scope: Record) -> Iterator[str]:
        state = self._cloud.state
        places = set()
        if "project" in scope:
            places.add(("project", scope["project"], False))
            places |= {(kind, key, True) for kind, key in self._above(scope["project"])}
        elif "domain" in scope:
            places.add(("domain", scope["domain"], False))
        elif "system" in scope:
            places.add(("system", "all", False))
        actors = {("user", user_id)}
        actors |= {
            ("group", each["group"])
            for each in state.memberships
            if each["user"] == user_id
        }
        for each in state.assignments:
            here = (*each["place"], each["inherited"])
            if each["actor"] in actors and here in places:
                yield each["role"]

    def _above(self, project_id: str) -> Iterator[tuple[str, str]]:
        state = self._cloud.state
        project = state.projects.get(project_id)
        while project is not None:
            yield "domain", project["domain_id"]
            yield "project", project["parent_id"]
            project = state.projects.get(project["parent_id"])

    def document(self, token: Record, catalog: list[Any] | None) -> Record:
        """What Keystone says about a token."""
        state = self._cloud.state
        user = state.users.rows[token["user_id"]]
        found: Record = {
            "methods": token["methods"],
            "user": {
                "domain": self._domain(user["domain_id"]),
                "id": user["id"],
                "name": user["name"],
                "password_expires_at": None,
            },
            "audit_ids": [token["id"][7:29]],
            "expires_at": _time(token["expires"]),
            "issued_at": _time(token["issued"]),
        }
        scope = token["scope"]
        if "project" in scope:
            project = state.projects.rows[scope["project"]]
            found["project"] = {
                "domain": self._domain(project["domain_id"]),
                "id": project["id"],
                "name": project["name"],
            }
            found["is_domain"] = False
        elif "domain" in scope:
            found["domain"] = self._domain(scope["domain"])
        elif "system" in scope:
            found["system"] = {"all": True}
        if scope:
            found["roles"] = [
                {"id": role, "name": state.roles.rows[role]["name"]}
                for role in token["role_ids"]
            ]
            if catalog is not None:
                found["catalog"] = catalog
        return {"token": found}

    def _domain(self, domain_id: str) -> Record:
        domain = self._cloud.state.domains.rows[domain_id]
        return {"id": domain_id, "name": domain["name"]}


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
