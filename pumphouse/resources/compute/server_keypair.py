# SPDX-License-Identifier: Apache-2.0
"""Lends the operator a user's keypair, for servers whose owner cannot create them.

Nova looks up ``key_name`` among the keypairs of whoever creates the server, and
copies the public key into it.  So the operator has one of that name for the
moment of creation.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from pumphouse import exceptions
from pumphouse.models import Ref
from pumphouse.resources.context import Context

LOG = logging.getLogger(__name__)

KEYPAIR = "keypair"  # kind of intent; its undo: delete that keypair of the operator
_MICROVERSION = "2.92"  # other users' since 2.10, more characters since 2.92


@contextmanager
def lent(ctx: Context, name: str, owner_id: str) -> Iterator[None]:
    """The operator has a keypair *name* inside the block, equal to the owner's.

    :param owner_id: a destination user
    :raises ResourceError: the operator has another keypair of that name
    """
    cloud, path = ctx.destination, _path(name)
    with ctx.exclusively("keypair", name):
        wanted = cloud.get(
            "compute",
            path,
            "keypair",
            params={"user_id": owner_id},
            microversion=_MICROVERSION,
        )
        _take_back(ctx, name)
        own = cloud.find("compute", path, "keypair", microversion=_MICROVERSION)
        if own is not None:
            if own["public_key"] != wanted["public_key"]:
                raise exceptions.ResourceError(
                    f"its owner cannot create it, and Pumphouse's own user on the "
                    f"destination has another keypair named {name!r}",
                    hint="Rename or delete that keypair of Pumphouse's user, or "
                    "enable the owner, then resume",
                )
            yield
            return
        ctx.temporary(KEYPAIR, _ref(ctx, name), name=name)
        keypair = {k: wanted[k] for k in ("name", "public_key", "type") if k in wanted}
        cloud.post(
            "compute", "/os-keypairs", {"keypair": keypair}, microversion=_MICROVERSION
        )
        try:
            yield
        finally:
            _give_back(ctx, name)


def take_back(ctx: Context, name: str) -> None:
    """Delete what was lent by a run that was killed, if anything."""
    with ctx.exclusively("keypair", name):
        _take_back(ctx, name)


def _give_back(ctx: Context, name: str) -> None:
    """Delete it, now that it was of use.

    Whether that succeeds says nothing of what it was of use for.  If it does not,
    it stays in the journal, for the next that lends it and for ``cleanup``.
    """
    try:
        _take_back(ctx, name)
    except exceptions.PumphouseError as error:
        LOG.warning("the keypair %s, lent for a while, is left: %s", name, error)


def _take_back(ctx: Context, name: str) -> None:
    intent = ctx.unsettled(KEYPAIR, _ref(ctx, name))
    if intent is not None:
        path = _path(name)
        ctx.destination.delete("compute", path, microversion=_MICROVERSION)
        ctx.settle(intent)


def _ref(ctx: Context, name: str) -> Ref:
    return Ref("keypair", f"{ctx.destination.user_id}/{name}")


def _path(name: str) -> str:
    return f"/os-keypairs/{quote(name, safe='')}"
