# SPDX-License-Identifier: Apache-2.0
"""What domains, projects, users and roles have in common, being Keystone's.

Keystone keeps whatever unknown attribute it is sent with a resource and returns
it among the known ones.  Such *extra* attributes are somebody's data: they are
carried as they are, compared, and named in the plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Finding, Record, Resource
from pumphouse.resources import listing
from pumphouse.resources.base import Fitness, ResourceType
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Field, Translate, copied, dropped
from pumphouse.resources.identity import names, sizes
from pumphouse.resources.outlook import Outlook

# From how many on a list costs less than one GET each.
_MANY = 3

LINKS = dropped("links", "addresses of the source's own API")
DESCRIPTION = copied("description", default="")
OPTIONS = copied("options", default={})
TAGS = copied("tags", default=[], normal=sorted)
ID: Field = dropped("id", "the destination gives its own; the binding keeps both")


class IdentityType(ResourceType):
    """A kind of resource that Keystone keeps, with extra attributes."""

    service = "identity"

    # -- discovery --------------------------------------------------------
    def read(self, cloud: Cloud, which: listing.Where) -> Iterator[Resource]:
        """By id: one list if there are several, and a request for what none shows.

        A list leaves out what lives in domains with a directory of their own.
        """
        if which.field != listing.ID:
            yield from super().read(cloud, which)
            return
        wanted = set(which.values)
        for record in cloud.listed(self.service, self.path, self.plural):
            if record["id"] in wanted:
                wanted.remove(record["id"])
                yield self.resource(record)
        if len(wanted) >= _MANY:
            try:
                found = [r for r in self.listed(cloud) if r.ref.id in wanted]
            except exceptions.UnexpectedAnswer:
                found = []  # cut off: Keystone's [DEFAULT] list_limit
            yield from found
            wanted -= {r.ref.id for r in found}
        yield from self.single(cloud, sorted(wanted))

    def disabled(self, resource: Resource) -> bool:
        """As its record says; what has no such switch is never off."""
        return resource.record.get("enabled") is False

    # -- match ------------------------------------------------------------
    def candidates(
        self, cloud: Cloud, resources: Collection[Resource], translate: Translate
    ) -> Iterator[Resource]:
        """The namesakes, or all in the domains in question: a request a domain."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for resource in resources:
            domain = names.domain_there(resource, translate)
            if domain is not None:
                wanted[domain].add(resource.name)
        for domain, called in wanted.items():
            params = names.within(domain)
            if len(called) == 1:
                params["name"] = [*called]
            yield from self.listed(cloud, **params)

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        """What Keystone would refuse of what is to be created: names and sizes."""
        yield from names.foresee(self, outlook)
        yield from sizes.foresee(self, outlook)

    # -- fields -----------------------------------------------------------
    def extras(self, record: Record) -> dict[str, Any]:
        """The attributes that are not Keystone's own."""
        known = {field.path for field in self.fields}
        return {k: v for k, v in record.items() if k not in known}

    def undeclared(self, record: Record) -> set[str]:
        """None: what is not declared is an extra attribute, and carried."""
        return set()

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        """Names the extra attributes: nobody but the operator knows their sense."""
        extras = ", ".join(sorted(self.extras(resource.record)))
        note = f"attributes not of Keystone's own are carried as they are: {extras}"
        return Fitness(notes=(note,) if extras else ())

    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        """The declared fields and the extra attributes."""
        return {**super().body(ctx, resource), **self.extras(resource.record)}

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """The declared fields and the source's extra attributes."""
        extras = self.extras(source.record)
        there = {name: destination.record.get(name) for name in extras}
        return (
            *super().compare(source, destination, translate, options),
            *(Difference(k, v, there[k]) for k, v in extras.items() if v != there[k]),
        )

    # -- undo -------------------------------------------------------------
    def delete(self, ctx: Context, destination_id: str) -> None:
        """Remove it, after lifting the ``immutable`` option if it has that.

        Keystone takes that option away only in a request of its own.
        """
        try:
            super().delete(ctx, destination_id)
        except exceptions.Forbidden:
            self.change(ctx, destination_id, options={"immutable": False})
            super().delete(ctx, destination_id)

    def change(self, ctx: Context, destination_id: str, **values: Any) -> None:
        """Set *values* on the destination."""
        ctx.destination.patch(
            self.service,
            f"{self.path}/{destination_id}",
            {self.singular: values},
            key=self.singular,
        )
