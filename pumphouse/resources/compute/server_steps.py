# SPDX-License-Identifier: Apache-2.0
"""The way of a server: suspend, create, verify, shutdown.

Until ``verify`` has succeeded, whatever fails is put back: the destination half
is removed and the source runs again.  From then on the destination is the server,
and ``shutdown`` only ever goes forward.  Two intents say where a server stands:

=============  ============================================  ====================
kind           what it announces                             its undo
=============  ============================================  ====================
``suspended``  the move has begun; ``was`` is what the       resume the source, if
               source was, ``locked`` whether it was         it was ACTIVE; one that
               locked, ``ports`` what it had, ``at`` when    did not run is untouched
``shutdown``   the destination is ``verified``; ``ports``    none: shut the source
               are those to set down, ``left`` the status    off
               in which the source was left; ``was`` and
               ``locked`` as above
``isolated``   source ports are set down while the source    set them up again,
               runs for a moment, so that it can be stopped  once it is stopped
=============  ============================================  ====================

Every step makes sure of what it builds on, because it may be run again after a
crash or a put-back: ``verify`` creates what is not there, ``create`` suspends.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.models import NOT_KEPT, Resource
from pumphouse.resources.base import ResourceType
from pumphouse.resources.compute import (
    server_compare,
    server_create,
    server_halt,
    server_power,
    server_putback,
    server_shutdown,
    server_states,
)
from pumphouse.resources.compute.server_discovery import read
from pumphouse.resources.compute.server_fields import marker, own_tags
from pumphouse.resources.compute.server_halt import SUSPENDED
from pumphouse.resources.compute.server_shutdown import SHUTDOWN
from pumphouse.resources.context import Context

Details = dict[str, Any]


def _or_put_back(
    step: Callable[[Steps, Context, Resource], Details],
) -> Callable[[Steps, Context, Resource], Details]:
    """The step; nothing if the server is verified already; put back if it fails."""

    @functools.wraps(step)
    def guarded(self: Steps, ctx: Context, resource: Resource) -> Details:
        verified = self._verified(ctx, resource)
        if verified is not None:
            return verified
        try:
            return step(self, ctx, resource)
        except exceptions.Suspended:
            raise  # stopped on request: the next run goes on from here
        except Exception as error:
            server_putback.put_back(ctx, resource, error)
            raise

    return guarded


class Steps:
    """The steps of one resource type's tasks.

    :param kind: the server type, which knows how to compare
    """

    def __init__(self, kind: ResourceType) -> None:
        self._kind = kind

    @_or_put_back
    def suspend(self, ctx: Context, resource: Resource) -> Details:
        """Suspend the source, if it is running; its downtime begins.

        One that is shut off, paused or suspended stays as it is until the
        destination half is verified: there is nothing to put back.
        """
        details = server_halt.halted(ctx, resource)[1].details
        locked = {"locked": True} if details.get("locked") else {}
        return {"was": details["was"], **locked}

    @_or_put_back
    def create(self, ctx: Context, resource: Resource) -> Details:
        """Ask the destination for its half."""
        return {"id": self._created(ctx, resource)}

    @_or_put_back
    def verify(self, ctx: Context, resource: Resource) -> Details:
        """Wait until the destination half is up, and compare it."""
        there, record = self._up(ctx, resource)
        details = self._compared(ctx, resource, record)
        intent = ctx.unsettled(SUSPENDED, resource.ref)
        assert intent is not None  # or it would not have been created
        server_compare.check_tags(ctx, resource, there, intent.details["ports"])
        was = intent.details["was"]
        if was == "ACTIVE":
            details["downtime"] = round(ctx.now() - intent.details["at"], 3)
        elif was == "SHUTOFF" and record["status"] == "ACTIVE":
            self._stop(ctx, resource, there)
        self._set_tags(ctx, resource, there)
        details = {"id": there, **details}
        up = [port["id"] for port in intent.details["ports"] if port["admin_state_up"]]
        found = {name: intent.details.get(name) for name in ("was", "locked")}
        left = server_halt.left_in(intent)
        ctx.temporary(
            SHUTDOWN, resource.ref, verified=details, ports=up, left=left, **found
        )
        ctx.settle(intent, "done")
        ctx.note(resource.ref, "server.verified", **details)
        return details

    def shutdown(self, ctx: Context, resource: Resource) -> Details:
        """Shut the source off and lock it.  It is kept."""
        details = self.verify(ctx, resource)
        intent = ctx.unsettled(SHUTDOWN, resource.ref)
        if intent is None:
            return details  # all done before
        try:
            known = intent.details
            found = self._kind.before(resource, known)
            server_shutdown.shut_off(ctx, found, known["ports"], known["left"])
        except exceptions.PumphouseError as error:
            error.hint = (
                f"{error.hint}. The destination server is verified and in use; "
                "'pumphouse resume' tries again to shut the source off"
            ).lstrip(". ")
            raise
        ctx.settle(intent, "done")
        return details

    # -- what steps build on ----------------------------------------------
    def _verified(self, ctx: Context, resource: Resource) -> Details | None:
        """What ``verify`` said of it in an earlier run of it, if it succeeded."""
        intent = ctx.unsettled(SHUTDOWN, resource.ref)
        if intent is not None:
            begun = ctx.unsettled(SUSPENDED, resource.ref)
            if begun is not None:  # killed between the two
                ctx.settle(begun, "done")
            return dict(intent.details["verified"])
        bound = ctx.binding(resource.ref)
        if bound is None or ctx.unsettled(SUSPENDED, resource.ref) is not None:
            return None
        # Either all is done, or a put-back could not remove this half.
        there = read(ctx.destination, bound.destination_id) or {}
        if marker(resource.ref.id) in there.get("tags", [marker(resource.ref.id)]):
            return None
        here = read(ctx.source, resource.ref.id) or {}
        return {"id": there["id"]} if here.get("status") == "SHUTOFF" else None

    def _created(self, ctx: Context, resource: Resource) -> str:
        fresh, intent = server_halt.halted(ctx, resource)
        return server_create.create(ctx, resource, fresh, intent.details["ports"])

    def _up(self, ctx: Context, resource: Resource) -> tuple[str, Mapping[str, Any]]:
        """The destination half once it is up; made if it is not there."""
        bound = ctx.binding(resource.ref)
        if bound is not None and ctx.unsettled(SUSPENDED, resource.ref) is not None:
            try:
                return bound.destination_id, self._awaited(ctx, resource)
            except exceptions.ResourceMissing:
                ctx.unbind(resource.ref)  # killed while it was put back
        there = self._created(ctx, resource)
        return there, self._awaited(ctx, resource)

    def _awaited(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        return server_power.wait_for(
            ctx,
            ctx.destination,
            ctx.destination_id(resource.ref),
            *server_states.MOVABLE,
            name=str(resource),
            timeout=ctx.settings.create_timeout,
        )

    def _compared(
        self, ctx: Context, resource: Resource, record: Mapping[str, Any]
    ) -> Details:
        """Hold the destination half against the plan.

        :raises DestinationDiffers: it is not what it should be
        """
        half = self._kind.resource(record)
        found = self._kind.compare(resource, half, ctx.translate, ctx.options)
        losable = server_compare.losable(ctx, resource)
        not_kept = [d.field for d in found if d.field in losable]
        # Tags are set next.
        different = [d for d in found if d.field not in ("tags", *losable)]
        if different:
            raise exceptions.DestinationDiffers(
                "on the destination it came out otherwise: "
                + "; ".join(map(str, different)),
                resource=str(resource),
            )
        return {NOT_KEPT: not_kept} if not_kept else {}

    def _stop(self, ctx: Context, resource: Resource, there: str) -> None:
        server_power.act(ctx.destination, there, "os-stop")
        server_power.wait_for(
            ctx,
            ctx.destination,
            there,
            "SHUTOFF",
            name=str(resource),
            coming_from="ACTIVE",
        )

    def _set_tags(self, ctx: Context, resource: Resource, there: str) -> None:
        """The owner's tags, all of them; the marker goes."""
        ctx.destination.put(
            "compute",
            f"/servers/{there}/tags",
            {"tags": own_tags(resource.record.get("tags"))},
            microversion="2.26",
        )
