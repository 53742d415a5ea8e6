# SPDX-License-Identifier: Apache-2.0
"""Creates the destination half of a server: as its owner, once.

Until it is verified it carries a tag made of its source id.  By that it is found
again when the answer to its creation was lost, or Pumphouse was killed before it
knew the id.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record, Ref, Resource
from pumphouse.resources.compute import (
    server_hostname,
    server_keypair,
    server_nics,
    server_owner,
    server_power,
    server_zone,
)
from pumphouse.resources.compute.server_discovery import WITH_FLAVOR_ID, read
from pumphouse.resources.compute.server_fields import (
    USER_DATA,
    ZONE,
    marker,
    own_tags,
    truth,
)
from pumphouse.resources.context import Context

NEWEST = "2.94"  # what creation makes use of; 2.52 is the least (tags)
_MOST_TAGS = 50
_ARRIVES = 15.0  # seconds in which a request whose answer was lost takes effect


def create(
    ctx: Context, resource: Resource, fresh: Record, ports: Collection[Record]
) -> str:
    """Make it on the destination unless it is there; its id there.

    :param fresh: the source's record read just now, with its user data
    :param ports: what ``server_nics.ports_of`` said of the source
    """
    bound = ctx.binding(resource.ref)
    if bound is not None:
        if _usable(ctx, resource, bound.destination_id):
            return bound.destination_id
        ctx.unbind(resource.ref)
    with ctx.creating(resource.ref) as intent:
        found = left_behind(ctx, resource) if intent.reopened else None
        lent = key_name(ctx, resource) if intent.reopened else None
        if lent:
            server_keypair.take_back(ctx, lent)
        if found is None or not _usable(ctx, resource, found):
            found = _ask(ctx, resource, body(ctx, resource, fresh, ports))
        ctx.bind(resource.ref, found)
    return found


def left_behind(ctx: Context, resource: Resource) -> str | None:
    """The id of what an earlier try made of it, by its tag."""
    found = ctx.destination.list(
        "compute",
        "/servers/detail",
        "servers",
        params={"all_tenants": 1, "tags": marker(resource.ref.id)},
        microversion=WITH_FLAVOR_ID,
    )
    for twin in found[1:]:  # a request that arrived twice
        remove(ctx, resource, twin["id"])
    return found[0]["id"] if found else None


def remove(ctx: Context, resource: Resource, destination_id: str) -> None:
    """Delete what was made of it, and wait until it is gone."""
    server_power.remove(ctx, ctx.destination, destination_id, name=str(resource))


def body(
    ctx: Context, resource: Resource, fresh: Record, ports: Collection[Record]
) -> dict[str, Any]:
    """The JSON object that asks for it.  Holds its user data."""
    record = resource.record
    nics = [
        {
            "port": ctx.destination_id(Ref("port", str(port["id"]))),
            **({"tag": port["tag"]} if port.get("tag") else {}),  # since 2.42
        }
        for port in server_nics.in_order(fresh, ports)
    ]
    tags = own_tags(record.get("tags"))
    wanted: dict[str, Any] = {
        "name": record["name"],
        "imageRef": ctx.destination_id(Ref("image", record["image"]["id"])),
        "flavorRef": ctx.destination_id(Ref("flavor", record["flavor"]["id"])),
        "networks": nics or "none",
        "metadata": record.get("metadata") or {},
        "config_drive": truth(record.get("config_drive")),
        # The last of 50 makes room for the marker until all are set anew.
        "tags": [*tags[: _MOST_TAGS - 1], marker(resource.ref.id)],
        "key_name": key_name(ctx, resource),
        "hostname": server_hostname.sent(ctx.destination, record),
        "user_data": fresh.get(USER_DATA),
    }
    for name in ("description", "accessIPv4", "accessIPv6", "OS-DCF:diskConfig"):
        wanted[name] = record.get(name)
    if ctx.options.keep_availability_zone:
        zone = record.get(ZONE)
        if zone in server_zone.named(ctx.destination):
            wanted["availability_zone"] = zone
    unset = ("", None)
    return {name: value for name, value in wanted.items() if value not in unset}


def key_name(ctx: Context, resource: Resource) -> str | None:
    """The name of its owner's keypair on the destination.

    None if it has none, or if the keypair was deleted since it was created.
    """
    record = resource.record
    if not record.get("key_name"):
        return None
    ref = Ref("keypair", f"{record['user_id']}/{record['key_name']}")
    there = ctx.translate(ref)
    return there.partition("/")[2] if there else None


def _usable(ctx: Context, resource: Resource, destination_id: str) -> bool:
    """Whether it is there and well; if it is in ERROR it is removed."""
    record = read(ctx.destination, destination_id)
    if record is not None and record["status"] in ("ERROR", "DELETED"):
        remove(ctx, resource, destination_id)
        return False
    return record is not None


def _ask(ctx: Context, resource: Resource, wanted: dict[str, Any]) -> str:
    project = ctx.destination_id(Ref("project", resource.project_id))
    cloud = server_owner.as_owner(ctx, resource, project)
    if cloud is not None:
        try:
            return _post(ctx, resource, cloud, wanted)
        except exceptions.Forbidden:
            # E.g. a port on a network that only an operator may attach to.
            ctx.note(resource.ref, "server.owner-may-not")
    owner = server_owner.of(ctx, resource)
    operator = ctx.as_operator_in(project)
    if not wanted.get("key_name") or owner == ctx.destination.user_id:
        return _post(ctx, resource, operator, wanted)
    with server_keypair.lent(ctx, wanted["key_name"], str(owner)):
        return _post(ctx, resource, operator, wanted)


def _post(
    ctx: Context, resource: Resource, cloud: Cloud, wanted: dict[str, Any]
) -> str:
    try:
        made = cloud.post(
            "compute", "/servers", {"server": wanted}, "server", microversion=NEWEST
        )
        return str(made["id"])
    except exceptions.LostAnswer as lost:
        try:
            return ctx.wait(
                f"{resource} to turn up",
                lambda: left_behind(ctx, resource),
                timeout=_ARRIVES,
            )
        except exceptions.Timeout:
            raise lost from None
