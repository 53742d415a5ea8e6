# SPDX-License-Identifier: Apache-2.0
"""Keypairs: the public keys of any user.

Composite id: ``<user id>/<name>``, so two users' keypairs of one name are two.
Lists do not say whose they are: the user id is added from the question.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Difference, Finding, Record, Ref, Resource
from pumphouse.resources.base import Fitness, Named, ResourceType
from pumphouse.resources.compute import public_keys
from pumphouse.resources.compute.quota import COMPUTE
from pumphouse.resources.context import Context
from pumphouse.resources.fields import (
    Translate,
    compared,
    copied,
    dropped,
    reference,
)
from pumphouse.resources.folding import folded
from pumphouse.resources.listing import ID, Where
from pumphouse.resources.outlook import Outlook
from pumphouse.resources.quota import UNLIMITED
from pumphouse.resources.relations import Part

_PAGE = 1000  # Nova's limit
_FEW = 10  # of one user, for which nobody is asked whether that is too many
_ROW = "about a row of the source's database"
# Old releases took any name; all that take other users' keypairs take these,
# those with a dot or an at sign from 2.92 on.
_NAME = re.compile(r"[\w.@-][\w.@ -]*(?<! )", re.ASCII)


class Keypair(ResourceType):
    """A user's public key, SSH or X.509."""

    within = "user_id"
    along = (Part("user_id", "user", always=False),)

    name = "keypair"
    service = "compute"
    path = "/os-keypairs"
    singular = "keypair"
    plural = "keypairs"
    microversion = "2.92"  # user_id since 2.10, more characters in names since 2.92
    natural_key = ("user_id", "name")
    fields = (
        copied("name"),
        copied("public_key", normal=public_keys.grants),
        copied("type", default="ssh"),
        reference("user_id", "user", "owner"),
        compared("fingerprint"),
        dropped("id", _ROW),
        dropped("created_at", _ROW),
        dropped("updated_at", _ROW),
        dropped("deleted", _ROW),
        dropped("deleted_at", _ROW),
    )

    def identify(self, record: Record) -> str:
        return f"{record['user_id']}/{record['name']}"

    def title(self, resource: Resource, named: Named) -> str:
        """``laptop of lena``: many users have one of the same name."""
        owner = named(Ref("user", resource.record["user_id"]))
        return f"{resource.name} of {owner}"

    # -- discovery --------------------------------------------------------
    def of_users(self, cloud: Cloud, user_ids: Iterable[str]) -> Iterator[Resource]:
        """All keypairs of these users.  One request a user."""
        for user_id in user_ids:
            for item in cloud.list(
                self.service,
                self.path,
                self.plural,
                params={"user_id": user_id},
                microversion=self.microversion,
                page_size=_PAGE,
            ):
                yield self.resource({**item["keypair"], "user_id": user_id})

    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        """One request a user that may be meant: Nova has no list of all."""
        if which.field == ID:
            users = {each.partition("/")[0] for each in which.values}
        elif which.field == "user_id":
            users = {*which.values}
        else:
            users = {u["id"] for u in cloud.list("identity", "/users", "users")}
        return self.of_users(cloud, sorted(users))

    def may_be_id(self, term: str) -> bool:
        return "/" in term

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """Keys that differ are shown by fingerprint and comment, those only."""
        found = super().compare(source, destination, translate, options)
        texts = [str(r.record.get("public_key") or "") for r in (source, destination)]
        return tuple(
            Difference(each.field, *public_keys.apart(*texts))
            if each.field == "public_key"
            else each
            for each in found
        )

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        if _NAME.fullmatch(resource.name):
            return Fitness()
        return Fitness(
            "its name has characters that Nova no longer takes (letters, digits, "
            "space, '_', '-', '.', '@' remain): make it anew under another name"
        )

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        """More than a user may have; names that the destination takes for one another.

        Few databases that Nova runs on tell ``Team`` from ``team``.  Asked is only
        where a user has such a pair.
        """
        yield from self._too_many(outlook)
        wanted = outlook.created(self.name)
        users = {r.ref: self._user(r, outlook.translate) for r in wanted}
        known = sorted({user for user in users.values() if user})
        names: defaultdict[str, set[str]] = defaultdict(set)
        for there in self.of_users(outlook.destination, known):
            names[there.record["user_id"]].add(there.name)
        for resource in wanted:
            user, mine = users[resource.ref], resource.name
            for other in sorted(names[user]):
                alike = other != mine and folded(other) == folded(mine)
                if alike and self._has(outlook.destination, user, mine):
                    yield Finding(
                        resource.ref,
                        blocked="the destination takes its name for that of "
                        f"{other!r}, which its owner has there: remove that one, or "
                        "map this one to it",
                    )

    def _too_many(self, outlook: Outlook) -> Iterator[Finding]:
        """Nova counts a user's by the quota of the project of whoever makes them.

        That is Pumphouse's own.
        """
        made: defaultdict[str, list[Ref]] = defaultdict(list)
        there: Counter[str] = Counter()
        for each in outlook.having(self.name):
            action = outlook.decisions[each.ref].action
            owner = str(each.record.get("user_id"))
            if action is Action.CREATE:
                made[owner].append(each.ref)
            elif action is not Action.BLOCKED:
                there[owner] += 1
        counts = {owner: len(refs) + there[owner] for owner, refs in made.items()}
        if all(count <= _FEW for count in counts.values()):
            return
        cloud = outlook.destination
        most = COMPUTE.left(cloud, cloud.project_id).get("key_pairs", UNLIMITED)
        for owner, refs in made.items():
            if most != UNLIMITED and counts[owner] > most:
                for ref in refs:
                    yield Finding(
                        ref,
                        blocked=f"its user will have {counts[owner]} keypairs, the "
                        "destination's quota for key_pairs in Pumphouse's project "
                        f"allows {most}: raise it there and plan again",
                    )

    def _user(self, resource: Resource, translate: Translate) -> str:
        return translate(Ref("user", resource.record["user_id"])) or ""

    def _has(self, cloud: Cloud, user_id: str, name: str) -> bool:
        found = cloud.find(
            self.service,
            f"{self.path}/{quote(name, safe='')}",
            params={"user_id": user_id},
            microversion=self.microversion,
        )
        return found is not None

    # -- steps ------------------------------------------------------------
    def create(self, ctx: Context, resource: Resource) -> str:
        body: dict[str, Any] = self.body(ctx, resource)
        ctx.destination.post(
            self.service,
            self.path,
            {self.singular: body},
            microversion=self.microversion,
        )
        return f"{body['user_id']}/{body['name']}"

    def delete(self, ctx: Context, destination_id: str) -> None:
        user_id, _, name = destination_id.partition("/")
        ctx.destination.delete(
            self.service,
            f"{self.path}/{quote(name, safe='')}",
            params={"user_id": user_id},
            microversion=self.microversion,
        )
