# SPDX-License-Identifier: Apache-2.0
"""Which projects may use a private flavor.

Composite id: ``<flavor id>/<project id>``.  Only projects that are part of the
migration come along, never all that may use the flavor.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record, Ref, Resource
from pumphouse.resources.base import Named, ResourceType
from pumphouse.resources.compute.flavor import Flavor
from pumphouse.resources.context import Context
from pumphouse.resources.fields import reference
from pumphouse.resources.listing import ID, Where
from pumphouse.resources.relations import Discovered, Link


class FlavorAccess(ResourceType):
    """One project's right to use one private flavor."""

    name = "flavor-access"
    service = "compute"
    path = "/flavors"
    project_field = "tenant_id"
    in_client = False
    natural_key = ("flavor_id",)
    within = "flavor_id"
    along = (Link({"flavor_id": "flavor", "tenant_id": "project"}),)
    fields = (
        reference("flavor_id", "flavor", "the flavor"),
        reference("tenant_id", "project", "the project that may use it"),
    )

    def identify(self, record: Record) -> str:
        return f"{record['flavor_id']}/{record['tenant_id']}"

    def title(self, resource: Resource, named: Named) -> str:
        """``big for shop``: the flavor and the project."""
        flavor = named(Ref("flavor", resource.record["flavor_id"]))
        return f"{flavor} for {named(Ref('project', resource.project_id))}"

    # -- discovery --------------------------------------------------------
    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        """One request a private flavor that may be meant."""
        if which.field == ID:
            flavors = {each.rpartition("/")[0] for each in which.values}
        elif which.field == "flavor_id":
            flavors = {*which.values}
        else:
            flavors = {*self._private(cloud)}
        return self._of(cloud, sorted(flavors))

    def may_be_id(self, term: str) -> bool:
        return "/" in term

    def linking(
        self,
        cloud: Cloud,
        link: Link,
        fresh: Collection[Resource],
        found: Discovered,
    ) -> Iterator[Resource]:
        """The accesses of private flavors, for the projects found beside them.

        Those of projects that were selected are listed with them.
        """
        flavors = [r.ref.id for r in fresh if _is_private_flavor(r)]
        projects = {Ref("project", r.project_id) for r in fresh if r.project_id}
        projects |= {r.ref for r in fresh if r.ref.type == "project"}
        wanted = {ref.id for ref in projects - found.followed}
        if wanted:
            yield from self._of(cloud, flavors, wanted)

    def _private(self, cloud: Cloud) -> list[str]:
        return [
            record["id"]
            for record in Flavor().records(cloud)
            if not record["os-flavor-access:is_public"]
        ]

    def _of(
        self,
        cloud: Cloud,
        flavor_ids: Iterable[str],
        project_ids: Collection[str] | None = None,
    ) -> Iterator[Resource]:
        for flavor_id in flavor_ids:
            # A public flavor has no such list: 404.
            found = cloud.find(
                "compute", f"/flavors/{flavor_id}/os-flavor-access", "flavor_access"
            )
            for record in found or ():
                if project_ids is None or record["tenant_id"] in project_ids:
                    yield self.resource(record)

    # -- steps ------------------------------------------------------------
    def create(self, ctx: Context, resource: Resource) -> str:
        flavor = ctx.destination_id(Ref("flavor", resource.record["flavor_id"]))
        project = ctx.destination_id(Ref("project", resource.project_id))
        body = {"addTenantAccess": {"tenant": project}}
        ctx.destination.post("compute", f"/flavors/{flavor}/action", body)
        return f"{flavor}/{project}"

    def delete(self, ctx: Context, destination_id: str) -> None:
        flavor, _, project = destination_id.rpartition("/")
        body = {"removeTenantAccess": {"tenant": project}}
        with contextlib.suppress(exceptions.ResourceMissing):
            ctx.destination.post("compute", f"/flavors/{flavor}/action", body)


def _is_private_flavor(resource: Resource) -> bool:
    return resource.ref.type == "flavor" and not resource.record.get(
        "os-flavor-access:is_public", True
    )
