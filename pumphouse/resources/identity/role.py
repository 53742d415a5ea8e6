# SPDX-License-Identifier: Apache-2.0
"""Roles, and the roles that they imply.

What a role allows is the policy of each cloud; only its name counts.  But a role
that implies others gives those too, so this is carried.  ``GET /roles`` does not
tell it: the record gets two fields of our own from ``GET /role_inferences``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from taskflow import task

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Origin, Ref, Resource
from pumphouse.resources.base import MakeTask
from pumphouse.resources.context import Context
from pumphouse.resources.fields import (
    UNMAPPED,
    Translate,
    compared,
    copied,
    reference,
    references,
)
from pumphouse.resources.identity import keystone


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
        keystone.LINKS,
    )

    # -- discovery --------------------------------------------------------
    def listed(self, cloud: Cloud, **params: str) -> Iterator[Resource]:
        """As everywhere, with what they imply.  Without a domain: global ones."""
        found = list(super().listed(cloud, **params))
        return self._with_implied(cloud, found)

    def everywhere(self, cloud: Cloud) -> Iterator[Resource]:
        """The global roles, then those of each domain: Keystone lists no mix."""
        yield from self.listed(cloud)
        for domain in cloud.list(self.service, "/domains", "domains"):
            yield from self.listed(cloud, domain_id=str(domain["id"]))

    def fetch(self, cloud: Cloud, ids: Collection[str]) -> Iterator[Resource]:
        """By id, or by one list of the global ones."""
        found = list(super().fetch(cloud, ids))
        bare = [r for r in found if "implies" not in r.record]
        yield from (r for r in found if "implies" in r.record)
        yield from self._with_implied(cloud, bare)

    def _with_implied(self, cloud: Cloud, found: list[Resource]) -> Iterator[Resource]:
        if not found:
            return
        rules = cloud.get(self.service, "/role_inferences", "role_inferences")
        direct = {
            str(rule["prior_role"]["id"]): {str(r["id"]) for r in rule["implies"]}
            for rule in rules
        }
        closure = functools.partial(_closure, direct)
        for resource in found:
            own, every = direct.get(resource.ref.id, set()), closure(resource.ref.id)
            # Of roles that imply each other only one can need the other first.
            first = {
                r
                for r in own
                if resource.ref.id not in closure(r) or r < resource.ref.id
            }
            yield self.resource(
                {
                    **resource.record,
                    "implies": sorted(first),
                    "implies_indirectly": sorted(every - first),
                }
            )

    # -- compare ----------------------------------------------------------
    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """Its name and domain, and that it implies no less than on the source.

        Releases differ in how they describe their default roles, whether these
        are immutable and what stands between them: none of it takes a right
        away from anybody.
        """
        found = super().compare(source, destination, translate, options)
        same = [d for d in found if d.field in self.natural_key]
        should = {translate(Ref("role", r)) or UNMAPPED for r in _implied(source)}
        there = _implied(destination)
        if not should <= there:
            same.append(Difference("implies", sorted(should), sorted(there)))
        return tuple(same)

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
            implied = ctx.destination_id(Ref("role", each))
            path = f"{self.path}/{binding.destination_id}/implies/{implied}"
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


def _implied(role: Resource) -> set[str]:
    """All that *role* implies, at one remove or more."""
    record = role.record
    return {*record.get("implies", ()), *record.get("implies_indirectly", ())}


def _closure(direct: Mapping[str, set[str]], role_id: str) -> set[str]:
    """All roles that *role_id* implies; itself only if it is in a circle."""
    found: set[str] = set()
    left = set(direct.get(role_id, ()))
    while left:
        each = left.pop()
        found.add(each)
        left |= direct.get(each, set()) - found
    return found
