# SPDX-License-Identifier: Apache-2.0
"""Makes the seed's images, uploaded by their owners."""

from testbed.openstack.seed import plan as planning


def apply(cloud, plan, images, projects, rest):
    """Images with their bytes; `rest(image)` acts as the owner. Returns name -> id."""
    return {image.name: _ensure(cloud, plan, image, projects, rest) for image in images}


def _ensure(cloud, plan, image, projects, rest):
    owner = projects[image.project or "admin"]
    found = cloud.admin.listing(
        "image", "/images", "images", name=image.name, owner=owner, visibility="all"
    )
    known = next(iter(found), None)
    if known and known["status"] == "active":
        return known["id"]
    acting = rest(image)
    known = known or acting.post("image", "/images", _fields(image))
    acting.request(
        "PUT",
        "image",
        f"/images/{known['id']}/file",
        data=planning.image_data(plan, image),
        headers={"Content-Type": "application/octet-stream"},
    )
    return known["id"]


def _fields(image):
    return {
        "name": image.name,
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": image.visibility,
        "protected": image.protected,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "tags": list(image.tags),
        **image.properties,
    }
