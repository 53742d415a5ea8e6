# SPDX-License-Identifier: Apache-2.0
"""Images: their record, custom properties, tags, members and data.

The id of an image on the destination is derived from its id on the source, so
that what an earlier try made is found by one request and made only once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Any

from taskflow import task

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import (
    Difference,
    Finding,
    Need,
    Origin,
    Record,
    Ref,
    Resource,
)
from pumphouse.resources.base import Fitness, MakeTask, ResourceType
from pumphouse.resources.compute.in_use import servers_with
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Translate
from pumphouse.resources.image import data, finish, lists, record
from pumphouse.resources.image.fields import (
    DATA,
    FIELDS,
    properties,
    property_differences,
)
from pumphouse.resources.image.fitness import fitness
from pumphouse.resources.image.foresight import foresee
from pumphouse.resources.image.lists import filters_of, listed, with_members
from pumphouse.resources.listing import ID, PROJECT, Where
from pumphouse.resources.outlook import Outlook


class Image(ResourceType):
    """An image with its custom properties, members and data."""

    name = "image"
    service = "image"
    path = "/images"
    plural = "images"
    project_field = "owner"
    filters = {ID: "id", PROJECT: "owner", "name": "name"}
    fields = FIELDS

    # -- discovery --------------------------------------------------------
    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        yield from map(self.resource, with_members(cloud, [*lists.those(cloud, which)]))

    def undeclared(self, record: Record) -> set[str]:
        return set()  # whatever is not declared is a custom property, and copied

    # -- references -------------------------------------------------------
    def needs(self, resource: Resource) -> Iterator[Need]:
        """A public image does not bring its owner along: it is everybody's."""
        for need in super().needs(resource):
            if need.why == "owner" and _for_everybody(resource):
                need = dataclasses.replace(need, must=False, brings=False)
            yield need

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        return fitness(resource.record)

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        return foresee(outlook)

    def size(self, resource: Resource) -> int:
        return int(resource.record.get("size") or 0)

    # -- match ------------------------------------------------------------
    def key(self, resource: Resource, translate: Translate) -> Hashable | None:
        """Name, owner and content; a public image is the same whoever owns it.

        Without a hash of its content nothing tells that two are the same.
        """
        known = resource.record
        content = known.get("os_hash_value") or known.get("checksum")
        if not content:
            return None
        if _for_everybody(resource):
            return (resource.name, "", content)
        owner = translate(Ref("project", resource.project_id))
        return None if owner is None else (resource.name, owner, content)

    def candidates(
        self, cloud: Cloud, resources: Collection[Resource], translate: Translate
    ) -> Iterator[Resource]:
        """Those with data: Glance keeps the hash of an upload that it refused."""
        kinds = {bool(r.record.get("os_hidden")) for r in resources}
        for wanted in filters_of({r.name for r in resources}):
            named = listed(cloud, hidden=sorted(kinds), name=wanted)
            found = [each for each in named if each.get("status") != "queued"]
            yield from map(self.resource, with_members(cloud, found))

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        apart = {*DATA, "owner"} if _for_everybody(source) else {*DATA}
        found = [
            difference
            for difference in super().compare(source, destination, translate, options)
            if difference.field not in apart
        ]
        found += property_differences(source.record, destination.record)
        found += data.differences(source.record, destination.record)
        return tuple(found)

    # -- tasks and steps --------------------------------------------------
    def tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        steps = [make("ensure", self.ensure), make("data", self.data)]
        if finish.needed(resource.record):
            steps.append(make("finish", self.finish))
        return steps

    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        """The record to ask for, custom properties and all, without its id."""
        known = dict(resource.record)
        owner = Ref("project", resource.project_id)
        if _for_everybody(resource) and ctx.translate(owner) is None:
            del known["owner"]  # it becomes the operator's own project's
        declared = super().body(ctx, dataclasses.replace(resource, record=known))
        return {**properties(known), **declared}

    def create(self, ctx: Context, resource: Resource) -> str:
        """Make the record, without data.  Finds it if it is there already."""
        body = self.body(ctx, resource)
        return record.create(
            ctx, resource, body, lambda there: self._of_use(ctx, body, there)
        )

    def ensure(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """As all; what an earlier run left without data is as it would be now."""
        bound = ctx.binding(resource.ref)
        if bound is not None and bound.origin is Origin.CREATED:
            path = f"{self.path}/{bound.destination_id}"
            there = ctx.destination.find("image", path)
            if there and self._of_use(ctx, self.body(ctx, resource), there):
                return {"id": bound.destination_id}
            ctx.unbind(resource.ref)
        return super().ensure(ctx, resource)

    def recover(self, ctx: Context, resource: Resource) -> str | None:
        """By its derived id; later lives of it are found by ``create``."""
        there = self._first_life(ctx, resource)
        if there and self._of_use(ctx, self.body(ctx, resource), there):
            return record.new_id(ctx.pair, resource.ref.id)
        return None

    def leftover(self, ctx: Context, resource: Resource) -> str | None:
        new_id = record.new_id(ctx.pair, resource.ref.id)
        return new_id if self._first_life(ctx, resource) else None

    def _first_life(self, ctx: Context, resource: Resource) -> Record | None:
        new_id = record.new_id(ctx.pair, resource.ref.id)
        found: Record | None = ctx.destination.find("image", f"{self.path}/{new_id}")
        return found

    def _of_use(self, ctx: Context, asked: Record, there: Record) -> bool:
        """Whether what an earlier try made can be gone on with.

        A record without data that is not what would be asked for now is removed: the
        source's has changed since, and a new one costs nothing.
        """
        if there.get("status") != "queued":
            return True
        is_ = {**properties(there), **{key: there.get(key) for key in asked}}
        if all(_same(asked.get(key), is_.get(key)) for key in {*asked, *is_}):
            return True
        self.delete(ctx, str(there["id"]))
        return False

    def data(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """Stream the data, and prove that it arrived.

        An earlier try may have removed what it left, and have come no further.
        """
        if ctx.binding(resource.ref) is None:
            self.ensure(ctx, resource)
        return data.DataStep(ctx, resource, self._make_anew).run()

    def finish(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """What can be set only once the data is there."""
        return finish.finish(ctx, resource)

    def _make_anew(self, ctx: Context, resource: Resource) -> None:
        """Replace what a failed upload left by a new record without data."""
        bound = ctx.binding(resource.ref)
        if bound is not None and bound.origin is not Origin.CREATED:
            raise exceptions.DestinationDiffers(
                f"{bound.destination_id}, which stands for it, has other data",
                resource=str(resource),
                hint="Unregister it, or register another image, then resume",
            )
        self.delete(ctx, ctx.destination_id(resource.ref))
        ctx.unbind(resource.ref)
        self.ensure(ctx, resource)

    # -- undo -------------------------------------------------------------
    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterator[str]:
        """Servers that somebody made of it since."""
        return servers_with(ctx.destination, image=destination_id)

    def delete(self, ctx: Context, destination_id: str) -> None:
        path = f"{self.path}/{destination_id}"
        try:
            ctx.destination.delete("image", path)
        except exceptions.Forbidden:
            finish.set_protected(ctx.destination, destination_id, False)
            ctx.destination.delete("image", path)


def _same(asked: Any, is_: Any) -> bool:
    return (
        sorted(asked) == sorted(is_ or []) if isinstance(asked, list) else asked == is_
    )


def _for_everybody(resource: Resource) -> bool:
    return resource.record.get("visibility") in ("public", "community")
