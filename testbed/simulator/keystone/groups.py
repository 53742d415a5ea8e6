# SPDX-License-Identifier: Apache-2.0
"""Who is in which group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from testbed.simulator.errors import missing
from testbed.simulator.keystone.base import KeystoneBase
from testbed.simulator.messages import Answer
from testbed.simulator.router import route
from testbed.simulator.service import Call


class Groups(KeystoneBase):
    """``/v3/groups/{id}/users`` and ``/v3/users/{id}/groups``."""

    def members(self, group: str) -> Iterator[str]:
        """The ids of the users in it."""
        for each in self.state.memberships:
            if each["group"] == group:
                yield each["user"]

    @route("PUT /v3/groups/{group}/users/{user}")
    def join(self, call: Call, group: str, user: str) -> None:
        call.must_be_admin()
        self.one("group", group), self.one("user", user)
        key = f"{group}/{user}"
        self.state.memberships.add({"id": key, "group": group, "user": user})

    @route("GET /v3/groups/{group}/users/{user}")
    def is_member(self, call: Call, group: str, user: str) -> Answer:
        call.must_be_admin()
        if f"{group}/{user}" not in self.state.memberships:
            raise missing(f"User {user!r} not found in group {group!r}.")
        return Answer(204)

    @route("DELETE /v3/groups/{group}/users/{user}")
    def leave(self, call: Call, group: str, user: str) -> None:
        call.must_be_admin()
        if self.state.memberships.remove(f"{group}/{user}") is None:
            raise missing(f"User {user!r} not found in group {group!r}.")

    @route("GET /v3/groups/{group}/users")
    def listed_members(self, call: Call, group: str) -> Any:
        call.must_be_admin()
        self.one("group", group)
        users = [self.one("user", each) for each in self.members(group)]
        return self.listing(call, "user", [self.shown(call, "user", u) for u in users])

    @route("GET /v3/users/{user}/groups")
    def groups_of(self, call: Call, user: str) -> Any:
        call.must_be_admin()
        self.one("user", user)
        found = [
            self.shown(call, "group", self.one("group", each["group"]))
            for each in self.state.memberships
            if each["user"] == user
        ]
        return self.listing(call, "group", found)
