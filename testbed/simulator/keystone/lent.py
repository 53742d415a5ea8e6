# SPDX-License-Identifier: Apache-2.0
"""What users lend of their rights: application credentials and trusts."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import conflict, forbidden
from testbed.simulator.keystone.base import KeystoneBase
from testbed.simulator.router import route
from testbed.simulator.service import Call

_KEPT = ("name", "description", "expires_at", "unrestricted", "access_rules")


class Lent(KeystoneBase):
    """``/v3/users/{id}/application_credentials`` and ``/v3/OS-TRUST/trusts``."""

    @route("POST /v3/users/{user}/application_credentials")
    def create_application_credential(self, call: Call, user: str) -> Any:
        if call.user_id != user:
            raise forbidden("Cannot create an application credential for another user.")
        asked = call.body("application_credential")
        for each in self.state.application_credentials:
            if (each["user_id"], each["name"]) == (user, asked["name"]):
                raise conflict("Conflict occurred attempting to store it.")
        roles = [
            {"id": role, "name": self.one("role", role)["name"], "domain_id": None}
            for role in call.token["role_ids"]
        ]
        record = {
            **dict.fromkeys(_KEPT),
            **{k: v for k, v in asked.items() if k in _KEPT},
            "unrestricted": bool(asked.get("unrestricted")),
            "id": self.state.hex(),
            "project_id": call.project_id,
            "user_id": user,
            "roles": roles,
            "system": None,
        }
        if not record["access_rules"]:
            del record["access_rules"]
        self.state.application_credentials.add(record)
        shown = self._lent(call, record)
        return 201, {"application_credential": {**shown, "secret": self.state.hex()}}

    @route("GET /v3/users/{user}/application_credentials")
    def list_application_credentials(self, call: Call, user: str) -> Any:
        self._own_or_admin(call, user)
        found = [
            self._lent(call, each)
            for each in self.state.application_credentials
            if each["user_id"] == user
        ]
        return self.listing(call, "application_credential", found)

    @route("DELETE /v3/users/{user}/application_credentials/{id}")
    def delete_application_credential(self, call: Call, user: str, key: str) -> None:
        self._own_or_admin(call, user)
        self.one("application_credential", key)
        self.state.application_credentials.remove(key)

    @route("POST /v3/OS-TRUST/trusts")
    def create_trust(self, call: Call) -> Any:
        asked = call.body("trust")
        if call.user_id != asked["trustor_user_id"]:
            raise forbidden("The authenticated user should match the trustor")
        self.one("user", asked["trustee_user_id"])
        record = {
            "id": self.state.hex(),
            "trustor_user_id": asked["trustor_user_id"],
            "trustee_user_id": asked["trustee_user_id"],
            "project_id": asked.get("project_id"),
            "impersonation": bool(asked["impersonation"]),
            "expires_at": asked.get("expires_at"),
            "remaining_uses": None,
            "deleted_at": None,
            "redelegation_count": 0,
            "redelegated_trust_id": None,
        }
        self.state.trusts.add(record)
        roles = [self.one("role", r["id"]) for r in asked.get("roles") or ()]
        shown = [self.shown(call, "role", role) for role in roles]
        return 201, {"trust": {**self._trust(call, record), "roles": shown}}

    @route("GET /v3/OS-TRUST/trusts")
    def list_trusts(self, call: Call) -> Any:
        wanted = {
            name: value
            for name in ("trustor_user_id", "trustee_user_id")
            if (value := call.request.first(name)) is not None
        }
        if call.user_id not in wanted.values():
            call.must_be_admin()
        found = [
            self._trust(call, each)
            for each in self.state.trusts
            if all(each[name] == value for name, value in wanted.items())
        ]
        return self.listing(call, "trust", found)

    @route("DELETE /v3/OS-TRUST/trusts/{id}")
    def delete_trust(self, call: Call, key: str) -> None:
        trust = self.one("trust", key)
        if call.user_id != trust["trustor_user_id"]:
            call.must_be_admin()
        self.state.trusts.remove(key)

    @route("GET /v3/limits/model")
    def limits_model(self, call: Call) -> Any:
        text = (
            "Limit enforcement and validation does not take project hierarchy into "
            "consideration."
        )
        return {"model": {"name": "flat", "description": text}}

    # -- inside ------------------------------------------------------------
    def _own_or_admin(self, call: Call, user: str) -> None:
        self.one("user", user)
        if call.user_id != user:
            call.must_be_admin()

    def _lent(self, call: Call, record: dict[str, Any]) -> dict[str, Any]:
        path = f"users/{record['user_id']}/application_credentials/{record['id']}"
        return {**record, "links": {"self": f"{call.base}/v3/{path}"}}

    def _trust(self, call: Call, record: dict[str, Any]) -> dict[str, Any]:
        here = f"{call.base}/v3/OS-TRUST/trusts/{record['id']}"
        return {**record, "links": {"self": here}}
