# SPDX-License-Identifier: Apache-2.0
"""Values that one release takes and the other refuses, as neutron-lib checks them."""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Iterable

from testbed.simulator.errors import bad
from testbed.simulator.tables import Record

MOST_TAGS = 50
_MULTICAST = (ipaddress.ip_network("224.0.0.0/4"), ipaddress.ip_network("ff00::/8"))


def must_be_named(asked: Record) -> None:
    """``type:name_string``: printable characters, no blank at either end.

    :raises ApiError: 400
    """
    name = asked.get("name")
    if not isinstance(name, str) or not name:
        return
    text = name[:-1] if name.endswith("\n") else name  # "$" overlooks one
    ends = text[:1] + text[-1:]
    if not text or not all(map(_printable, text)) or any(map(_blank, ends)):
        raise bad(f"Invalid input for name. Reason: '{name}' is not a valid string.")


def must_be_unicast(pairs: Iterable[Record]) -> None:
    """No multicast in allowed address pairs.

    :raises ApiError: 400
    """
    for pair in pairs:
        address = str(pair["ip_address"])
        net = ipaddress.ip_network(address, strict=False)
        groups = [each for each in _MULTICAST if each.version == net.version]
        if address != "0.0.0.0/0" and net.overlaps(groups[0]):
            raise bad(f"IP {address} is a multicast address, which is not supported.")
        mac = pair.get("mac_address")
        if mac and int(mac[:2], 16) & 1:
            raise bad(
                f"MAC address {mac} is a multicast address, which is not supported."
            )


def must_be_few(collection: str, tags: Iterable[str]) -> None:
    """So many tags of one resource.

    :raises ApiError: 400
    """
    if len({*tags}) > MOST_TAGS:
        raise bad(
            f"Bad {collection} request: The number of tags exceed the per-resource "
            f"limit of {MOST_TAGS}.",
            "BadRequest",
        )


def _blank(character: str) -> bool:
    return unicodedata.category(character) == "Zs"


def _printable(character: str) -> bool:
    category = unicodedata.category(character)
    return ord(character) < 0xFFFF and (
        category == "Zs" or category[0] not in ("C", "Z")
    )
