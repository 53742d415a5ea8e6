# SPDX-License-Identifier: Apache-2.0
"""Whether whoever creates a server on the destination may use its image and flavor.

Glance and Nova hide from a user what is not their project's; an administrator sees
all.  A server may have been built before its project lost sight of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pumphouse.models import Action, Record, Ref, Resource
from pumphouse.resources.compute.server_standing import Standing
from pumphouse.resources.outlook import Outlook

_ADMIN = "admin"


def privileged(outlook: Outlook, server: Resource) -> bool:
    """Whether it is created by somebody who sees everything.

    Its owner is Pumphouse's own user, or has the role ``admin`` in its project; or it
    is created by Pumphouse's own user, as its owner will not be there or is disabled.
    """
    ref = Ref("user", str(server.record.get("user_id")))
    if outlook.translate(ref) == outlook.destination.user_id:
        return True
    user, decision = outlook.resources.get(ref), outlook.decisions.get(ref)
    if user is None or decision is None or decision.action is Action.BLOCKED:
        return True
    if user.record.get("enabled") is False:
        return True
    return any(_is_admin(each.record, server, ref.id) for each in _roles(outlook))


def _roles(outlook: Outlook) -> Iterator[Resource]:
    return outlook.having(
        "assignment", Action.CREATE, Action.ADOPT, Action.SKIP, Action.MAP
    )


def _is_admin(record: Record, server: Resource, user_id: str) -> bool:
    return (
        (record.get("user") or {}).get("id") == user_id
        and (record["scope"].get("project") or {}).get("id") == server.project_id
        and str((record.get("role") or {}).get("name", "")).lower() == _ADMIN
    )


def unseen_image(outlook: Outlook, server: Resource, image: Standing) -> str:
    """Why the server's project does not see the image, and what to do; "" if it does.

    Glance shows a shared image to all its members, whatever they answered.
    """
    record, project = image.record, Ref("project", server.project_id)
    if record.get("visibility") in ("public", "community"):
        return ""
    me = outlook.translate(project) if image.there else project.id
    members = {str(each["member_id"]) for each in record.get("members") or ()}
    if me in {str(record.get("owner")), *members}:
        return ""
    if not image.there and _same_there(outlook, str(record.get("owner")), project):
        return ""
    name, key = record.get("name") or record["id"], record["id"]
    shared = record.get("visibility") == "shared"
    first = "" if shared else f"'openstack image set --shared {key}' and "
    return (
        f"its project does not see its image {name}: {first}'openstack image add "
        f"project {key} {me or 'PROJECT'}' {image.where}, then plan again"
    )


def _same_there(outlook: Outlook, owner: str, project: Ref) -> bool:
    """Whether one project stands for both on the destination."""
    there = outlook.translate(Ref("project", owner))
    return there is not None and there == outlook.translate(project)


def unusable_flavor(outlook: Outlook, server: Resource, flavor: Standing) -> str:
    """Why the server's project may not use the flavor; "" if it may."""
    record = flavor.record
    if record.get("os-flavor-access:is_public", True):
        return ""
    source_id = str(server.record["flavor"]["id"])
    access = Ref("flavor-access", f"{source_id}/{server.project_id}")
    decision = outlook.decisions.get(access)
    if decision is not None and decision.action is not Action.BLOCKED:
        return ""
    project = outlook.translate(Ref("project", server.project_id))
    flavor_there = outlook.translate(Ref("flavor", source_id))
    if project and flavor_there and _listed(outlook, flavor_there, project):
        return ""
    me = project if flavor.there else server.project_id
    return (
        f"its project may not use its flavor {record['name']}, which is private: "
        f"'openstack flavor set --project {me or 'PROJECT'} {record['id']}' "
        f"{flavor.where}, then plan again"
    )


def _listed(outlook: Outlook, flavor_id: str, project_id: str) -> bool:
    path = f"/flavors/{flavor_id}/os-flavor-access"
    found = outlook.destination.find("compute", path, "flavor_access") or ()
    return any(each["tenant_id"] == project_id for each in found)
