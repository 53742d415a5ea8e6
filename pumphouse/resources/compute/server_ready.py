# SPDX-License-Identifier: Apache-2.0
"""Whether what a server needs on the destination still stands, while its source runs.

Days may lie between a plan and a server's turn.  Image, flavor and ports are looked
at once more, with the eyes of whoever is going to create the server, so that a
refusal costs no downtime.  What a run made itself a moment ago needs no look.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Origin, Record, Ref, Resource
from pumphouse.resources.compute import server_build, server_owner
from pumphouse.resources.context import Context

_MOMENT = 60.0  # seconds in which what was made counts as seen
_FLAVOR = "2.75"
_FIELDS = ("id", "device_id", "project_id", "fixed_ips", "ip_allocation")
_NO_ADDRESS = ("none", "deferred")  # kinds of allocation that Nova takes without one


def check(ctx: Context, resource: Resource, ports: Collection[Record]) -> None:
    """Make sure of that; two short requests, three for images that demand a size.

    :param ports: what ``server_nics.ports_of`` said of the source
    :raises WrongState: something is gone, or Nova would refuse it
    :raises Forbidden: nobody may create it
    """
    cloud = server_owner.authorise(ctx, resource)
    wrong = next(_wrong(ctx, cloud, resource, ports), "")
    if wrong:
        raise exceptions.WrongState(
            wrong, resource=str(resource), hint="See to that there, then resume"
        )


def _just_made(ctx: Context, *refs: Ref) -> bool:
    """Whether runs made all of these within the last moment."""
    return all(_age(ctx, ref) < _MOMENT for ref in refs)


def _age(ctx: Context, ref: Ref) -> float:
    """Seconds since a run made what stands for *ref*; endless if none did."""
    bound = ctx.binding(ref)
    if bound is None or bound.origin is not Origin.CREATED or not bound.created_at:
        return float("inf")
    made = datetime.datetime.fromisoformat(bound.created_at).timestamp()
    return ctx.now() - made


def _wrong(
    ctx: Context, cloud: Cloud, resource: Resource, ports: Collection[Record]
) -> Iterator[str]:
    record = resource.record
    image = Ref("image", str(record["image"]["id"]))
    flavor = Ref("flavor", str(record["flavor"]["id"]))
    nics = [Ref("port", str(port["id"])) for port in ports]
    there = {ref: ctx.destination_id(ref) for ref in (image, flavor, *nics)}
    if not _just_made(ctx, image, flavor):
        yield from _wrong_image_or_flavor(cloud, record, there[image], there[flavor])
    if not _just_made(ctx, *nics):
        yield from _wrong_ports(ctx, cloud, resource, [there[ref] for ref in nics])


def _wrong_image_or_flavor(
    cloud: Cloud, record: Record, image_id: str, flavor_id: str
) -> Iterator[str]:
    image = cloud.find("image", f"/images/{image_id}")
    if image is None:
        yield f"its project does not see its image {image_id} on the destination"
        return
    if image["status"] not in ("active", "deactivated"):
        yield f"its image {image_id} on the destination is {image['status']}"
    if not (image.get("min_ram") or image.get("min_disk")):
        # That it is there was looked at when the run began.
        yield from server_build.refused(
            record, image, {"name": ""}, "on the destination", same=True, then="resume"
        )
        return
    path = f"/flavors/{flavor_id}"
    flavor = cloud.find("compute", path, "flavor", microversion=_FLAVOR)
    if flavor is None or flavor.get("OS-FLV-DISABLED:disabled"):
        yield f"its project may not use its flavor {flavor_id} on the destination"
        return
    yield from server_build.refused(
        record, image, flavor, "on the destination", same=True, then="resume"
    )


def _wrong_ports(
    ctx: Context, cloud: Cloud, resource: Resource, wanted: list[str]
) -> Iterator[str]:
    project = ctx.destination_id(Ref("project", resource.project_id))
    params = {"id": wanted, "fields": list(_FIELDS)}
    listed = cloud.list("network", "/ports", "ports", params=params)
    found = {port["id"]: port for port in listed}
    # A half that an earlier try left has them: it is found, or removed first.
    half = bool(ctx.binding(resource.ref) or ctx.unsettled("create", resource.ref))
    for port_id in wanted:
        port = found.get(port_id)
        if port is None:
            yield f"its port {port_id} on the destination is gone"
        elif port.get("device_id") and not half:
            yield (
                f"its port {port_id} there is in use by {port['device_id']}; if that "
                "is what a run of another database has made of it, 'pumphouse binding "
                "recover' finds that out"
            )
        elif port.get("project_id") != project:
            yield f"its port {port_id} there is of another project"
        elif not port["fixed_ips"] and port.get("ip_allocation") not in _NO_ADDRESS:
            yield f"its port {port_id} there has no address any more"
