# SPDX-License-Identifier: Apache-2.0
"""Makes the seed's volumes and attaches them, each as the user who owns it."""

from testbed.openstack.seed.rest import ApiError, wait


def volume_type(admin, name):
    """The one volume type of a seed."""
    types = admin.listing("volume", "/types", "volume_types")
    if name and name not in {t["name"] for t in types}:
        body = {
            "name": name,
            "description": "For what must be fast",
            "extra_specs": {"volume_backend_name": "files"},
        }
        admin.post("volume", "/types", {"volume_type": body})


def apply(cloud, project, project_id, images, servers):
    """The volumes of one project; `images` and `servers` are ids by name."""
    listed = cloud.admin.listing(
        "volume", "/volumes/detail", "volumes", all_tenants="1", project_id=project_id
    )
    known = {volume["name"]: volume for volume in listed}
    for volume in project.volumes:
        user = next(u for u in project.users if u.name == volume.owner)
        found = known.get(volume.name)
        if found and (found["attachments"] or not volume.server):
            continue
        rest = cloud.login(user, project.name)
        found = found or _make(rest, volume, images)
        if volume.server:
            _attach(rest, found["id"], servers[volume.server])


def _make(rest, volume, images):
    body = {
        "name": volume.name,
        "size": volume.size,
        "metadata": volume.metadata,
        "description": "Blank" if volume.image is None else f"From {volume.image}",
    }
    if volume.image:
        body["imageRef"] = images[volume.image]
    if volume.volume_type:
        body["volume_type"] = volume.volume_type
    made = rest.post("volume", "/volumes", {"volume": body})["volume"]
    _settle(rest, made["id"], "available")
    return made


def _attach(rest, volume_id, server_id):
    body = {"volumeAttachment": {"volumeId": volume_id}}
    try:
        rest.post("compute", f"/servers/{server_id}/os-volume_attachments", body)
    except ApiError as e:
        if e.status != 409:
            raise
    _settle(rest, volume_id, "in-use")


def _settle(rest, volume_id, status):
    path = f"/volumes/{volume_id}"
    wait(lambda: rest.get("volume", path)["volume"], (status,), f"volume {volume_id}")
