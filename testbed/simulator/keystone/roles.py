# SPDX-License-Identifier: Apache-2.0
"""Which roles imply which."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import missing
from testbed.simulator.keystone.base import KeystoneBase
from testbed.simulator.messages import Answer
from testbed.simulator.router import route
from testbed.simulator.service import Call


class Roles(KeystoneBase):
    """``/v3/role_inferences`` and ``/v3/roles/{id}/implies``."""

    @route("GET /v3/role_inferences")
    def inferences(self, call: Call) -> Any:
        prior = dict.fromkeys(each["prior"] for each in self.state.implied)
        return {"role_inferences": [self._inference(call, role) for role in prior]}

    @route("GET /v3/roles/{prior}/implies")
    def implied_by(self, call: Call, prior: str) -> Any:
        self.one("role", prior)
        here = f"{call.base}/v3/roles/{prior}/implies"
        return {
            "role_inference": self._inference(call, prior),
            "links": {"self": here},
        }

    @route("PUT /v3/roles/{prior}/implies/{role}")
    def imply(self, call: Call, prior: str, role: str) -> Any:
        call.must_be_admin()
        self.one("role", prior), self.one("role", role)
        key = f"{prior}/{role}"
        self.state.implied.add({"id": key, "prior": prior, "implies": role})
        found = self._inference(call, prior)
        one = next(each for each in found["implies"] if each["id"] == role)
        here = f"{call.base}/v3/roles/{prior}/implies/{role}"
        return 201, {
            "role_inference": {**found, "implies": one},
            "links": {"self": here},
        }

    @route("GET /v3/roles/{prior}/implies/{role}")
    def implies(self, call: Call, prior: str, role: str) -> Answer:
        if f"{prior}/{role}" not in self.state.implied:
            raise missing(f"Could not find implied role: {prior} {role}.")
        return Answer(204)

    @route("DELETE /v3/roles/{prior}/implies/{role}")
    def imply_no_more(self, call: Call, prior: str, role: str) -> None:
        call.must_be_admin()
        if self.state.implied.remove(f"{prior}/{role}") is None:
            raise missing(f"{prior} does not imply {role}.")

    def _inference(self, call: Call, prior: str) -> Any:
        return {
            "prior_role": self._short(call, prior),
            "implies": [
                self._short(call, each["implies"])
                for each in self.state.implied
                if each["prior"] == prior
            ],
        }

    def _short(self, call: Call, role: str) -> Any:
        here = f"{call.base}/v3/roles/{role}"
        name = self.state.roles.rows[role]["name"]
        return {"id": role, "links": {"self": here}, "name": name}
