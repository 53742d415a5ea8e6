# SPDX-License-Identifier: Apache-2.0
"""Crooked images and flavors: what was changed after servers were built of them."""

from testbed.openstack.seed.dice import Dice

SIZE = 65536  # bytes


def apply(site):
    """Images and flavors, as servers need them to be built."""
    for word in ("plain", "grown", "hidden"):
        owner = "images" if word == "hidden" else "crooked"
        visibility = "shared" if word == "hidden" else "private"
        _image(site, word, owner, visibility=visibility)
    _member(site)
    misnamed_format(site)
    leftovers_of_snapshots(site)
    _flavor(site, "small")
    _flavor(site, "larger", ram=128)
    special = _flavor(site, "special")
    specs = {"aggregate_instance_extra_specs:ssd": "true"}
    path = f"/flavors/{special}/os-extra_specs"
    site.admin.post("compute", path, {"extra_specs": specs})


def afterwards(site):
    """What happened since the servers were built."""
    raised_min_disk(site)
    withdrawn_member(site)


def _image(site, word, owner="crooked", **fields):
    name = site.name("crooked", word)
    listed = site.admin.listing(
        "image",
        "/images",
        "images",
        name=name,
        owner=site.projects[owner],
        visibility="all",
    )
    made = next(iter(listed), None)
    body = {"disk_format": "raw", "container_format": "bare", "name": name, **fields}
    body["owner"] = site.projects[owner]
    made = made or site.admin.post("image", "/images", body)
    site.images[word] = made["id"]
    if made["status"] == "queued":
        site.admin.request(
            "PUT",
            "image",
            f"/images/{made['id']}/file",
            data=Dice(site.seed, "crooked", word).bytes(SIZE),
            headers={"Content-Type": "application/octet-stream"},
        )


def _member(site):
    path = f"/images/{site.images['hidden']}/members"
    members = site.admin.get("image", path)["members"]
    if not members:
        site.admin.post("image", path, {"member": site.projects["crooked"]})


def misnamed_format(site):
    """Its record says qcow2, its first bytes do not."""
    _image(site, "misnamed", disk_format="qcow2")


def leftovers_of_snapshots(site):
    """Properties that name things of this cloud."""
    gone = "6f6e6365-2069-4073-9570-6f6e20612074"
    _image(site, "snapshot", instance_uuid=gone, base_image_ref=gone)


def _flavor(site, word, **more):
    """A flavor with an id of the operators' own."""
    name = site.name("crooked", word)
    listed = site.admin.listing(
        "compute", "/flavors/detail", "flavors", is_public="None"
    )
    made = next((f for f in listed if f["name"] == name), None)
    if made is None:
        body = {"name": name, "vcpus": 1, "ram": 64, "disk": 1, "id": f"{name}-id"}
        body.update(more)
        made = site.admin.post("compute", "/flavors", {"flavor": body})["flavor"]
    site.flavors[word] = made["id"]
    return made["id"]


def raised_min_disk(site):
    """More than the flavor of the server that was built of it."""
    _patch(site, "grown", {"op": "replace", "path": "/min_disk", "value": 10})


def withdrawn_member(site):
    """The server's project cannot see it any more."""
    path = f"/images/{site.images['hidden']}/members/{site.projects['crooked']}"
    site.admin.delete("image", path)


def _patch(site, word, *changes):
    site.admin.request(
        "PATCH",
        "image",
        f"/images/{site.images[word]}",
        json=list(changes),
        headers={"Content-Type": "application/openstack-images-v2.1-json-patch"},
    )
