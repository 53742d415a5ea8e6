# SPDX-License-Identifier: Apache-2.0
"""Looks at the first bytes of images, at each data once, whatever has it.

What was found is kept by the data's hash, so that neither the next plan nor another
image with the same data asks again.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Collection, Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Record, Ref, Resource
from pumphouse.resources.image import formats, lists
from pumphouse.resources.outlook import Memory
from pumphouse.transfer.glance import ImageData

Facts = Mapping[str, Any]


def key(record: Record) -> str:
    """What names the data: its hash; "" if its cloud recorded none."""
    if record.get("os_hash_algo") and record.get("os_hash_value"):
        return f"{record['os_hash_algo']}:{record['os_hash_value']}"
    return f"md5:{record['checksum']}" if record.get("checksum") else ""


def facts_of(
    cloud: Cloud, images: Collection[Resource], memory: Memory
) -> dict[Ref, Facts | exceptions.CloudError]:
    """What the data of these images is, or why it cannot be read.

    One request for each data that is not known yet.
    """
    keys = {each.ref: key(each.record) for each in images}
    known = dict(memory.known(formats.KIND, {k for k in keys.values() if k}))
    new: dict[str, Resource] = {}  # one of those that have it
    for each in images:
        if keys[each.ref] not in known:
            new.setdefault(keys[each.ref] or each.ref.id, each)
    with concurrent.futures.ThreadPoolExecutor(lists._PARALLEL) as pool:
        looked = pool.map(lambda each: _seen(cloud, each), new.values())
        seen = dict(zip(new, looked, strict=True))
    learnt = {k: f for k, f in seen.items() if not isinstance(f, exceptions.CloudError)}
    memory.learn(
        formats.KIND, {k: f for k, f in learnt.items() if k in {*keys.values()}}
    )
    found: dict[Ref, Facts | exceptions.CloudError] = {}
    for each in images:
        name = keys[each.ref]
        found[each.ref] = known[name] if name in known else seen[name or each.ref.id]
    return found


def _seen(cloud: Cloud, image: Resource) -> Facts | exceptions.CloudError:
    size = int(image.record.get("size") or 0)
    try:
        head = ImageData(cloud, image.ref.id).head(min(size, formats.ENOUGH))
    except exceptions.CloudError as error:
        return error
    return formats.look(head, size)
