# SPDX-License-Identifier: Apache-2.0
"""The contract of a resource type, and the behaviour most types share.

A type is one file: a subclass of :class:`ResourceType` registered as an entry
point of the group ``pumphouse.resource_types``.  It answers seven questions;
for most types the declarations (``fields``, ``natural_key``, paths) answer all
of them and no method is overridden.

==============  =============================================================
discovery       :meth:`~ResourceType.in_projects`, :meth:`~ResourceType.fetch`,
                :meth:`~ResourceType.companions`,
                :meth:`~ResourceType.belonging_to`
fields          :attr:`~ResourceType.fields`
references      :meth:`~ResourceType.needs`, :meth:`~ResourceType.wanted_by`
match           :meth:`~ResourceType.key`, :meth:`~ResourceType.candidates`
tasks           :meth:`~ResourceType.tasks` (``ensure`` unless said otherwise)
undo            :meth:`~ResourceType.undo_tasks` (``undo`` unless said otherwise),
                :meth:`~ResourceType.delete`, :meth:`~ResourceType.used_by`
compare         :meth:`~ResourceType.compare`
==============  =============================================================

Guarantees every implementation gives (the conformance suite holds them to it):

* discovery pages through everything and reads each thing once;
* no method but a step has a side effect, and steps go through the context;
* every step may run twice: the second time changes nothing and says the same;
* a secret never enters a :class:`~pumphouse.models.Resource`.
"""

from __future__ import annotations

import abc
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from taskflow import task

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Need, Origin, Record, Ref, Resource
from pumphouse.resources.context import Context
from pumphouse.resources.fields import ABSENT, Fate, Field, Translate

Step = Callable[[Context, Resource], Mapping[str, Any] | None]
"""One step of a resource's way; what it returns is JSON and small."""

Named = Callable[[Ref], str]
"""The name of a resource."""

MakeTask = Callable[[str, Step], task.Task]
"""Makes the TaskFlow task of a step; handed to a type's task factory."""

# Secrets are compared, never kept: by a digest whose key dies with the process.
_PROCESS_KEY = secrets.token_bytes(32)


def fingerprint(secret: Any) -> str:
    """Stands for a secret value in a record: equal if and only if it is equal.

    Meaningless outside this process, so it can be neither searched nor guessed.
    """
    return hmac.new(_PROCESS_KEY, str(secret).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Fitness:
    """Whether a source resource can be moved as it is.

    :param blocked: why it cannot, for the operator; empty if it can
    :param notes: what cannot be kept, said before anything happens
    """

    blocked: str = ""
    notes: tuple[str, ...] = ()


class ResourceType(abc.ABC):
    """Everything Pumphouse knows about one kind of resource."""

    name: ClassVar[str]  # "security-group": in references, CLI, tables, docs
    service: ClassVar[str]  # "network": whose API it belongs to
    workload: ClassVar[bool] = False  # runs or stores the user's work
    path: ClassVar[str] = ""  # "/security-groups"
    singular: ClassVar[str] = ""  # JSON key of one: "security_group"
    plural: ClassVar[str] = ""  # JSON key of many: "security_groups"
    microversion: ClassVar[str] = ""  # the newest it knows; negotiated downwards
    project_field: ClassVar[str] = ""  # the field that names its owner, if any
    natural_key: ClassVar[tuple[str, ...]] = ("name",)  # with the owner: unique
    restart: ClassVar[bool] = False  # after a failure all steps run again
    fields: ClassVar[tuple[Field, ...]] = ()

    # -- discovery --------------------------------------------------------
    def identify(self, record: Record) -> str:
        """The source id of a record; composite ids are spelled out."""
        return str(record["id"])

    def resource(self, record: Record) -> Resource:
        """The resource that *record* describes, with its secrets taken out."""
        clean = dict(record)
        for field in self.fields:
            if field.secret and clean.get(field.path):
                clean[field.path] = fingerprint(clean[field.path])
        return Resource(
            ref=Ref(self.name, self.identify(record)),
            name=str(record.get("name") or ""),
            record=clean,
            project_id=str(record.get(self.project_field) or ""),
        )

    def in_projects(
        self, cloud: Cloud, project_ids: Collection[str]
    ) -> Iterator[Resource]:
        """All resources of this type that belong to any of these projects.

        Nothing for types that belong to no project.
        """
        return iter(())

    def everywhere(self, cloud: Cloud) -> Iterator[Resource]:
        """All resources of this type in the cloud, whoever owns them."""
        for record in cloud.list(
            self.service, self.path, self.plural, microversion=self.microversion
        ):
            yield self.resource(record)

    def fetch(self, cloud: Cloud, ids: Collection[str]) -> Iterator[Resource]:
        """Those with these ids, in as few requests as the API allows.

        Ids that no longer exist are left out.
        """
        for each in ids:
            record = cloud.find(
                self.service,
                f"{self.path}/{each}",
                self.singular,
                microversion=self.microversion,
            )
            if record is not None:
                yield self.resource(record)

    def find(self, cloud: Cloud, terms: Collection[str]) -> Iterator[Resource]:
        """Those whose id or name is one of *terms*; more may come with them."""
        yield from self.everywhere(cloud)

    def companions(
        self, cloud: Cloud, resources: Collection[Resource], whole_project: bool
    ) -> Iterator[Resource]:
        """What comes along with these resources, though they do not need it.

        E.g. the rules of a group.  Called once for each batch found.

        :param whole_project: the projects of the selection were listed already,
            so what belongs to them need not be looked up again
        """
        return iter(())

    def belonging_to(
        self, cloud: Cloud, resources: Collection[Resource], whole_project: bool
    ) -> Iterator[Resource]:
        """The reverse of companions: those of *this* type that come along.

        Called with each batch of resources found, of whatever type, so that a
        new type can attach itself to existing ones without changing them: the
        keypairs of users, say.
        """
        return iter(())

    # -- references -------------------------------------------------------
    def needs(self, resource: Resource) -> Iterator[Need]:
        """What must exist on the destination first, and why."""
        for field in self.fields:
            if field.fate is not Fate.DROPPED:
                yield from field.needs(resource.record)

    def wanted_by(self, resource: Resource) -> Iterator[Need]:
        """The reverse: which resources need *this* one first, and why."""
        return iter(())

    def among(self, found: Mapping[Ref, Resource]) -> Iterator[tuple[Ref, Need]]:
        """Needs of resources of this type that only all that was found can tell.

        E.g. a server's owner must have a role in the project before the server
        can be created, but neither the server nor the role knows of the other.

        :returns: (dependent, need) pairs
        """
        return iter(())

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        """Whether it can be moved as it is, judged from its record alone."""
        return Fitness()

    def size(self, resource: Resource) -> int:
        """Bytes of data to move."""
        return 0

    def title(self, resource: Resource, named: Named) -> str:
        """What it is called in plans and reports: nothing that only its id tells.

        For types whose resources have no name of their own, or one that says too
        little without what they belong to.

        :param named: the name of what it refers to, its id if that is not known
        """
        return resource.name

    # -- match ------------------------------------------------------------
    def key(self, resource: Resource, translate: Translate) -> Hashable | None:
        """What makes a resource the same thing on both clouds: name and owner.

        :param translate: maps references of *resource*; the identity for a
            destination resource
        :returns: None if its owner has nothing that stands for it yet
        """
        values: list[Hashable] = []
        for path in (*self.natural_key, self.project_field):
            if not path:
                continue
            field = self.field(path)
            value = resource.record.get(path)
            if field is not None and field.refs and value:
                value = translate(Ref(field.refs[""], str(value)))
                if value is None:
                    return None
            values.append(value)
        return tuple(values)

    def candidates(
        self, cloud: Cloud, resources: Collection[Resource], translate: Translate
    ) -> Iterator[Resource]:
        """Destination resources among which a match may be, in few requests."""
        if not self.project_field:
            yield from self.everywhere(cloud)
            return
        field = self.field(self.project_field)
        kind = field.refs[""] if field is not None and field.refs else "project"
        owners = {translate(Ref(kind, r.project_id)) for r in resources}
        owned = {owner for owner in owners if owner}
        if owned:
            yield from self.in_projects(cloud, owned)

    # -- tasks and steps --------------------------------------------------
    def tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        """The tasks that bring *resource* over, in their order."""
        return [make("ensure", self.ensure)]

    def calm(self, ctx: Context, resource: Resource) -> None:  # noqa: B027
        """The run stops on request before *resource* is done: leave nobody waiting.

        For types whose steps take something away from the source's users for a
        while.  The steps of such a type start over when the run is resumed
        (``restart``).
        """

    def ensure(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """The standard step: make it unless it is there, and bind it.

        intent -> request -> outcome: after a lost answer or a crash, what an
        earlier try may have made is looked for before anything is made again.
        """
        bound = ctx.binding(resource.ref)
        if bound is not None:
            return {"id": bound.destination_id}
        with ctx.creating(resource.ref) as intent:
            found = self._found(ctx, resource) if intent.reopened else None
            if found is None:
                try:
                    found = self.create(ctx, resource)
                    ctx.bind(resource.ref, found)
                except exceptions.LostAnswer:
                    found = self._found(ctx, resource)
                    if found is None:
                        raise
                except exceptions.Conflict:
                    # Somebody made it since the plan was drawn up.
                    found = self._found(ctx, resource, Origin.ADOPTED)
                    if found is None:
                        raise
        return {"id": found}

    def _found(
        self, ctx: Context, resource: Resource, origin: Origin = Origin.CREATED
    ) -> str | None:
        """What :meth:`recover` finds, bound before anybody else may find it.

        Of two that are equal, both of unknown outcome, each gets its own.
        """
        with ctx.exclusively("found", self.name):
            found = self.recover(ctx, resource)
            if found is not None:
                ctx.bind(resource.ref, found, origin)
        return found

    def create(self, ctx: Context, resource: Resource) -> str:
        """Make it on the destination; its id there."""
        made = ctx.destination.post(
            self.service,
            self.path,
            {self.singular: self.body(ctx, resource)},
            key=self.singular,
            microversion=self.microversion,
        )
        return str(made["id"])

    def body(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        """The JSON object that asks for it, from the declared fields."""
        body: dict[str, Any] = {}
        for field in self.fields:
            if not field.send or not field.active(ctx.options):
                continue
            if field.path not in resource.record:
                continue
            strict = field.must and field.brings
            value = field.translated(
                resource.record, ctx.destination_id if strict else ctx.translate
            )
            if value is None and field.omit_none:
                continue
            body[field.path] = value
        return body

    def recover(self, ctx: Context, resource: Resource) -> str | None:
        """The id of what an earlier try made of *resource*, if it did.

        :raises DestinationDiffers: something has its key but other fields
        """
        with ctx.exclusively("recover", self.name):
            wanted = self.key(resource, ctx.translate)
            taken = ctx.taken(self.name)
            differing: tuple[Difference, ...] = ()
            for there in self.candidates(ctx.destination, [resource], ctx.translate):
                if there.ref.id in taken or wanted is None:
                    continue
                if self.key(there, _identity) != wanted:
                    continue
                differing = self.compare(resource, there, ctx.translate, ctx.options)
                if not differing:
                    return there.ref.id
        if differing:
            raise exceptions.DestinationDiffers(
                "on the destination one with this name differs: "
                + "; ".join(map(str, differing)),
                resource=str(resource),
                hint="Map it in the migration file, or remove it there, then resume",
            )
        return None

    def leftover(self, ctx: Context, resource: Resource) -> str | None:
        """What :meth:`recover` finds, to be removed: nothing is finished or bound."""
        return self.recover(ctx, resource)

    # -- undo -------------------------------------------------------------
    def undo_tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        """The tasks that take back what a run did for *resource*, in their order.

        They run after those of everything that needs it.
        """
        return [make("undo", self.undo)]

    def undo(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """The standard step: delete what a run created of it, then forget it.

        What was adopted or registered stays, whoever asks.

        :raises Conflict: something that no run made uses it by now
        """
        bound = ctx.binding(resource.ref)
        if bound is None:
            return self.sweep(ctx, resource)
        if bound.origin is not Origin.CREATED:
            return {"kept": bound.destination_id}
        users = list(self.used_by(ctx, resource, bound.destination_id))
        if users:
            more = f" and {len(users) - 3} more" if len(users) > 3 else ""
            raise exceptions.Conflict(
                f"it is in use on the destination by {', '.join(users[:3])}{more}",
                resource=str(resource),
                hint="Remove that there, then resume",
            )
        self.delete(ctx, bound.destination_id)
        ctx.unbind(resource.ref)
        return {"removed": bound.destination_id}

    def sweep(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """Remove what a creation of unknown outcome may have made, if anything.

        Leaves alone what stands for any reference.

        :raises DestinationDiffers: something has its key but other fields
        """
        intent = ctx.unsettled("create", resource.ref)
        if intent is None:
            return {}
        with ctx.exclusively("found", self.name):  # of two that are equal, each its own
            found = self.leftover(ctx, resource)
            if found is None or found in ctx.taken(self.name):
                ctx.settle(intent, "failed")
                return {}
            self.delete(ctx, found)
            ctx.settle(intent)
        return {"removed": found}

    def used_by(
        self, ctx: Context, resource: Resource, destination_id: str
    ) -> Iterable[str]:
        """What uses it by now, in words, where the cloud would delete it anyway.

        Asked when all that Pumphouse made on top of it is gone.  Nothing for types
        of which the cloud itself refuses to delete what is in use (409).
        """
        return ()

    def before(self, resource: Resource, details: Mapping[str, Any]) -> Resource:
        """*resource* as a run found it, which may be later than the plan.

        :param details: what the run's steps returned
        """
        return resource

    def delete(self, ctx: Context, destination_id: str) -> None:
        """Remove from the destination what a run created.  Gone is fine."""
        ctx.destination.delete(
            self.service,
            f"{self.path}/{destination_id}",
            microversion=self.microversion,
        )

    # -- compare ----------------------------------------------------------
    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        """The fields in which the destination is not what it should be."""
        found = []
        for field in self.fields:
            if not field.active(options):
                continue
            if field.path not in source.record and field.default is ABSENT:
                continue  # an older release: nothing is known of it
            should = field.comparable(field.translated(source.record, translate))
            is_ = field.comparable(destination.record.get(field.path))
            if should != is_:
                found.append(
                    Difference(field.path, *_shown(field, should, is_)),
                )
        return tuple(found)

    def unequal_secrets(
        self,
        pairs: Mapping[str, str],
        source: IdentityDatabase,
        destination: IdentityDatabase,
    ) -> Mapping[str, Difference]:
        """Of what runs created, where a secret that no API shows did not arrive.

        :param pairs: source id -> destination id
        :returns: by source id; the difference shows neither secret
        """
        return {}

    # -- helpers ----------------------------------------------------------
    def field(self, path: str) -> Field | None:
        """The declaration of one field."""
        return next((f for f in self.fields if f.path == path), None)

    def undeclared(self, record: Record) -> set[str]:
        """Fields of a record that this type does not know: a test's business."""
        return set(record) - {f.path for f in self.fields}

    def saved(self, record: Record) -> dict[str, Any]:
        """The record as a plan may keep it: of a secret only that there is one."""
        secret = {f.path for f in self.fields if f.secret}
        return {k: bool(v) if k in secret else v for k, v in record.items()}


def _identity(ref: Ref) -> str:
    return ref.id


def _shown(field: Field, should: Any, is_: Any) -> tuple[Any, Any]:
    if field.secret:
        return ("(secret)", "(another)" if is_ else None)
    return should, is_


def chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of at most *size* of them: for filters that go into a URL."""
    batch: list[str] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
