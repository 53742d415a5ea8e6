# SPDX-License-Identifier: Apache-2.0
"""By what ways users come to the roles that they have: Keystone's effective list.

``GET /v3/role_assignments?effective`` names each user and role of a place, whether it
was given there, above it, or to a group; its links say which (``_format_entity`` in
``keystone/api/role_assignments.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Ref, Resource
from pumphouse.resources.outlook import Outlook

INHERITED = "OS-INHERIT:inherited_to"
_LINK = re.compile(
    r"/(?:(project|domain)s/([^/]+)|system)/(user|group)s/([^/]+)/roles/([^/]+)"
)
_MOST = 8  # that a note names


@dataclass(frozen=True, slots=True)
class Way:
    """One role of one user, and where it comes from.

    :param given: the place it was given in, as the reference of that
    :param group: the id of the group it was given to; "" for the user itself
    """

    user: str
    user_name: str
    role: str
    role_name: str
    given: Ref
    inherited: bool = False
    group: str = ""

    @property
    def assignment(self) -> Ref:
        """The assignment that it comes from."""
        actor = f"group/{self.group}" if self.group else f"user/{self.user}"
        end = "/inherited" if self.inherited else ""
        place = f"{self.given.type}/{self.given.id}"
        return Ref("assignment", f"{actor}/role/{self.role}/{place}{end}")


def to(cloud: Cloud, place: Ref) -> list[Way]:
    """All ways to a project or a domain, but those of Pumphouse's own user.

    Roles that come with another are left out: they come and go with that.
    """
    params = {f"scope.{place.type}.id": place.id, "effective": "true"}
    found = []
    for record in cloud.list(
        "identity",
        "/role_assignments",
        "role_assignments",
        params={**params, "include_names": "true"},
    ):
        links, user, role = record["links"], record["user"], record["role"]
        match = _LINK.search(links["assignment"])
        if "prior_role" in links or match is None or user["id"] == cloud.user_id:
            continue
        kind, where, actor, who, _ = match.groups()
        found.append(
            Way(
                user=str(user["id"]),
                user_name=str(user.get("name") or user["id"]),
                role=str(role["id"]),
                role_name=str(role.get("name") or role["id"]),
                given=Ref(kind, where),
                inherited=INHERITED in record["scope"],
                group=who if actor == "group" else "",
            )
        )
    return found


def given(cloud: Cloud, **params: str) -> Iterator[Way]:
    """All roles of the cloud as they were given, in one list: for many projects.

    A group's name no user, and are not those of each of its members.
    """
    for record in cloud.list(
        "identity", "/role_assignments", "role_assignments", params=params
    ):
        scope, role = record["scope"], record["role"]
        place = next(kind for kind in ("project", "domain", "system") if kind in scope)
        user, group = record.get("user") or {}, record.get("group") or {}
        if place == "system" or user.get("id") == cloud.user_id:
            continue
        yield Way(
            user=str(user.get("id") or ""),
            user_name=str(user.get("name") or ""),
            role=str(role["id"]),
            role_name=str(role.get("name") or ""),
            given=Ref(place, str(scope[place]["id"])),
            inherited=INHERITED in scope,
            group=str(group.get("id") or ""),
        )


class Words:
    """Tells ways, each with the names that are known, or can be asked for."""

    def __init__(self, cloud: Cloud, outlook: Outlook) -> None:
        self._cloud = cloud
        self._resources = outlook.resources if cloud is outlook.source else {}
        self._names: dict[Ref, str] = {}

    def of(self, ways: Iterable[Way]) -> str:
        """``alice (member, inherited from project parent)``, and so on."""
        found = list(dict.fromkeys(ways))
        told = [f"{self._who(way)} ({self.role(way)})" for way in found[:_MOST]]
        if len(found) > _MOST:
            told.append(f"{len(found) - _MOST} more")
        return ", ".join(told)

    def role(self, way: Way) -> str:
        """``member, inherited from project parent``."""
        words = [way.role_name or self._name(Ref("role", way.role))]
        if way.inherited:
            words.append(f"inherited from {self._named(way.given)}")
        if way.group and way.user:
            words.append(f"as a member of {self._named(Ref('group', way.group))}")
        return ", ".join(words)

    def _who(self, way: Way) -> str:
        if not way.user:
            return f"the members of {self._named(Ref('group', way.group))}"
        return way.user_name or self._name(Ref("user", way.user))

    def _named(self, ref: Ref) -> str:
        return f"{ref.type} {self._name(ref)}"

    def _name(self, ref: Ref) -> str:
        known: Resource | None = self._resources.get(ref)
        if known is not None:
            return known.label
        if ref not in self._names:
            path = f"/{ref.type}s/{ref.id}"
            record = self._cloud.find("identity", path, ref.type) or {}
            self._names[ref] = str(record.get("name") or ref.id)
        return self._names[ref]
