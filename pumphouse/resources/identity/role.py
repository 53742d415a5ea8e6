# SPDX-License-Identifier: Apache-2.0
"""Roles, and the roles that they imply.

What a role allows is the policy of each cloud; only its name counts.  But a role
that implies others gives those too, so this is carried.  ``GET /roles`` does not
tell it: the record gets fields of our own from ``GET /role_inferences``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from taskflow import task

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Difference, Finding, Origin, Ref, Resource
from pumphouse.resources.base import MakeTask
from pumphouse.resources.context import Context
from pumphouse.resources.fields import (
    UNMAPPED,
    Translate,
    compared,
    copied,
    dropped,
    reference,
    references,
)
from pumphouse.resources.identity import implied, keystone, names
from pumphouse.resources.identity.implied import Inferences
from pumphouse.resources.listing import ID, Where
from pumphouse.resources.outlook import Outlook


class Role(keystone.IdentityType):
    """A role, of the whole cloud or of one domain."""

    name = "role"
    path = "/roles"
    singular = "role"
    plural = "roles"
    natural_key = ("name", "domain_id")
    fields = (
        keystone.ID,
        copied("name"),
        reference("domain_id", "domain", "the domain whose role it is"),
        keystone.DESCRIPTION,
        keystone.OPTIONS,
        references("implies", "role", "a role that it implies", send=False),
        compared("implies_indirectly"),
        dropped(implied.ABOUT, "names the roles that it implies"),
        keystone.LINKS,
    )

    # -- discovery --------------------------------------------------------
    def listed(self, cloud: Cloud, **filters: Iterable[str]) -> Iterator[Resource]:
        """As everywhere, with what they imply.  Without a domain: global ones."""
        found = list(super().listed(cloud, **filters))
        return self._with_implied(cloud, found)

    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        """The global roles, then those of each domain: Keystone lists no mix."""
        if which.field == ID:
            found = list(super().read(cloud, which))
            bare = [r for r in found if "implies" not in r.record]
            yield from (r for r in found if "implies" in r.record)
            yield from self._with_implied(cloud, bare)
            return
        yield from self.listed(cloud)
        for domain in cloud.list(self.service, "/domains", "domains"):
            yield from self.listed(cloud, domain_id=[str(domain["id"])])

    def _with_implied(self, cloud: Cloud, found: list[Resource]) -> Iterator[Resource]:
        if not found:
            return
        inferences = Inferences(cloud)
        for resource in found:
            more = inferences.record(resource.ref.id)
            yield self.resource({**resource.record, **more})

    # -- compare ----------------------------------------------------------
    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """Its name and domain, and that it implies what it does on the source.

        Releases differ in how they describe their default roles and whether these
        are immutable: none of it gives a right to anybody, or takes one away.  What
        a role implies does both, except that nothing can be added to ``admin``.
        """
        found = super().compare(source, destination, translate, options)
        same = [d for d in found if d.field in self.natural_key]
        more = implied.gained(source, destination, translate)
        if more or implied.lost(source, destination, translate):
            same.append(_difference(source, destination, translate))
        return tuple(same)

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        """Names that count as one there; what roles chosen by hand give and take."""
        yield from super().foresee(outlook)
        chosen = list(outlook.having(self.name, Action.MAP, Action.SKIP))
        there: dict[str, Resource] = {}
        domains = {names.domain_there(role, outlook.translate) for role in chosen}
        for domain in sorted(each for each in domains if each is not None):
            found = self.listed(outlook.destination, **names.within(domain))
            there |= {r.ref.id: r for r in found}
        yield from implied.foresee(outlook, chosen, there)

    # -- tasks and steps --------------------------------------------------
    def tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        """Make it, then say what it implies, if it implies any."""
        tasks = super().tasks(resource, make)
        if resource.record.get("implies"):
            tasks.append(make("imply", self.imply))
        return tasks

    def imply(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """Make a role of ours imply what it does on the source."""
        binding = ctx.binding(resource.ref)
        if binding is None or binding.origin is not Origin.CREATED:
            return {}
        for each in resource.record["implies"]:
            other = ctx.destination_id(Ref("role", each))
            path = f"{self.path}/{binding.destination_id}/implies/{other}"
            with contextlib.suppress(exceptions.Conflict):  # it does already
                ctx.destination.put(self.service, path, None)
        return {"implies": len(resource.record["implies"])}

    # -- undo -------------------------------------------------------------
    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterator[str]:
        """Whoever was given it: Keystone would take it from them all."""
        params = {"role.id": destination_id}
        for each in ctx.destination.list(
            self.service, "/role_assignments", "role_assignments", params=params
        ):
            for actor in {"user", "group"} & each.keys():
                yield f"{actor} {each[actor]['id']}, who has it"


def _difference(
    source: Resource, destination: Resource, translate: Translate
) -> Difference:
    """What both imply, by name."""
    here = {
        implied.name_of(source, r)
        if implied.name_of(source, r) != r
        else translate(Ref("role", r)) or UNMAPPED
        for r in implied.every(source)
    }
    there = {implied.name_of(destination, r) for r in implied.every(destination)}
    return Difference("implies", sorted(here), sorted(there))
