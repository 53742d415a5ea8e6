# SPDX-License-Identifier: Apache-2.0
"""The fields of an image: Glance's own; every other key is a custom property.

Custom properties are all copied.  A few that Nova, Cinder and Glance write
themselves mean something in the source cloud only, and are named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pumphouse.models import Difference, Record
from pumphouse.resources.fields import (
    Fate,
    Field,
    compared,
    copied,
    dropped,
    reference,
)

_FOUND = "an address within the source's Glance"
_GLANCE = "written by the destination's Glance itself"
_SOURCE = "an id that means nothing outside the source cloud"
_KEY = "names a key or certificate in the source's key manager"

# Glance keeps its own notes (import tasks, staging hosts) under this prefix.
RESERVED_PREFIX = "os_glance_"


def _members(members: Any) -> list[tuple[str, str]]:
    return sorted(
        (member["member_id"], member["status"])
        for member in members
        if member["member_id"]
    )


FIELDS: tuple[Field, ...] = (
    copied("name"),
    copied("visibility"),
    copied("tags", normal=sorted),
    # Sent last: a protected image could not be removed after a failed upload.
    copied("protected", send=False, default=False),
    copied("os_hidden", default=False),
    copied("min_disk", default=0),
    copied("min_ram", default=0),
    copied("disk_format"),
    copied("container_format"),
    reference("owner", "project", "owner"),
    reference("kernel_id", "image", "kernel"),
    reference("ramdisk_id", "image", "ramdisk"),
    # Not a field of the API: read from /images/ID/members for shared images.
    Field(
        "members",
        Fate.REFERENCE,
        why="shared with",
        refs={"[].member_id": "project"},
        must=False,
        brings=False,
        send=False,
        default=(),
        normal=_members,
    ),
    compared("status"),
    # These four as one, see data.differences: clouds may hash in different ways.
    compared("size"),
    compared("checksum"),
    compared("os_hash_algo"),
    compared("os_hash_value"),
    dropped("virtual_size", "computed by some releases of Glance, not by others"),
    dropped("id", "derived from the source id, see Image.new_id"),
    dropped("created_at", _GLANCE),
    dropped("updated_at", _GLANCE),
    dropped("self", _FOUND),
    dropped("file", _FOUND),
    dropped("schema", _FOUND),
    dropped("direct_url", _FOUND),
    dropped("locations", _FOUND),
    dropped("stores", "which of its stores to use is the destination's business"),
    dropped("instance_uuid", _SOURCE),
    dropped("base_image_ref", _SOURCE),
    dropped("user_id", _SOURCE),
    dropped("owner_id", _SOURCE),
    dropped("img_signature_certificate_uuid", _KEY),
    dropped("cinder_encryption_key_id", _KEY),
    dropped("cinder_encryption_key_deletion_policy", _KEY),
)
DATA = ("size", "checksum", "os_hash_algo", "os_hash_value")
# Properties of snapshots of servers: noted by name where an image has them.
MEANINGLESS = tuple(field.path for field in FIELDS if field.why == _SOURCE)
_DECLARED = frozenset(field.path for field in FIELDS)


def properties(record: Record) -> dict[str, Any]:
    """The custom properties in *record*: what is not Glance's own business."""
    return {
        key: value
        for key, value in record.items()
        if key not in _DECLARED and not key.startswith(RESERVED_PREFIX)
    }


def property_differences(source: Record, destination: Record) -> list[Difference]:
    """In which custom properties two images differ, those of one only included."""
    mine, there = properties(source), properties(destination)
    return [
        Difference(name, mine.get(name), there.get(name))
        for name in sorted({*mine, *there})
        if mine.get(name) != there.get(name)
    ]


def digests(record: Record) -> Mapping[str, str]:
    """Algorithm -> hex digest, as far as Glance recorded them.

    ``os_hash_value`` exists since Rocky; before that there is only md5.
    """
    found = {}
    if record.get("checksum"):
        found["md5"] = str(record["checksum"])
    if record.get("os_hash_algo") and record.get("os_hash_value"):
        found[str(record["os_hash_algo"])] = str(record["os_hash_value"])
    return found
