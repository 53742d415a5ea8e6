# SPDX-License-Identifier: Apache-2.0
"""Makes the record of an image on the destination, exactly once.

Its id there is derived from its id on the source: two tries, even of two
processes that know nothing of each other, ask for the same one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pumphouse import exceptions
from pumphouse.models import CloudPair, Record, Resource
from pumphouse.resources.context import Context

_NAMESPACE = uuid.UUID("5f3c2a52-7d0c-4f5e-9b8a-0c6f5f6f1d3e")
# Glance never gives an id out again, not even after deletion; so each new try
# after a deletion has an id of its own, and this many are looked through.
_LIVES = 50


def new_id(pair: CloudPair, source_id: str, life: int = 0) -> str:
    """The destination id of that source image.

    :param life: how often it was made and deleted before
    """
    return str(uuid.uuid5(_NAMESPACE, f"{pair}\n{source_id}\n{life}"))


def create(
    ctx: Context,
    resource: Resource,
    body: Mapping[str, Any],
    of_use: Callable[[Record], bool],
) -> str:
    """Make the record that *body* describes, without data; its id.

    One request, unless it is there or was deleted before.

    :param of_use: whether what is there already can be gone on with; removes it if not
    :raises ResourceError: it was deleted too often
    """
    for life in range(_LIVES):
        image_id = new_id(ctx.pair, resource.ref.id, life)
        try:
            ctx.destination.post("image", "/images", {**body, "id": image_id})
        except exceptions.Conflict:
            # Ours, from an earlier try, or an earlier life of it, deleted.
            there = ctx.destination.find("image", f"/images/{image_id}")
            if there is None or not of_use(there):
                continue
        return image_id
    raise exceptions.ResourceError(
        f"it was made and deleted {_LIVES} times on the destination",
        resource=str(resource),
        hint="Purge deleted images there (glance-manage db purge), then resume",
    )
