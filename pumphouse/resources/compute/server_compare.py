# SPDX-License-Identifier: Apache-2.0
"""Compares a server with its destination half, where a field alone cannot say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pumphouse import exceptions
from pumphouse.models import Difference, Record, Ref, Resource
from pumphouse.resources.compute import server_hostname, server_nics, server_states
from pumphouse.resources.compute.server_fields import (
    FIELDS,
    HOSTNAME,
    OWNER,
    USER_DATA,
    ZONE,
)
from pumphouse.resources.context import Context
from pumphouse.resources.fields import Translate

# Judged here, not by their declarations.
_SPECIAL = {"addresses", "key_name", HOSTNAME, USER_DATA}
# What the plan was drawn up from, and must still be so.
_PLANNED = {"name", "description", "metadata", "tags", "key_name", "image", "flavor"}


class _Everything:
    """Migration options under which all addresses count."""

    keep_mac_addresses = keep_fixed_ips = keep_floating_ip_addresses = True


def differences(
    declared: Iterable[Difference],
    source: Resource,
    destination: Resource,
    translate: Translate,
    options: Any,
) -> tuple[Difference, ...]:
    """The differences that count.

    :param declared: those that the declarations of the fields found
    """
    found = [d for d in declared if d.field not in _SPECIAL]
    if server_states.woken(source.record, options):
        arrived = destination.record.get("status") in server_states.MOVABLE
        found = [d for d in found if d.field != "status" or not arrived]
    found += _key(source, destination.record, translate)
    found += _user_data(source.record, destination.record)
    found += _addresses(source.record, destination.record, options)
    found += _hostname(source.record, destination.record)
    return tuple(found)


def losable(ctx: Context, resource: Resource) -> set[str]:
    """Fields that cannot always be kept, which is no reason to put a server back.

    Its owner, who may not be able to create it.  Its zone: one that was asked for it
    gets, so another can only be where the default zone is.  And its host name, where
    the destination does not take that.
    """
    lost = {HOSTNAME} if server_hostname.lost(ctx.destination, resource.record) else {}
    return {OWNER, ZONE, *lost}


def changed(planned: Record, now: Record) -> tuple[Difference, ...]:
    """What of the source is not as it was when the plan was drawn up."""
    found = []
    for field in FIELDS:
        if field.path in _PLANNED:
            was = field.comparable(planned.get(field.path))
            is_ = field.comparable(now.get(field.path))
            if was != is_:
                found.append(Difference(field.path, was, is_))
    return (*found, *_addresses(planned, now, _Everything, floating=False))


def check_tags(
    ctx: Context, resource: Resource, there: str, ports: Collection[Record]
) -> None:
    """Whether its NICs got the device tags that they have on the source.

    :param there: its id on the destination
    :param ports: what ``server_nics.ports_of`` said of the source
    :raises DestinationDiffers: they did not
    """
    wanted = {
        ctx.destination_id(Ref("port", port["id"])): port["tag"]
        for port in ports
        if port.get("tag")
    }
    if not wanted:
        return
    found = server_nics.tags_of(ctx.destination, there)
    if found != wanted:
        raise exceptions.DestinationDiffers(
            "on the destination the device tags of its NICs came out otherwise: "
            f"{sorted(wanted.values())} -> {sorted(found.values())}",
            resource=str(resource),
        )


def _addresses(
    one: Record, other: Record, options: Any, *, floating: bool = True
) -> Iterator[Difference]:
    should = server_nics.comparable(one, options, floating=floating)
    is_ = server_nics.comparable(other, options, floating=floating)
    if should != is_:
        yield Difference("addresses", should, is_)


def _key(source: Resource, there: Record, translate: Translate) -> Iterator[Difference]:
    name = source.record.get("key_name") or None
    if name:
        # One that was deleted since the server was created is not kept.
        ref = Ref("keypair", f"{source.record.get('user_id')}/{name}")
        known = translate(ref)
        name = known.partition("/")[2] if known else None
    if name != (there.get("key_name") or None):
        yield Difference("key_name", name, there.get("key_name"))


def _hostname(here: Record, there: Record) -> Iterator[Difference]:
    if here.get(HOSTNAME) and HOSTNAME in there and here[HOSTNAME] != there[HOSTNAME]:
        yield Difference(HOSTNAME, here[HOSTNAME], there[HOSTNAME])


def _user_data(here: Record, there: Record) -> Collection[Difference]:
    one, other = here.get(USER_DATA), there.get(USER_DATA)
    if isinstance(one, bool) or isinstance(other, bool):
        one, other = bool(one), bool(other)  # a saved plan knows only whether
    if (one or None) == (other or None):
        return ()
    shown = "(another)" if one and other else None
    return (Difference(USER_DATA, "(secret)" if one else None, shown),)
