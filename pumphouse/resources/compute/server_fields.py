# SPDX-License-Identifier: Apache-2.0
"""Every field that Nova says about a server, and what becomes of it.

From ``GET /servers/detail`` and ``GET /servers/ID`` of Zed and 2026.2, as an
administrator, at microversions 2.46 to 2.100.
"""

from __future__ import annotations

from typing import Any

from pumphouse.resources.fields import (
    Fate,
    Field,
    compared,
    copied,
    dropped,
    optional,
    reference,
)

MARKER = "pumphouse:"  # begins the tag by which a half-made server is found again
USER_DATA = "OS-EXT-SRV-ATTR:user_data"
HOSTNAME = "OS-EXT-SRV-ATTR:hostname"
ZONE = "OS-EXT-AZ:availability_zone"
OWNER = "user_id"
VOLUMES = "os-extended-volumes:volumes_attached"
TASK = "OS-EXT-STS:task_state"

_COMPUTE_HOST = "says where on the source it runs; Nova places it anew"
_HISTORY = "its history on the source"
_STATE = "status says the same"


def marker(server_id: str) -> str:
    """The tag which its destination half carries until it is verified."""
    return MARKER + server_id


def own_tags(tags: Any) -> list[str]:
    """The tags that are its owner's, sorted."""
    return sorted(tag for tag in tags or () if not tag.startswith(MARKER))


def truth(value: Any) -> bool:
    """Nova says ``"True"`` or ``""`` for whether there is a config drive."""
    return str(value).lower() == "true"


def _id(value: Any) -> str:
    return str(value["id"]) if isinstance(value, dict) and "id" in value else ""


def _settled(status: Any) -> str:
    # The source ends SHUTOFF, the destination as the source was before.
    return "ACTIVE or SHUTOFF" if status in ("ACTIVE", "SHUTOFF") else str(status)


FIELDS: tuple[Field, ...] = (
    dropped("id", "the destination gives it another"),
    copied("name"),
    copied("description", default=""),
    copied("metadata", default={}),
    copied("tags", default=(), normal=own_tags),
    copied("key_name", default=""),
    copied("config_drive", default="", normal=truth),
    copied("accessIPv4", default=""),
    copied("accessIPv6", default=""),
    copied("OS-DCF:diskConfig"),
    Field(HOSTNAME, Fate.COPIED),
    Field(USER_DATA, Fate.COPIED, secret=True),
    reference("tenant_id", "project", "belongs to it", enabled=True),
    reference(
        OWNER,
        "user",
        "owns it",
        must=False,
        enabled=True,
        otherwise="the server will be Pumphouse's own user's",
    ),
    Field(
        "image",
        Fate.REFERENCE,
        why="rebuilt from it",
        refs={"id": "image"},
        normal=_id,
    ),
    Field(
        "flavor",
        Fate.REFERENCE,
        why="its size",
        refs={"id": "flavor"},
        normal=_id,
    ),
    compared("addresses"),
    compared("status", normal=_settled),
    optional(ZONE, "keep_availability_zone"),
    dropped("security_groups", "they belong to its ports"),
    dropped(VOLUMES, "a server with volumes is not moved in mode image"),
    dropped("server_groups", "groups of servers are not migrated"),
    dropped("scheduler_hints", "they speak of hosts and servers of the source"),
    dropped("pinned_availability_zone", "see OS-EXT-AZ:availability_zone"),
    dropped("trusted_image_certificates", "they live in the source's key manager"),
    dropped("locked", "its lock belongs to the source, and stays there"),
    dropped("locked_reason", "its lock belongs to the source, and stays there"),
    dropped("fault", "a server with a fault is not moved"),
    dropped("progress", "it means nothing once the server is there"),
    dropped(TASK, _STATE),
    dropped("OS-EXT-STS:vm_state", _STATE),
    dropped("OS-EXT-STS:power_state", _STATE),
    dropped("created", _HISTORY),
    dropped("updated", _HISTORY),
    dropped("OS-SRV-USG:launched_at", _HISTORY),
    dropped("OS-SRV-USG:terminated_at", _HISTORY),
    dropped("OS-EXT-SRV-ATTR:host", _COMPUTE_HOST),
    dropped("OS-EXT-SRV-ATTR:hypervisor_hostname", _COMPUTE_HOST),
    dropped("OS-EXT-SRV-ATTR:instance_name", _COMPUTE_HOST),
    dropped("OS-EXT-SRV-ATTR:reservation_id", _COMPUTE_HOST),
    dropped("OS-EXT-SRV-ATTR:launch_index", "each server is created by itself"),
    dropped("OS-EXT-SRV-ATTR:root_device_name", "follows from image and hypervisor"),
    dropped("OS-EXT-SRV-ATTR:kernel_id", "follows from the image"),
    dropped("OS-EXT-SRV-ATTR:ramdisk_id", "follows from the image"),
    dropped("hostId", _COMPUTE_HOST),
    dropped("host_status", _COMPUTE_HOST),
    dropped("links", "addresses of the source's API"),
)
