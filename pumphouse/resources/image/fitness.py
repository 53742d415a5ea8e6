# SPDX-License-Identifier: Apache-2.0
"""Whether an image can be moved as it is, judged from its record."""

from __future__ import annotations

from pumphouse.models import Record
from pumphouse.resources.base import Fitness
from pumphouse.resources.image.fields import MEANINGLESS, digests


def fitness(record: Record) -> Fitness:
    """What stands against moving an image, and what cannot be kept of it."""
    return Fitness(_blocked(record), tuple(_notes(record)))


def _blocked(record: Record) -> str:
    status = record.get("status")
    if status in ("queued", "saving", "uploading", "importing"):
        return f"it has no data yet (status {status}): finish its upload, or delete it"
    if status not in ("active", "deactivated"):
        return f"its data is not usable (status {status}): repair it, or delete it"
    if "snapshot_id" in str(record.get("block_device_mapping") or ""):
        return (
            "it is the snapshot of a server that boots from a volume: its data is in "
            "volume snapshots, not in the image"
        )
    if record.get("cinder_encryption_key_id"):
        return "its data is encrypted with a key of the source's key manager"
    return ""


def _notes(record: Record) -> list[str]:
    notes = []
    if record.get("status") == "deactivated":
        notes.append("is deactivated, and will be on the destination")
    if not digests(record):
        notes.append("the source recorded no hash of it: only its size can be compared")
    if record.get("img_signature_certificate_uuid"):
        notes.append(
            "its signature's certificate is not moved: servers that demand "
            "verified signatures will not boot from it"
        )
    kept_not = [name for name in MEANINGLESS if record.get(name)]
    if kept_not:
        notes.append(
            f"does not keep {', '.join(kept_not)}: "
            f"{'ids mean' if len(kept_not) > 1 else 'an id means'} nothing outside the "
            "source cloud"
        )
    return notes
