# SPDX-License-Identifier: Apache-2.0
"""With which projects an image is shared."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import bad, conflict, forbidden, missing
from testbed.simulator.glance.base import GlanceBase
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record


class Members(GlanceBase):
    """``/v2/images/{id}/members``."""

    def _shared(self, call: Call, key: str, verb: str) -> Record:
        record = self.image(call, key)
        if record["visibility"] != "shared":
            raise forbidden(
                f"Not allowed to {verb} members for image {key}: Only shared images "
                "have members."
            )
        return record

    def _member(self, key: str, project: str) -> Record:
        record = self.state.image_members.get(f"{key}/{project}")
        if record is None:
            raise missing(f"{project} not found in the member list of the image {key}.")
        return record

    def _shown(self, member: Record) -> Record:
        names = ("member_id", "image_id", "status", "created_at", "updated_at")
        found = {name: member[name] for name in names}
        return {**found, "schema": "/v2/schemas/member"}

    @route("GET /v2/images/{id}/members")
    def list_members(self, call: Call, key: str) -> Any:
        self._shared(call, key, "list")
        found = [
            self._shown(m) for m in self.state.image_members if m["image_id"] == key
        ]
        return {"members": found, "schema": "/v2/schemas/members"}

    @route("POST /v2/images/{id}/members")
    def add_member(self, call: Call, key: str) -> Any:
        self._shared(call, key, "create")
        self.own_image(call, key)
        project = call.body().get("member")
        if not project:
            raise bad("Member must be specified (non-empty)")
        if f"{key}/{project}" in self.state.image_members:
            raise conflict(f"Member {project} is duplicated for image {key}")
        now = self.state.now()
        member = {
            "id": f"{key}/{project}",
            "member_id": project,
            "image_id": key,
            "status": "pending",
            "created_at": now,
            "updated_at": now,
        }
        return self._shown(self.state.image_members.add(member))

    @route("GET /v2/images/{id}/members/{project}")
    def show_member(self, call: Call, key: str, project: str) -> Any:
        self._shared(call, key, "get")
        return self._shown(self._member(key, project))

    @route("PUT /v2/images/{id}/members/{project}")
    def answer_to_share(self, call: Call, key: str, project: str) -> Any:
        self._shared(call, key, "update")
        status = call.body().get("status")
        if status not in ("pending", "accepted", "rejected"):
            raise bad("Status must be one of pending, accepted, rejected")
        member = self._member(key, project)
        member["status"] = status
        return self._shown(member)

    @route("DELETE /v2/images/{id}/members/{project}")
    def remove_member(self, call: Call, key: str, project: str) -> None:
        self._shared(call, key, "delete")
        self.own_image(call, key)
        self._member(key, project)
        self.state.image_members.remove(f"{key}/{project}")
