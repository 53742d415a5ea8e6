# SPDX-License-Identifier: Apache-2.0
"""What all of Neutron's resource types share.

Lists instead of single reads (Neutron takes a filter several times over and
means *or*), fields that only some clouds know, and tags, which Neutron sets in a
request of their own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Finding, Record, Resource
from pumphouse.resources.base import ResourceType
from pumphouse.resources.context import Context
from pumphouse.resources.fields import (
    Field,
    Translate,
    copied,
    dropped,
    reference,
)
from pumphouse.resources.listing import ID, PROJECT
from pumphouse.resources.network import lacking, limits, names
from pumphouse.resources.network.quota import NETWORK
from pumphouse.resources.outlook import Outlook

OWNER = reference("project_id", "project", "its owner")

STANDARD = (
    OWNER,
    copied("description", default=""),
    copied("tags", send=False, normal=sorted),
    dropped("id", "each cloud gives its own"),
    dropped("tenant_id", "the old name of project_id"),
    dropped("created_at", "history of the source"),
    dropped("updated_at", "history of the source"),
    dropped("revision_number", "history of the source"),
    dropped("standard_attr_id", "a row number in Neutron's database"),
)
"""The fields that nearly every Neutron resource has."""


def all_dropped(why: str, *paths: str) -> tuple[Field, ...]:
    """Several fields that are not carried, for one reason."""
    return tuple(dropped(path, why) for path in paths)


class NeutronType(ResourceType):
    """A resource of the network service, created by the admin for its owner."""

    service = "network"
    project_field = "project_id"
    quota = NETWORK
    counted: ClassVar[str] = ""
    """Neutron's name for the quota that counts them; "" if none does."""
    vital: ClassVar[frozenset[str]] = frozenset()
    """Of those fields the ones without which the thing must not be made at all."""
    filters: ClassVar[Mapping[str, str]] = {
        ID: "id",
        PROJECT: "project_id",
        "name": "name",
    }
    repeated = True
    set_later: ClassVar[tuple[str, ...]] = ("tags",)
    """Fields that requests after the creation bring about (``finish``)."""

    def uses(self, resource: Resource) -> Mapping[str, int]:
        return {self.counted: 1} if self.counted else {}

    # -- what the destination makes of it ---------------------------------
    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        """What all of Neutron's types look at: names, tags, counts, extensions."""
        for look in (names.refused, limits.tags, limits.counts, lacking.extensions):
            yield from look(self, outlook)

    # -- what is carried --------------------------------------------------
    def carried(self, record: Record, options: Options) -> Record:
        """*record* without what its other fields or the options rule out."""
        return record

    def narrowed(self, resource: Resource, options: Options) -> Resource:
        """*resource* with what is carried of its record."""
        record = self.carried(resource.record, options)
        return dataclasses.replace(resource, record=record)

    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        body = super().body(ctx, self.narrowed(resource, ctx.options))
        conditional = body.keys() & self.extensions.keys()
        known = ctx.destination.extensions() if conditional else frozenset()
        for path in conditional:
            if self.extensions[path] not in known:
                value, field = body.pop(path), self.field(path)
                if field and field.comparable(value) != field.comparable(None):
                    ctx.not_kept(resource.ref, path)
        return body

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        narrowed = self.narrowed(source, options)
        left_out = source.record.keys() - narrowed.record.keys()
        found = super().compare(narrowed, destination, translate, options)
        return tuple(each for each in found if each.field not in left_out)

    # -- steps ------------------------------------------------------------
    def create(self, ctx: Context, resource: Resource) -> str:
        made = ctx.destination.post(
            self.service,
            self.path,
            {self.singular: self.body(ctx, resource)},
            key=self.singular,
        )
        self.finish_made(ctx, resource, made)
        return str(made["id"])

    def finish_made(self, ctx: Context, resource: Resource, made: Record) -> None:
        """``finish`` what was made just now.

        :raises Unfinished: that was refused; what was made is there nevertheless
        """
        try:
            self.finish(ctx, resource, made)
        except exceptions.CloudError as error:
            raise exceptions.Unfinished.after(error, str(resource)) from error

    def finish(self, ctx: Context, resource: Resource, made: Record) -> None:
        """Do what takes further requests, unless it is done.

        :param made: what the destination says of it
        """
        wanted = sorted(resource.record.get("tags") or [])
        present = sorted(made.get("tags") or [])
        if wanted == present:
            return
        if present:  # nobody's tags are overwritten
            raise exceptions.DestinationDiffers(
                f"on the destination it has the tags {present}", resource=str(resource)
            )
        ctx.destination.put(
            self.service, f"{self.path}/{made['id']}/tags", {"tags": wanted}
        )

    def recover(self, ctx: Context, resource: Resource) -> str | None:
        # An earlier try may have stopped between the creation and the rest, so
        # the rest does not count as a difference: it is done now.
        found = self.recognise(ctx, without(resource, self.set_later))
        if found and self.set_later:
            path = f"{self.path}/{self.member(found)}"
            made = ctx.destination.get(self.service, path, self.singular)
            self.finish(ctx, resource, made)
        return found

    def leftover(self, ctx: Context, resource: Resource) -> str | None:
        return self.recognise(ctx, without(resource, self.set_later))

    def recognise(self, ctx: Context, resource: Resource) -> str | None:
        """The destination id of what is *resource* by its natural key."""
        return super().recover(ctx, resource)

    def equal_and_free(self, ctx: Context, resource: Resource) -> str | None:
        """The destination id of what equals *resource* and stands for nothing.

        For types of which the options leave no natural key.
        """
        with ctx.exclusively("recover", self.name):
            taken = ctx.taken(self.name)
            for there in self.candidates(ctx.destination, [resource], ctx.translate):
                if there.ref.id in taken:
                    continue
                if not self.compare(resource, there, ctx.translate, ctx.options):
                    return there.ref.id
        return None

    def member(self, destination_id: str) -> str:
        """What stands in the path of *destination_id*'s own URL."""
        return destination_id


def without(resource: Resource, paths: Collection[str]) -> Resource:
    """*resource* with a record that lacks the fields *paths*."""
    record = {k: v for k, v in resource.record.items() if k not in paths}
    return dataclasses.replace(resource, record=record)
