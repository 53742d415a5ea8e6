# SPDX-License-Identifier: Apache-2.0
"""Role assignments: who has which role where.

Keystone gives them no id.  Here each is named by what it says, on either cloud::

    user/<user id>/role/<role id>/project/<project id>
    user/<user id>/role/<role id>/domain/<domain id>/inherited

``group`` may stand for ``user``, and ``system/all`` for the last pair.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import Any

from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Record, Ref, Resource
from pumphouse.resources.base import Fitness, ResourceType
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Fate, Field, Translate, dropped
from pumphouse.resources.listing import ID, PROJECT, Where, where
from pumphouse.resources.relations import Discovered, Link

# Up to how many projects a request each is better than the whole cloud's list.
_FEW = 10
_SLASHES = 5  # in an id, or more
_INHERITED = "OS-INHERIT:inherited_to"


def _ids(value: Any) -> Any:
    """The ids in a part of an assignment, without the names that go with them."""
    if not isinstance(value, dict):
        return value
    if "id" in value:
        return value["id"]
    return {k: _ids(v) for k, v in sorted(value.items())}


class Assignment(ResourceType):
    """One role that was given directly; what follows from it is not listed."""

    name = "assignment"
    service = "identity"
    path = "/role_assignments"
    plural = "role_assignments"
    in_client = False
    natural_key = ("user", "group", "role", "scope")
    along = (Link({"user": "user", "scope": "project"}),)
    members = ("user",)
    fields = (
        Field("user", Fate.REFERENCE, "who has the role", {"id": "user"}, normal=_ids),
        Field(
            "group",
            Fate.COMPARED,
            "whose members have the role",
            send=False,
            normal=_ids,
        ),
        Field("role", Fate.REFERENCE, "the role given", {"id": "role"}, normal=_ids),
        Field(
            "scope",
            Fate.REFERENCE,
            "where the role counts",
            {"project.id": "project", "domain.id": "domain"},
            normal=_ids,
        ),
        dropped("links", "addresses of the source's own API"),
    )

    # -- discovery --------------------------------------------------------
    def identify(self, record: Record) -> str:
        """See the top of this file."""
        actor = "user" if "user" in record else "group"
        scope = record["scope"]
        place = next(kind for kind in ("project", "domain", "system") if kind in scope)
        where = "all" if place == "system" else scope[place]["id"]
        end = "/inherited" if _INHERITED in scope else ""
        who, role = record[actor]["id"], record["role"]["id"]
        return f"{actor}/{who}/role/{role}/{place}/{where}{end}"

    def resource(self, record: Record) -> Resource:
        """Named after the role and whoever has it, if the record knows names."""
        who = record.get("user") or record.get("group") or {}
        name = " ".join(filter(None, (who.get("name"), record["role"].get("name"))))
        return Resource(
            ref=Ref(self.name, self.identify(record)),
            name=name,
            record=dict(record),
            project_id=str(record["scope"].get("project", {}).get("id") or ""),
        )

    def linking(
        self,
        cloud: Cloud,
        link: Link,
        fresh: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """What the owners of things were given directly in the projects of those.

        Those in projects that were selected are listed with them.
        """
        pairs = {
            (str(each.record["user_id"]), each.project_id)
            for each in fresh
            if each.record.get("user_id") and each.project_id
        }
        for user, project in sorted(pairs):
            if user != cloud.user_id and Ref("project", project) not in found.followed:
                yield from self._listed(cloud, project, **{"user.id": user})

    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        """By the lists of the projects they are in; the whole list for others.

        Of a project without those of Pumphouse's own user: that one has its rights on
        each cloud already, and may hold a role there for as long as a run lasts.
        """
        if which.field == PROJECT:
            yield from self._mine_aside(cloud, self._within(cloud, which.values))
            return
        if which.field != ID:
            yield from self.listed(cloud)
            return
        wanted = [each.split("/") for each in which.values if self.may_be_id(each)]
        if all(each[4] == "project" for each in wanted):
            yield from self._within(cloud, {each[5] for each in wanted})
        else:
            yield from self.listed(cloud)

    def may_be_id(self, term: str) -> bool:
        return term.count("/") >= _SLASHES

    def owned(self) -> bool:
        return True

    def _within(self, cloud: Cloud, projects: Collection[str]) -> Iterator[Resource]:
        if len(projects) > self.few:
            yield from self.listed(cloud)
            return
        for project_id in sorted(projects):
            yield from self._listed(cloud, project_id)

    def _listed(
        self, cloud: Cloud, project_id: str, **params: str
    ) -> Iterator[Resource]:
        query = {"scope.project.id": project_id, "include_names": "true", **params}
        for record in cloud.list(self.service, self.path, self.plural, params=query):
            yield self.resource(record)

    def _mine_aside(
        self, cloud: Cloud, found: Iterator[Resource]
    ) -> Iterator[Resource]:
        for each in found:
            if each.record.get("user", {}).get("id") != cloud.user_id:
                yield each

    # -- references and match ---------------------------------------------
    def fitness(self, resource: Resource, options: Options) -> Fitness:
        """Not if a group has it: groups are not migrated."""
        if "group" not in resource.record:
            return Fitness()
        return Fitness(
            "a group has this role, and groups are not migrated: give the role on "
            "the destination, then `pumphouse register` that assignment for this one"
        )

    def key(self, resource: Resource, translate: Translate) -> Hashable | None:
        """Its id in terms of the destination."""
        refs = {need.ref: translate(need.ref) for need in self.needs(resource)}
        if None in refs.values():
            return None
        parts = resource.ref.id.split("/")
        for at in range(0, len(parts) - 1, 2):
            ref = Ref(parts[at], parts[at + 1])
            parts[at + 1] = refs.get(ref) or parts[at + 1]
        return "/".join(parts)

    def candidates(
        self, cloud: Cloud, resources: Collection[Resource], translate: Translate
    ) -> Iterator[Resource]:
        """Those in the same projects; for other scopes the cloud's whole list."""
        keys = {self.key(resource, translate) for resource in resources}
        return self.list(cloud, where(ID, [str(key) for key in keys if key]))

    # -- steps ------------------------------------------------------------
    def create(self, ctx: Context, resource: Resource) -> str:
        """Give the role; having it already is as good."""
        made = self.key(resource, ctx.destination_id)
        ctx.destination.put(self.service, _path(str(made)), None)
        return str(made)

    def delete(self, ctx: Context, destination_id: str) -> None:
        """Take the role away again."""
        ctx.destination.delete(self.service, _path(destination_id))


def _path(assignment_id: str) -> str:
    """Where Keystone wants an assignment given and taken."""
    actor, who, _, role, place, where, *inherited = assignment_id.split("/")
    scope = "/system" if place == "system" else f"/{place}s/{where}"
    path = f"{scope}/{actor}s/{who}/roles/{role}"
    return f"/OS-INHERIT{path}/inherited_to_projects" if inherited else path
