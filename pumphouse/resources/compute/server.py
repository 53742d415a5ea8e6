# SPDX-License-Identifier: Apache-2.0
"""Servers, moved in mode ``image``: rebuilt from their image on the destination.

They keep their name, description, metadata, tags, key name, user data, config
drive, host name, addresses, MACs, groups and order of NICs.  The contents of
their disks stay behind.  How a server is moved is in ``server_steps``.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, ClassVar

from taskflow import task

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import Difference, Finding, Need, Ref, Resource
from pumphouse.resources.base import Fitness, MakeTask, ResourceType
from pumphouse.resources.compute import (
    server_compare,
    server_create,
    server_discovery,
    server_fitness,
    server_foresight,
    server_keypair,
    server_power,
    server_putback,
    server_states,
    server_undo,
)
from pumphouse.resources.compute.quota import COMPUTE
from pumphouse.resources.compute.server_fields import FIELDS, OWNER
from pumphouse.resources.compute.server_steps import Steps
from pumphouse.resources.compute.server_temporaries import TEMPORARIES
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Field, Translate
from pumphouse.resources.listing import ID, PROJECT, Where
from pumphouse.resources.outlook import Outlook

# Without a role its owner cannot create it, and it becomes Pumphouse's own user's.
_ROLE = Need(
    Ref("assignment", ""),
    "its owner's role",
    must=False,
    brings=False,
    otherwise="the server will be Pumphouse's own user's, unless another role does",
    field=OWNER,
)


class Server(ResourceType):
    """A server of Nova."""

    name = "server"
    service = "compute"
    workload = True
    path = "/servers"
    singular = "server"
    plural = "servers"
    microversion = server_discovery.NEWEST
    project_field = "tenant_id"
    members = ("user_id",)
    quota = COMPUTE
    temporaries = TEMPORARIES
    filters = {ID: "uuid", PROJECT: "project_id", "name": "name"}
    restart = True
    fields: ClassVar[tuple[Field, ...]] = FIELDS

    # -- discovery --------------------------------------------------------
    def read(self, cloud: Cloud, which: Where) -> Iterator[Resource]:
        return map(self.resource, server_discovery.those(cloud, which))

    def names(self, cloud: Cloud) -> Iterator[str]:
        return server_discovery.names(cloud)

    # -- references -------------------------------------------------------
    def needs(self, resource: Resource) -> Iterator[Need]:
        yield from super().needs(resource)
        name = resource.record.get("key_name")
        if name:
            ref = Ref("keypair", f"{resource.record.get('user_id')}/{name}")
            yield Need(ref, "logs in with it", must=False)

    def among(self, found: Mapping[Ref, Resource]) -> Iterator[tuple[Ref, Need]]:
        """What it does without in name only: its owner's roles, its floating IPs.

        Without the role only we could create it; without the floating IPs it would
        not have all its addresses when it is verified, and they would cost downtime.
        """
        roles: dict[tuple[str, str], list[Ref]] = defaultdict(list)
        for ref, each in found.items():
            record = each.record
            if ref.type == "assignment" and record.get("user"):
                roles[record["user"]["id"], each.project_id].append(ref)
            elif ref.type == "floating-ip" and record.get("port_id"):
                port = found.get(Ref("port", str(record["port_id"])))
                device = port.record.get("device_id") if port else None
                if (server := Ref(self.name, str(device))) in found:
                    yield server, Need(ref, "its address", brings=False)
        for ref, each in found.items():
            if ref.type == self.name:
                owner = str(each.record.get("user_id"))
                for role in roles[owner, each.project_id]:
                    yield ref, dataclasses.replace(_ROLE, ref=role)

    def uses(self, resource: Resource) -> Mapping[str, int]:
        """Itself, and what its flavor gives it."""
        flavor = resource.record.get("flavor") or {}
        size = {"cores": "vcpus", "ram": "ram"}
        taken = {name: int(flavor.get(says) or 0) for name, says in size.items()}
        return {"instances": 1, **taken}

    def holds(self, resource: Resource) -> Mapping[str, int]:
        """Its items of metadata."""
        return {"metadata_items": len(resource.record.get("metadata") or {})}

    def successor(self, resource: Resource) -> str:
        return server_states.successor(resource.record)

    def calm(self, ctx: Context, resource: Resource) -> None:
        server_putback.put_back(
            ctx, resource, exceptions.Suspended("stopped on request")
        )

    def fitness(self, resource: Resource, options: Options) -> Fitness:
        return server_fitness.judge(resource.record, options)

    def foresee(self, outlook: Outlook) -> Iterator[Finding]:
        return server_foresight.foresee(outlook)

    # -- match ------------------------------------------------------------
    def key(self, resource: Resource, translate: Translate) -> Hashable | None:
        """Its id: a server is never taken for another of the same name."""
        owner = translate(Ref("project", resource.project_id))
        return (owner, resource.ref.id) if owner else None

    def compare(
        self,
        source: Resource,
        destination: Resource,
        translate: Translate,
        options: Options,
    ) -> tuple[Difference, ...]:
        declared = super().compare(source, destination, translate, options)
        return server_compare.differences(
            declared, source, destination, translate, options
        )

    # -- tasks and undo ---------------------------------------------------
    def tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        steps = Steps(self)
        return [
            make("suspend", steps.suspend),
            make("create", steps.create),
            make("verify", steps.verify),
            make("shutdown", steps.shutdown),
        ]

    def undo_tasks(self, resource: Resource, make: MakeTask) -> list[task.Task]:
        return [make("undo", self.undo), make("reactivate", server_undo.reactivate)]

    def undo(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        """Delete the destination's, if the source can take its place again."""
        server_undo.check(ctx, resource)
        done = super().undo(ctx, resource)
        lent = server_create.key_name(ctx, resource)
        if lent:
            server_keypair.take_back(ctx, lent)
        return done

    def before(self, resource: Resource, details: Mapping[str, Any]) -> Resource:
        """With the status in which its move began, and whether it was locked."""
        record = dict(resource.record)
        record["status"] = details.get("was") or record.get("status")
        record["locked"] = bool(details.get("locked") or record.get("locked"))
        return dataclasses.replace(resource, record=record)

    def delete(self, ctx: Context, destination_id: str) -> None:
        """Delete it and wait until it is gone, so that its ports are free."""
        server_power.remove(
            ctx, ctx.destination, destination_id, name=f"server {destination_id}"
        )

    def recover(self, ctx: Context, resource: Resource) -> str | None:
        return server_create.left_behind(ctx, resource)
