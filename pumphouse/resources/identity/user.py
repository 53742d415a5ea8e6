# SPDX-License-Identifier: Apache-2.0
"""Users, and their passwords.

A user is made without a password.  If the migration file names both Keystone
databases, the hash of the source's password is then put in place; nobody ever
gets a password that somebody else knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from taskflow import task

from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.conf.migration import Options
from pumphouse.models import NOT_KEPT, Difference, Finding, Origin, Resource
from pumphouse.resources.base import Fitness, MakeTask
from pumphouse.resources.compute.in_use import servers_with
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Translate, copied, dropped, reference
from pumphouse.resources.identity import credentials, keystone
from pumphouse.resources.outlook import Outlook

# Keystone's own users have a UUID; those of a directory or an identity provider
# an id made of a SHA-256.
_FOREIGN_ID = 64


class User(keystone.IdentityType):
    """A user of a domain."""

    name = "user"
    path = "/users"
    singular = "user"
    plural = "users"
    natural_key = ("name", "domain_id")
    fields = (
        keystone.ID,
        copied("name"),
        reference("domain_id", "domain", "the domain that knows the user"),
        reference(
            "default_project_id",
            "project",
            "the project it works in unless it says otherwise",
            must=False,
            brings=False,
            default=None,
        ),
        copied("email", default=""),
        keystone.DESCRIPTION,
        copied("enabled", default=True),
        keystone.OPTIONS,
        dropped("password_expires_at", "comes along with the hash of the password"),
        dropped("federated", "the destination links it at its first login there"),
        keystone.LINKS,
    )

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        """Always; says what of its ways to log in does not come along."""
        notes = list(super().fitness(resource, options).notes)
        record = resource.record
        if record.get("federated") or len(resource.ref.id) == _FOREIGN_ID:
            notes.append(
                "is kept by a directory or an identity provider: it can log in only "
                "where the destination is connected to that"
            )
        if record.get("options", {}).get("multi_factor_auth_enabled"):
            notes.append(
                "its rules for several factors come along, its TOTP secrets do not: "
                "it must enrol again"
            )
        return Fitness(notes=tuple(notes))

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        """Names that are taken there, and what of its users stays behind."""
        yield from super().foresee(outlook)
        yield from credentials.foresee(outlook)
        count = len(outlook.created(self.name))
        if count and not (outlook.passwords and outlook.options.copy_passwords):
            note = (
                f"{count} users are created without a usable password: name both "
                "identity databases in the migration file to copy their hashes"
            )
            yield Finding(None, notes=(note,))

    # -- compare ----------------------------------------------------------
    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """All fields; but a default project on one side only is never wrong.

        It grants nothing, and the project may arrive long after its user.
        """
        return tuple(
            d
            for d in super().compare(source, destination, translate, options)
            if d.field != "default_project_id" or (d.source and d.destination)
        )

    # -- tasks and steps --------------------------------------------------
    def tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        """Make it, then give it its password."""
        return [make("ensure", self.ensure), make("password", self.password)]

    def password(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """Put the hash of the source's password in place; what became of it.

        Only for a user that a run made and that has no password yet: whoever
        has one on the destination keeps it.

        :raises IdentityDatabaseError: a Keystone database cannot be used
        """
        source, destination = ctx.source_passwords, ctx.destination_passwords
        binding = ctx.binding(resource.ref)
        if binding is None or binding.origin is not Origin.CREATED:
            return {"login": "the destination's own"}
        if source is None or destination is None or not ctx.options.copy_passwords:
            return {"login": "not copied"}
        found = source.hashes([resource.ref.id]).get(resource.ref.id)
        if found is None:
            return {"login": "none"}
        if not found.supported:
            why = f"the destination does not understand {found.algorithm}"
            return {"login": "not copied", "why": why, NOT_KEPT: ["password"]}
        there = destination.hashes([binding.destination_id])
        if binding.destination_id in there:
            same = destination.equal(binding.destination_id, found)
            return {"login": "copied" if same else "the destination's own"}
        destination.put(binding.destination_id, found)
        return {"login": "copied"}

    # -- undo -------------------------------------------------------------
    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterator[str]:
        """Its servers and keypairs, which Nova would keep without an owner."""
        cloud = ctx.destination
        yield from servers_with(cloud, user_id=destination_id)
        for each in cloud.list(
            "compute",
            "/os-keypairs",
            "keypairs",
            params={"user_id": destination_id},
            microversion="2.10",
        ):
            yield f"keypair {each['keypair']['name']}"

    def unequal_secrets(
        self,
        pairs: Mapping[str, str],
        source: IdentityDatabase,
        destination: IdentityDatabase,
    ) -> Mapping[str, Difference]:
        """Users whose password hash is not the source's, where that was copied."""
        here = source.hashes(pairs)
        there = destination.hashes(pairs.values())
        return {
            source_id: Difference(
                "password", "(a hash)", "(another)" if pairs[source_id] in there else ""
            )
            for source_id, found in here.items()
            if found.supported and not found.equal(there.get(pairs[source_id]))
        }
