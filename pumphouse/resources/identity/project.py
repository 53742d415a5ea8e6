# SPDX-License-Identifier: Apache-2.0
"""Projects: what owns nearly everything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pumphouse.models import Finding, Need, Record, Ref, Resource
from pumphouse.resources import registry
from pumphouse.resources.context import Context
from pumphouse.resources.fields import (
    UNMAPPED,
    Fate,
    Field,
    Translate,
    copied,
    dropped,
    reference,
)
from pumphouse.resources.identity import access
from pumphouse.resources.identity.keystone import (
    DESCRIPTION,
    ID,
    LINKS,
    OPTIONS,
    TAGS,
    IdentityType,
)
from pumphouse.resources.listing import PROJECT, where
from pumphouse.resources.outlook import Outlook

# Nobody loses anything with these.
_PART_OF_IT = ("flavor-access", "assignment")
_DEFAULT_GROUP = ("security-group", "default")


@dataclass(frozen=True, slots=True)
class _Parent(Field):
    """``parent_id``: another project, or the domain of one at the top."""

    @staticmethod
    def ref(record: Record) -> Ref | None:
        parent = record.get("parent_id")
        if not parent:
            return None
        top = parent == record.get("domain_id")
        return Ref("domain" if top else "project", str(parent))

    def needs(self, record: Record) -> Iterator[Need]:
        ref = self.ref(record)
        if ref is not None:
            yield Need(ref, self.why, enabled=True)

    def translated(self, record: Record, translate: Translate) -> Any:
        ref = self.ref(record)
        return None if ref is None else translate(ref) or UNMAPPED


class Project(IdentityType):
    """A project, below its domain or below another project."""

    name = "project"
    path = "/projects"
    singular = "project"
    plural = "projects"
    natural_key = ("name", "domain_id")
    fields = (
        ID,
        copied("name"),
        reference("domain_id", "domain", "the domain it is in", enabled=True),
        _Parent("parent_id", Fate.REFERENCE, why="what it is below"),
        DESCRIPTION,
        copied("enabled", default=True),
        OPTIONS,
        TAGS,
        dropped("is_domain", "domains are a type of their own"),
        LINKS,
    )

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        """Names that are taken there, and who loses or gains what is in it."""
        yield from super().foresee(outlook)
        yield from access.foresee(outlook)

    # -- undo -------------------------------------------------------------
    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterator[str]:
        """What is in it: Keystone would leave all of that without an owner."""
        for kind in registry.resource_types().values():
            if kind.name in _PART_OF_IT or not kind.owned():
                continue
            for each in kind.list(ctx.destination, where(PROJECT, [destination_id])):
                if (each.ref.type, each.name) != _DEFAULT_GROUP:
                    yield str(each)

    def delete(self, ctx: Context, destination_id: str) -> None:
        """Remove it, with the group ``default`` that Neutron made in it by itself."""
        for group in ctx.destination.list(
            "network",
            "/security-groups",
            "security_groups",
            params={"project_id": destination_id, "name": _DEFAULT_GROUP[1]},
        ):
            ctx.destination.delete("network", f"/security-groups/{group['id']}")
        super().delete(ctx, destination_id)
