# SPDX-License-Identifier: Apache-2.0
"""Credentials, of which EC2's matter: an administrator acts as others with them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from testbed.simulator.errors import bad, conflict
from testbed.simulator.keystone.base import KeystoneBase, passes
from testbed.simulator.router import route
from testbed.simulator.service import Call

_FILTERS = frozenset({"user_id", "type"})


class Credentials(KeystoneBase):
    """``/v3/credentials``."""

    @route("POST /v3/credentials")
    def create_credential(self, call: Call) -> Any:
        call.must_be_admin()
        asked = call.body("credential")
        self.one("user", asked.get("user_id", ""))
        key = self.state.hex()
        if asked.get("type") == "ec2":
            try:
                access = json.loads(asked["blob"])["access"]
            except (ValueError, KeyError, TypeError):
                raise bad("Invalid blob in credential") from None
            key = hashlib.sha256(str(access).encode()).hexdigest()
        if key in self.state.credentials:
            raise conflict(
                "Conflict occurred attempting to store credential - Duplicate entry "
                f"found with ID {key}."
            )
        record = {
            "user_id": asked["user_id"],
            "type": asked.get("type"),
            "blob": asked.get("blob"),
            "project_id": asked.get("project_id"),
            "id": key,
        }
        self.state.credentials.add(record)
        return 201, {"credential": self.shown(call, "credential", record)}

    @route("GET /v3/credentials")
    def list_credentials(self, call: Call) -> Any:
        found = [
            self.shown(call, "credential", each)
            for each in self.state.credentials
            if passes(each, call.request.query, _FILTERS)
            and (call.admin or each["user_id"] == call.user_id)
        ]
        return self.listing(call, "credential", found)

    @route("GET /v3/credentials/{id}")
    def get_credential(self, call: Call, key: str) -> Any:
        call.must_be_admin()
        record = self.one("credential", key)
        return {"credential": self.shown(call, "credential", record)}

    @route("DELETE /v3/credentials/{id}")
    def delete_credential(self, call: Call, key: str) -> None:
        call.must_be_admin()
        self.one("credential", key)
        self.state.credentials.remove(key)
