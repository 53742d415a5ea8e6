# SPDX-License-Identifier: Apache-2.0
"""Flavors, with their extra specs.

Up to API 2.60 extra specs take a request for each flavor; from 2.61 on they come
with the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from taskflow import task

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Difference, Finding, Origin, Record, Resource
from pumphouse.resources.base import MakeTask, ResourceType
from pumphouse.resources.compute import flavor_foresight
from pumphouse.resources.compute.in_use import servers_with
from pumphouse.resources.context import Context
from pumphouse.resources.fields import compared, copied, dropped, optional
from pumphouse.resources.listing import Where
from pumphouse.resources.outlook import Outlook

_PAGE = 1000  # Nova's limit


def _number(value: Any) -> float:
    return float(value or 0)


class Flavor(ResourceType):
    """A flavor: how large a server is, and its extra specs."""

    name = "flavor"
    service = "compute"
    path = "/flavors"
    singular = "flavor"
    plural = "flavors"
    # 2.102 takes rxtx_factor and disabled away; nothing else changed since 2.75.
    microversion = "2.75"
    fields = (
        copied("name"),
        copied("ram"),
        copied("vcpus"),
        copied("disk"),
        copied("swap", normal=_number, default=0),  # "" means 0 before 2.75
        copied("OS-FLV-EXT-DATA:ephemeral", default=0),
        # "" if unset, which means 1.0; gone from 2.102 on
        copied("rxtx_factor", normal=lambda v: _number(v) or 1.0, default=1.0),
        copied("os-flavor-access:is_public"),
        copied("description", default=""),
        copied("extra_specs", send=False, default={}),
        compared("OS-FLV-DISABLED:disabled", default=False),
        optional("id", "keep_flavor_ids"),
        dropped("links", "addresses within the cloud"),
    )

    # -- discovery --------------------------------------------------------
    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        """All of one list; without extra specs in it, a request for each one meant."""
        for record in self.records(cloud):
            if self.meant(self.resource(record), which):
                yield self.resource(self._with_extra_specs(cloud, record))

    def by_name(self, cloud: Cloud) -> dict[str, Resource]:
        """All flavors by name, which is unique.  One request.

        Servers name theirs that way since API 2.47; it may be deleted by now.
        """
        return {flavor.name: flavor for flavor in self.list(cloud)}

    def records(self, cloud: Cloud) -> Iterator[dict[str, Any]]:
        """The records of all flavors, public or not, as the list has them."""
        yield from cloud.list(
            self.service,
            "/flavors/detail",
            self.plural,
            params={"is_public": "None"},
            microversion=self.microversion,
            page_size=_PAGE,
        )

    def _with_extra_specs(self, cloud: Cloud, record: dict[str, Any]) -> dict[str, Any]:
        if "extra_specs" in record:
            return record
        specs = cloud.get(
            self.service, f"/flavors/{record['id']}/os-extra_specs", "extra_specs"
        )
        return {**record, "extra_specs": specs}

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        return flavor_foresight.foresee(outlook, self.records)

    # -- tasks and steps --------------------------------------------------
    def tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        steps = [make("ensure", self.ensure)]
        if resource.record.get("extra_specs"):
            steps.append(make("extra-specs", self.extra_specs))
        return steps

    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        body = super().body(ctx, resource)
        body["swap"] = int(body.get("swap") or 0)
        if not body.get("rxtx_factor"):
            body.pop("rxtx_factor", None)
        newest = ctx.destination.microversion(self.service, "2.55")
        if newest and _version(newest) < (2, 55):
            body.pop("description", None)
        return body

    def extra_specs(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """Set the extra specs, on a flavor that this migration made."""
        bound = ctx.binding(resource.ref)
        if bound is not None and bound.origin is Origin.CREATED:
            ctx.destination.post(
                self.service,
                f"{self.path}/{bound.destination_id}/os-extra_specs",
                {"extra_specs": dict(resource.record["extra_specs"])},
                repeatable=True,  # it sets them, however often
            )
        return {"id": ctx.destination_id(resource.ref)}

    def recover(self, ctx: Context, resource: Resource) -> str | None:
        """By name.  Made without its extra specs, it was an earlier try's."""
        there = self.by_name(ctx.destination).get(resource.name)
        if there is None or there.ref.id in ctx.taken(self.name):
            return None
        found = self.compare(resource, there, ctx.translate, ctx.options)
        if all(_is_unset(difference, there.record) for difference in found):
            return there.ref.id
        raise exceptions.DestinationDiffers(
            "on the destination one with this name differs: "
            + "; ".join(map(str, found)),
            resource=str(resource),
            hint="Map it in the migration file, or remove it there, then resume",
        )

    # -- undo -------------------------------------------------------------
    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterator[str]:
        """Servers that somebody made of it since."""
        return servers_with(ctx.destination, flavor=destination_id)


def _is_unset(difference: Difference, there: Record) -> bool:
    return difference.field == "extra_specs" and not there.get("extra_specs")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
