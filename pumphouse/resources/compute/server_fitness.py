# SPDX-License-Identifier: Apache-2.0
"""Whether a server can be moved in mode ``image``, judged from its record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pumphouse.models import Record
from pumphouse.resources.base import Fitness
from pumphouse.resources.compute import server_states, server_words
from pumphouse.resources.compute.server_fields import VOLUMES, ZONE

CLOUD_INIT = (
    "as it gets another id, cloud-init on it runs as on a first boot: user data, new "
    "SSH host keys (how to avert that: howto/first-boot in the documentation)"
)


def judge(record: Record, options: Any) -> Fitness:
    """What stands in the way of moving it, and what cannot be kept.

    :param options: the migration options (``keep_availability_zone``,
        ``move_paused_servers`` and ``move_locked_servers`` matter)
    """
    return Fitness(_blocked(record, options), tuple(_notes(record, options)))


def _blocked(record: Record, options: Any) -> str:
    state = server_states.blocked(record, options)
    if state:
        return state
    if record.get(VOLUMES):
        return (
            f"it has {len(record[VOLUMES])} volumes attached: volumes are not "
            "moved yet; detach them, or leave the server out"
        )
    if not record.get("image"):
        return "it boots from a volume: volumes are not moved yet; leave it out"
    if not (record.get("flavor") or {}).get("id"):
        return "the source does not say which flavor it has"
    return server_words.refused(record)


def _notes(record: Record, options: Any) -> Iterator[str]:
    flavor = record.get("flavor") or {}
    disks = "disks" if flavor.get("ephemeral") or flavor.get("swap") else "disk"
    yield (
        f"it is rebuilt from its image and gets another id: what is on its {disks} "
        "now stays behind, on the source"
    )
    yield CLOUD_INIT
    yield from server_states.notes(record, options)
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
