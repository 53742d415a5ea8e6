# SPDX-License-Identifier: Apache-2.0
"""Domains: the name spaces of projects and users.  Most clouds have just one."""

from __future__ import annotations

from collections.abc import Iterator

from pumphouse import exceptions
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Resource
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Translate, copied
from pumphouse.resources.identity.keystone import (
    DESCRIPTION,
    ID,
    LINKS,
    OPTIONS,
    TAGS,
    IdentityType,
)

# Every Keystone has it, by this id (its option [identity] default_domain_id).
DEFAULT = "default"


class Domain(IdentityType):
    """A domain.  The default domain is each cloud's own and only found again."""

    name = "domain"
    path = "/domains"
    singular = "domain"
    plural = "domains"
    fields = (
        ID,
        copied("name"),
        DESCRIPTION,
        copied("enabled", default=True),
        OPTIONS,
        TAGS,
        LINKS,
    )

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """All fields; of the default domain nothing but its name and whether it is on.

        What it is described as is up to whoever set each cloud up.
        """
        found = super().compare(source, destination, translate, options)
        if source.ref.id != DEFAULT:
            return found
        return tuple(d for d in found if d.field in ("name", "enabled"))

    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterator[str]:
        """What is in it: Keystone would delete all of that with it."""
        params = {"domain_id": destination_id}
        for path in ("projects", "users", "groups"):
            for each in ctx.destination.list(
                self.service, f"/{path}", path, params=params
            ):
                yield f"{path.rstrip('s')} {each['name']}"

    def delete(self, ctx: Context, destination_id: str) -> None:
        """Remove it; Keystone wants a domain disabled first."""
        try:
            self.change(ctx, destination_id, options={"immutable": False})
            self.change(ctx, destination_id, enabled=False)
        except exceptions.ResourceMissing:
            return
        super().delete(ctx, destination_id)
