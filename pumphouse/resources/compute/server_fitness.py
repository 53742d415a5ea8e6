# SPDX-License-Identifier: Apache-2.0
"""Whether a server can be moved in mode ``image``, judged from its record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pumphouse.models import Record
from pumphouse.resources.base import Fitness
from pumphouse.resources.compute.server_fields import TASK, VOLUMES, ZONE

MOVABLE = ("ACTIVE", "SHUTOFF")

_WHAT_TO_DO = {
    "ERROR": "repair, rebuild or delete it",
    "PAUSED": "unpause it, or stop it",
    "SUSPENDED": "resume it, or stop it",
    "SHELVED": "unshelve it",
    "SHELVED_OFFLOADED": "unshelve it",
    "RESCUE": "unrescue it",
    "VERIFY_RESIZE": "confirm or revert its resize",
    "BUILD": "wait until it is built",
    "SOFT_DELETED": "restore it, or leave it out",
    "UNKNOWN": "its cell is down: bring that back first",
}


def judge(record: Record, options: Any) -> Fitness:
    """What stands in the way of moving it, and what cannot be kept.

    :param options: the migration options (``keep_availability_zone`` matters)
    """
    return Fitness(_blocked(record), tuple(_notes(record, options)))


def _blocked(record: Record) -> str:
    status = str(record.get("status"))
    if status not in MOVABLE:
        what = _WHAT_TO_DO.get(status, "bring it to ACTIVE or SHUTOFF")
        return f"it is in {status}{_fault(record)}: {what}, then plan again"
    if record.get(TASK):
        return f"it is busy ({record[TASK]}): plan again when that is over"
    if record.get("locked"):
        reason = record.get("locked_reason")
        why = f" ({reason})" if reason else ""
        return f"it is locked{why}: unlock it, then plan again"
    if record.get(VOLUMES):
        return (
            f"it has {len(record[VOLUMES])} volumes attached: volumes are not "
            "moved yet; detach them, or leave the server out"
        )
    if not record.get("image"):
        return "it boots from a volume: volumes are not moved yet; leave it out"
    if not (record.get("flavor") or {}).get("id"):
        return "the source does not say which flavor it has"
    return ""


def fault(record: Record) -> str:
    """What Nova says went wrong with it, in a few words; empty if nothing."""
    return str((record.get("fault") or {}).get("message") or "").strip().rstrip(".")


def _fault(record: Record) -> str:
    return f" ({fault(record)})" if fault(record) else ""


def _notes(record: Record, options: Any) -> Iterator[str]:
    flavor = record.get("flavor") or {}
    disks = "disks" if flavor.get("ephemeral") or flavor.get("swap") else "disk"
    yield (
        f"it is rebuilt from its image and gets another id: what is on its {disks} "
        "now stays behind, on the source"
    )
    zone = record.get(ZONE)
    if zone and zone != "nova" and not options.keep_availability_zone:
        yield f"its availability zone {zone} is not kept"
    for group in record.get("server_groups") or ():
        yield f"its place in server group {group} is not kept"
    if record.get("scheduler_hints"):
        hints = ", ".join(sorted(record["scheduler_hints"]))
        yield f"its scheduler hints ({hints}) are not kept"
    if record.get("trusted_image_certificates"):
        yield "its trusted image certificates are not kept"
    networks = record.get("addresses") or {}
    if len(networks) > 1 and any(_nics(network) > 1 for network in networks.values()):
        yield (
            "Nova tells the order of its NICs within each network only: NICs of "
            "one network come one after the other"
        )


def _nics(network: list[dict[str, Any]]) -> int:
    return len({address.get("OS-EXT-IPS-MAC:mac_addr") for address in network})
