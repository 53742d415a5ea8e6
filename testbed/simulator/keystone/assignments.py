# SPDX-License-Identifier: Apache-2.0
"""The list of who has which role where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from testbed.simulator.keystone.effective import Effect, effects
from testbed.simulator.keystone.groups import Groups
from testbed.simulator.router import route
from testbed.simulator.service import Call, truth
from testbed.simulator.tables import Record

_INHERITED = "OS-INHERIT:inherited_to"
_OTHERS = {
    "role.id": lambda each, value: each["role"] == value,
    "scope.system": lambda each, value: each["place"][0] == "system",
    f"scope.{_INHERITED}": lambda each, value: each["inherited"],
}


class Assignments(Groups):
    """``/v3/role_assignments``."""

    @route("GET /v3/role_assignments")
    def role_assignments(self, call: Call) -> Any:
        first = call.request.first
        project = first("scope.project.id")
        if not call.admin and project != call.project_id:
            call.must_be_admin()
        named = truth(first("include_names", "false"))
        if first("include_names") == "":
            named = True
        effective = first("effective")
        if effective is not None and effective.lower() not in ("false", "0"):
            found = [*self._effective(call, named)]
            return self.listing(call, "role_assignment", found)
        found = [
            self._shown(call, each, named)
            for each in self.state.assignments
            if self._passes(each, call)
        ]
        found_list = self.listing(call, "role_assignment", found)
        return found_list

    def _passes(self, each: Record, call: Call) -> bool:
        wanted = {
            "user.id": ("user", each["actor"]),
            "group.id": ("group", each["actor"]),
            "scope.project.id": ("project", each["place"]),
            "scope.domain.id": ("domain", each["place"]),
        }
        for name, value in call.request.query:
            if name in wanted:
                kind, there = wanted[name]
                if there != (kind, value):
                    return False
            elif name in _OTHERS and not _OTHERS[name](each, value):
                return False
        return True

    def _shown(self, call: Call, each: Record, named: bool) -> Record:
        (actor, who), (place, where), role = each["actor"], each["place"], each["role"]
        scope: Record = (
            {"system": {"all": True}}
            if place == "system"
            else {place: self._reference(place, where, named)}
        )
        path = "system" if place == "system" else f"{place}s/{where}"
        path = f"{path}/{actor}s/{who}/roles/{role}"
        if each["inherited"]:
            scope[_INHERITED] = "projects"
            path = f"OS-INHERIT/{path}/inherited_to_projects"
        return {
            "links": {"assignment": f"{call.base}/v3/{path}"},
            "scope": scope,
            actor: self._reference(actor, who, named),
            "role": self._reference("role", role, named),
        }

    def _effective(self, call: Call, named: bool) -> Iterator[Record]:
        """For one project or domain, or for all; of one user, or of all."""
        first = call.request.first
        places = [
            (kind, key)
            for kind in ("project", "domain")
            if (key := first(f"scope.{kind}.id"))
        ] or [
            *(("project", each["id"]) for each in self.state.projects),
            *(("domain", each["id"]) for each in self.state.domains),
        ]
        wanted = first("user.id")
        for place in places:
            for each in effects(self.state, self.members, place):
                if wanted in (None, each.user):
                    yield self._effect(call, each, named)

    def _effect(self, call: Call, each: Effect, named: bool) -> Record:
        kind, key = each.place
        links = {"assignment": f"{call.base}/v3/{each.link}"}
        if each.group:
            path = f"groups/{each.group}/users/{each.user}"
            links["membership"] = f"{call.base}/v3/{path}"
        if each.prior:
            path = f"prior_role/{each.role}/implies/{each.prior}"
            links["prior_role"] = f"{call.base}/v3/{path}"
        scope: Record = {kind: self._reference(kind, key, named)}
        if each.given != each.place:
            scope[_INHERITED] = "projects"
        return {
            "links": links,
            "scope": scope,
            "user": self._reference("user", each.user, named),
            "role": self._reference("role", each.role, named),
        }

    def _reference(self, kind: str, key: str, named: bool) -> Record:
        found: Record = {"id": key}
        record = self.state.tables[f"{kind}s"].get(key)
        if named and record is not None:
            found["name"] = record["name"]
            domain = self.state.domains.get(record.get("domain_id"))
            if domain is not None:
                found["domain"] = {"id": domain["id"], "name": domain["name"]}
        return found
