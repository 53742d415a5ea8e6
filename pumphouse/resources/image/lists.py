# SPDX-License-Identifier: Apache-2.0
"""Reads images in bulk.

Glance's list has two traps: hidden images are in a list of their own, and
community images are left out unless ``visibility=all`` is said.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pumphouse.cloud.cloud import Cloud
from pumphouse.resources.base import chunks
from pumphouse.resources.listing import ID, PROJECT, Where

_PAGE = 1000  # Glance gives 25 a page unless told otherwise, and at most 1000
_VALUES = 20  # in one filter: names may be long, a URL may not
_PARALLEL = 8


def listed(
    cloud: Cloud, *, hidden: Iterable[bool] = (False, True), **filters: str
) -> Iterator[dict[str, Any]]:
    """Records of all images that pass *filters*, one list a kind of *hidden*."""
    for each in hidden:
        params = {**filters, "visibility": "all"}
        if each:
            params["os_hidden"] = "true"
        yield from cloud.list(
            "image", "/images", "images", params=params, page_size=_PAGE
        )


def those(cloud: Cloud, which: Where) -> Iterator[dict[str, Any]]:
    """Records of the images that *which* means, and perhaps others."""
    if which.field == ID:
        missing = set(which.values)
        for hidden in (False, True):
            found = [
                image
                for wanted in filters_of(missing)
                for image in listed(cloud, hidden=[hidden], id=wanted)
            ]
            missing -= {image["id"] for image in found}
            yield from found
    elif which.field == PROJECT:
        for owner in sorted(which.values):
            yield from listed(cloud, owner=owner)
    elif which.field == "name":
        for wanted in filters_of(which.values):
            yield from listed(cloud, name=wanted)
    else:
        yield from listed(cloud)


def filters_of(values: Collection[str]) -> Iterator[str]:
    """As few filters as together mean *any of these values*.

    Glance's ``in:`` takes no value that contains a quote or a backslash.
    """
    odd = {value for value in values if '"' in value or "\\" in value}
    for batch in chunks(sorted({*values} - odd), _VALUES):
        yield "in:" + ",".join(f'"{value}"' for value in batch)
    for value in sorted(odd):
        yield f"eq:{value}"


def with_members(
    cloud: Cloud, records: Collection[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The records; those of shared images with their ``members``.

    No list says with whom an image is shared: one request for each of them.
    """
    with concurrent.futures.ThreadPoolExecutor(_PARALLEL) as pool:
        yield from pool.map(lambda record: _with_members(cloud, record), records)


def _with_members(cloud: Cloud, record: dict[str, Any]) -> dict[str, Any]:
    if record.get("visibility") != "shared":
        return record
    found = cloud.find("image", f"/images/{record['id']}/members", "members") or []
    members = [{"member_id": m["member_id"], "status": m["status"]} for m in found]
    return {**record, "members": members}
