# SPDX-License-Identifier: Apache-2.0
"""What is set on an image after its data: members, deactivation, protection."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record, Ref, Resource
from pumphouse.resources.context import Context

_PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


def needed(record: Record) -> bool:
    """Whether there is anything to set."""
    return bool(
        record.get("protected")
        or record.get("members")
        or record.get("status") == "deactivated"
    )


def finish(ctx: Context, resource: Resource) -> Mapping[str, Any]:
    """Set it.  Every request may be repeated."""
    image_id = ctx.destination_id(resource.ref)
    for member in resource.record.get("members") or ():
        project_id = ctx.translate(Ref("project", member["member_id"]))
        if project_id:
            _share(ctx.destination, image_id, project_id, member["status"])
    if resource.record.get("status") == "deactivated":
        ctx.destination.post("image", f"/images/{image_id}/actions/deactivate", None)
    if resource.record.get("protected"):
        set_protected(ctx.destination, image_id, True)
    return {"id": image_id}


def set_protected(cloud: Cloud, image_id: str, value: bool) -> None:
    """Forbid its deletion, or allow it."""
    change = [{"op": "replace", "path": "/protected", "value": value}]
    path = f"/images/{image_id}"
    cloud.patch("image", path, change, headers=_PATCH, repeatable=True)


def _share(cloud: Cloud, image_id: str, project_id: str, status: str) -> None:
    path = f"/images/{image_id}/members"
    with contextlib.suppress(exceptions.Conflict):  # is a member already
        cloud.post("image", path, {"member": project_id})
    if status != "pending":  # what a new member is
        cloud.put("image", f"{path}/{project_id}", {"status": status})
