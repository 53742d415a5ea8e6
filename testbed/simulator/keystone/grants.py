# SPDX-License-Identifier: Apache-2.0
"""Gives roles to users and groups, and takes them away."""

from __future__ import annotations

from typing import Any

from testbed.simulator.errors import missing
from testbed.simulator.keystone.base import KeystoneBase
from testbed.simulator.messages import Answer
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

Where = tuple[str, str]


def key_of(actor: Where, place: Where, role: str, inherited: bool) -> str:
    """What an assignment is kept under."""
    end = "/inherited" if inherited else ""
    return f"{'/'.join(actor)}/role/{role}/{'/'.join(place)}{end}"


class Grants(KeystoneBase):
    """``/v3/projects/{id}/users/{id}/roles/{id}`` and its like."""

    def give(
        self, actor: Where, place: Where, role: str, inherited: bool = False
    ) -> Record:
        """One role to one user or group in one place."""
        key = key_of(actor, place, role, inherited)
        return self.state.assignments.add(
            {
                "id": key,
                "actor": actor,
                "place": place,
                "role": role,
                "inherited": inherited,
            }
        )

    def grant(self, call: Call, method: str, inherited: bool, *names: Any) -> Any:
        """Any of PUT, GET, HEAD and DELETE."""
        (place, where), (actor, who), role = names
        call.must_be_admin()
        self.one(actor, who), self.one("role", role)
        if place != "system":
            self.one(place, where)
        key = key_of((actor, who), (place, where), role, inherited)
        if method == "PUT":
            self.give((actor, who), (place, where), role, inherited)
        elif key not in self.state.assignments:
            raise missing(
                f"Could not find role assignment with role: {role}, user or group: "
                f"{who}, project, domain, or system: {where}."
            )
        elif method == "DELETE":
            self.state.assignments.remove(key)
        return Answer(204)

    def granted(self, call: Call, *names: Any) -> Any:
        """The roles that one has in one place."""
        call.must_be_admin()
        place, actor = names
        found = [
            self.shown(call, "role", self.state.roles.rows[each["role"]])
            for each in self.state.assignments
            if each["actor"] == actor and each["place"] == place
            if not each["inherited"]
        ]
        return self.listing(call, "role", found)


def _grant(place: str, actor: str, method: str, inherited: bool) -> Any:
    def handle(self: Any, call: Call, *ids: str) -> Any:
        where, who, role = ids if place != "system" else ("all", *ids)
        return self.grant(call, method, inherited, (place, where), (actor, who), role)

    return handle


def _granted(place: str, actor: str) -> Any:
    def handle(self: Any, call: Call, *ids: str) -> Any:
        where, who = ids if place != "system" else ("all", *ids)
        return self.granted(call, (place, where), (actor, who))

    return handle


for _place, _path in (
    ("project", "/projects/{id}"),
    ("domain", "/domains/{id}"),
    ("system", "/system"),
):
    for _actor in ("user", "group"):
        _roles = f"{_path}/{_actor}s/{{id}}/roles"
        _name = f"{_place}_{_actor}"
        _listed = route(f"GET /v3{_roles}")(_granted(_place, _actor))
        setattr(Grants, f"granted_{_name}", _listed)
        for _method in ("PUT", "GET", "DELETE"):
            _one = _grant(_place, _actor, _method, False)
            _inherit = _grant(_place, _actor, _method, True)
            _plain = f"{_method} /v3{_roles}/{{id}}"
            _below = f"{_method} /v3/OS-INHERIT{_roles}/{{id}}/inherited_to_projects"
            setattr(Grants, f"{_method}_{_name}", route(_plain)(_one))
            setattr(Grants, f"{_method}_inherited_{_name}", route(_below)(_inherit))
