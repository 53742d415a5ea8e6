# SPDX-License-Identifier: Apache-2.0
"""Domains, projects, users, roles and groups: five kinds, one behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testbed.simulator.errors import bad, conflict, forbidden
from testbed.simulator.keystone.authentication import digest
from testbed.simulator.keystone.base import DEFAULT, KeystoneBase, passes
from testbed.simulator.names import folded
from testbed.simulator.router import route
from testbed.simulator.service import Call
from testbed.simulator.tables import Record

_COMMON = {"name", "enabled", "domain_id"}
_DESCRIPTION, _DEPTH = 255, 5


@dataclass(frozen=True)
class Kind:
    """What sets one of them apart.

    :param defaults: fields that are always there
    :param filters: besides those all have
    :param scope: the field within which names are unique
    """

    name: str
    defaults: Record
    filters: frozenset[str]
    scope: str = "domain_id"


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "domain",
            {"description": "", "enabled": True, "tags": [], "options": {}},
            frozenset(_COMMON),
            "",
        ),
        Kind(
            "project",
            {
                "domain_id": DEFAULT,
                "description": "",
                "enabled": True,
                "parent_id": None,
                "is_domain": False,
                "tags": [],
                "options": {},
            },
            frozenset({*_COMMON, "parent_id", "is_domain"}),
        ),
        Kind(
            "user",
            {
                "domain_id": DEFAULT,
                "enabled": True,
                "password_expires_at": None,
                "options": {},
            },
            frozenset({*_COMMON, "idp_id", "unique_id"}),
        ),
        Kind(
            "role",
            {"domain_id": None, "description": None, "options": {}},
            frozenset({"name", "domain_id"}),
        ),
        Kind(
            "group",
            {"domain_id": DEFAULT, "description": ""},
            frozenset({"name", "domain_id"}),
        ),
    )
}

# What is nothing without the one that a field of it names.
_GOES_TOO = {
    "memberships": ("user", "group"),
    "application_credentials": ("user_id", "project_id"),
    "trusts": ("trustor_user_id", "trustee_user_id", "project_id"),
}


class Resources(KeystoneBase):
    """Create, list, show, change and delete."""

    # -- in the cloud itself -------------------------------------------------
    def make(self, kind: str, values: Record) -> Record:
        """A new record of *kind*; *values* may hold a user's password.

        :raises ApiError: 400 without a name; 409 if the name is taken
        """
        about = KINDS[kind]
        record = {**about.defaults, **values, "id": values.get("id", self.state.hex())}
        record = {k: v for k, v in record.items() if k not in ("password", "links")}
        if not str(record.get("name") or "").strip():
            raise bad("'name' is a required property")
        if kind != "role":
            record["name"] = record["name"].strip()
        if kind == "project":
            if record.get("parent_id") is None:
                record["parent_id"] = record["domain_id"]
            elif record["parent_id"] in self.state.projects:
                above = self.state.projects.rows[record["parent_id"]]
                record["domain_id"] = above["domain_id"]
        if kind == "user" and record.get("default_project_id", "") is None:
            del record["default_project_id"]
        self._must_fit(kind, record)
        self._must_be_unique(about, record)
        for name in ("tags", "options"):
            if name in about.defaults:
                record[name] = type(about.defaults[name])(record[name] or ())
        self.state.tables[f"{kind}s"].add(record)
        if values.get("password") is not None:
            self._set_password(record["id"], values["password"])
        return record

    def _must_fit(self, kind: str, record: Record) -> None:
        most = 64 if kind in ("domain", "project") else 255
        told = len(record.get("description") or "")
        short = kind == "role" or (kind == "domain" and self.cloud.release.newer)
        if len(record["name"]) > most or (short and told > _DESCRIPTION):
            raise bad(f"Invalid input for a {kind}: too long")
        if kind == "project" and self._depth(record) > _DEPTH:
            raise forbidden(
                f"Max hierarchy depth reached for {record['parent_id']} branch."
            )

    def _depth(self, project: Record) -> int:
        above = self.state.projects.get(project["parent_id"])
        return 1 if above is None else 1 + self._depth(above)

    def forget(self, kind: str, key: str) -> None:
        """Remove one, and what is nothing without it."""
        self.state.tables[f"{kind}s"].remove(key)
        for each in list(self.state.assignments):
            if (kind, key) in (each["actor"], each["place"], ("role", each["role"])):
                self.state.assignments.remove(each["id"])
        for each in list(self.state.credentials):
            if key in (each["user_id"], each["project_id"]):
                self.state.credentials.remove(each["id"])
        for name, fields in _GOES_TOO.items():
            for each in list(self.state.tables[name]):
                if key in (each[field] for field in fields):
                    self.state.tables[name].remove(each["id"])
        for name in ("passwords", "tokens"):
            table = self.state.tables[name]
            for each in [r for r in table if key in (r["id"], r.get("user_id"))]:
                table.remove(each["id"])
        for each in list(self.state.implied):
            if key in (each["prior"], each["implies"]):
                self.state.implied.remove(each["id"])

    def _set_password(self, user_id: str, password: str) -> None:
        self.state.passwords.add({"id": user_id, "digest": digest(password)})

    def _must_be_unique(self, about: Kind, record: Record) -> None:
        for each in self.state.tables[f"{about.name}s"]:
            if folded(each["name"]) != folded(record["name"]):
                continue
            if each["id"] == record["id"]:
                continue
            if not about.scope or each[about.scope] == record[about.scope]:
                raise conflict(
                    f"Conflict occurred attempting to store {about.name} - it is "
                    f"not permitted to have two {about.name}s with the same name "
                    f"in the same domain: {record['name']}."
                )

    # -- handlers ------------------------------------------------------------
    def create(self, call: Call, kind: str) -> Any:
        call.must_be_admin()
        asked = call.body(kind)
        if asked.get("domain_id") and asked["domain_id"] not in self.state.domains:
            raise bad(f"Could not find domain: {asked['domain_id']}.")
        record = self.make(kind, {k: v for k, v in asked.items() if k != "id"})
        return 201, {kind: self.shown(call, kind, record)}

    def list_all(self, call: Call, kind: str) -> Any:
        if kind != "role":
            call.must_be_admin()
        filters, query = KINDS[kind].filters, call.request.query
        table = self.state.tables[f"{kind}s"]
        name = call.request.first("name")
        rows = table.by("name", name) if name and kind in ("user", "project") else table
        found = [self.shown(call, kind, r) for r in rows if passes(r, query, filters)]
        if kind == "role" and call.request.first("domain_id") is None:
            found = [role for role in found if role["domain_id"] is None]
        return self.listing(call, kind, found)

    def show(self, call: Call, kind: str, key: str) -> Any:
        record = self.one(kind, key)
        if key not in (call.user_id, call.project_id) and kind != "role":
            call.must_be_admin()
        return {kind: self.shown(call, kind, record)}

    def change(self, call: Call, kind: str, key: str) -> Any:
        call.must_be_admin()
        record, asked = self.one(kind, key), dict(call.body(kind))
        if record.get("options", {}).get("immutable") and set(asked) != {"options"}:
            raise self._immutable(kind, key)
        password = asked.pop("password", None)
        options = {**record.get("options", {}), **(asked.get("options") or {})}
        if "options" in record:
            asked["options"] = {k: v for k, v in options.items() if v is not None}
        self._must_be_unique(KINDS[kind], {**record, **asked})
        self.state.tables[f"{kind}s"].change(key, asked)
        if password is not None:
            self._set_password(key, password)
        return {kind: self.shown(call, kind, record)}

    def delete(self, call: Call, kind: str, key: str) -> None:
        call.must_be_admin()
        record = self.one(kind, key)
        if record.get("options", {}).get("immutable"):
            raise self._immutable(kind, key)
        if kind == "domain" and record["enabled"]:
            raise forbidden(
                "Cannot delete a domain that is enabled, please disable it first."
            )
        self.forget(kind, key)

    def _immutable(self, kind: str, key: str) -> Exception:
        return forbidden(
            f"Cannot delete immutable resource {kind} {key}. Set immutable option to "
            "false first."
        )

    @route("PUT /v3/projects/{id}/tags")
    def set_tags(self, call: Call, key: str) -> Any:
        call.must_be_admin()
        self.one("project", key)["tags"] = list(call.body("tags"))
        return {"tags": self.one("project", key)["tags"]}

    @route("GET /v3/projects/{id}/tags")
    def tags(self, call: Call, key: str) -> Any:
        return {"tags": self.one("project", key)["tags"]}

    @route("POST /v3/users/{id}/password")
    def change_password(self, call: Call, key: str) -> None:
        asked, kept = call.body("user"), self.state.passwords.get(key)
        if kept is None or kept["digest"] != digest(str(asked["original_password"])):
            raise bad("Invalid password")
        self._set_password(key, asked["password"])


def _handler(verb: str, kind: str, method: str, path: str) -> Any:
    def handle(self: Any, call: Call, *ids: str) -> Any:
        return getattr(self, verb)(call, kind, *ids)

    return route(f"{method} /v3/{kind}s{path}")(handle)


for _kind in KINDS:
    for _verb, _method, _path in (
        ("create", "POST", ""),
        ("list_all", "GET", ""),
        ("show", "GET", "/{id}"),
        ("change", "PATCH", "/{id}"),
        ("delete", "DELETE", "/{id}"),
    ):
        setattr(Resources, f"{_verb}_{_kind}", _handler(_verb, _kind, _method, _path))
