# SPDX-License-Identifier: Apache-2.0
"""The contract of a resource type, and the behaviour most types share.

A type is one file: a subclass of :class:`ResourceType` registered as an entry
point of the group ``pumphouse.resource_types``.  It answers eight questions;
for most types the declarations (``fields``, ``natural_key``, paths) answer all
of them and no method is overridden.

==============  =============================================================
lists           :attr:`~ResourceType.filters`, :meth:`~ResourceType.read`
discovery       :attr:`~ResourceType.along`, :meth:`~ResourceType.coming`,
                :meth:`~ResourceType.linking`
fields          :attr:`~ResourceType.fields`
references      :meth:`~ResourceType.needs`, :meth:`~ResourceType.goes_before`
match           :meth:`~ResourceType.key`, :meth:`~ResourceType.candidates`
tasks           :meth:`~ResourceType.tasks` (``ensure`` unless said otherwise)
undo            :meth:`~ResourceType.undo_tasks` (``undo`` unless said otherwise),
                :meth:`~ResourceType.delete`, :meth:`~ResourceType.used_by`
compare         :meth:`~ResourceType.compare`
==============  =============================================================

The class is put together of what a type declares (``records``), of what only reads
clouds (``discovery``), and, here, of the steps that change the destination.

Guarantees every implementation gives (the conformance suite holds them to it):

* a list pages through everything and gives each thing once, on a cloud that lacks
  its service or extension none;
* no method but a step has a side effect, and steps go through the context;
* every step may run twice: the second time changes nothing and says the same;
* a secret never enters a :class:`~pumphouse.models.Resource`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from taskflow import task

from pumphouse import exceptions
from pumphouse.models import Difference, Origin, Ref, Resource
from pumphouse.resources.context import Context
from pumphouse.resources.discovery import Fitness, Found, Named, chunks
from pumphouse.resources.records import fingerprint
from pumphouse.text import some

__all__ = [
    "Fitness",
    "MakeTask",
    "Named",
    "ResourceType",
    "Step",
    "chunks",
    "fingerprint",
]

_NAMED = 3  # users of it spelled out where it cannot be removed

Step = Callable[[Context, Resource], Mapping[str, Any] | None]
"""One step of a resource's way; what it returns is JSON and small."""

MakeTask = Callable[[str, Step], task.Task]
"""Makes the TaskFlow task of a step; handed to a type's task factory."""


class ResourceType(Found, abc.ABC):
    """Everything Pumphouse knows about one kind of resource."""

    # -- tasks and steps --------------------------------------------------
    def tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        """The tasks that bring *resource* over, in their order."""
        return [make("ensure", self.ensure)]

    def calm(self, ctx: Context, resource: Resource) -> None:
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
                except exceptions.Conflict as taken:
                    # Somebody made it since the plan was drawn up, or the first
                    # attempt at this very request did.
                    origin = Origin.CREATED if taken.retried else Origin.ADOPTED
                    found = self._found(ctx, resource, origin)
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
            raise exceptions.Conflict(
                f"it is in use on the destination by {some(users, _NAMED)}",
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


def _identity(ref: Ref) -> str:
    return ref.id
