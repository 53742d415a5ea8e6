# SPDX-License-Identifier: Apache-2.0
"""What the first bytes of an image say it is, and whether Glance takes it as that.

Glance of 2025.1 and later looks at every upload with oslo.utils' format inspectors and
refuses what contradicts ``disk_format`` or looks unsafe (glance/location.py,
``set_data``); so does Nova before it builds from an image (nova/virt/images.py,
``do_image_deep_inspection``; older releases as a security update of 2024).  This file
looks with the same inspectors and judges by the same rules.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from typing import Any

from pumphouse.models import Record

KIND = "image format"
"""Of the facts that are kept about data, see ``outlook.Memory``."""

ENOUGH = 64 * 1024
"""Bytes from the start that tell all formats: ISO 9660 comes last, at 32 KiB."""

# What oslo.utils can tell; all else (ami, ploop) it takes for raw.
TOLD = frozenset(
    {"raw", "qcow2", "vhd", "vhdx", "vmdk", "vdi", "qed", "iso", "gpt", "luks"}
)


def look(head: bytes, size: int) -> dict[str, Any]:
    """What data of *size* bytes is that begins with *head*; never what is in it.

    :returns: ``formats``, as many as match, ``raw`` if none does, nothing if that
        cannot be told; ``unsafe``: format -> names of the checks that it fails
    """
    from oslo_utils.imageutils import format_inspector  # slow: brings cryptography

    # It logs what it finds as warnings of its own; here that is said in the plan.
    logging.getLogger(format_inspector.__name__).disabled = True
    wrapper = format_inspector.InspectWrapper(io.BytesIO(head))
    wrapper.read(len(head) or 1)
    wrapper.close()
    try:
        matching = sorted(wrapper.formats, key=str)
    except AttributeError:  # text that becomes data; Glance passes over it as well
        return {"formats": [], "unsafe": {}}
    whole = len(head) >= size
    unsafe = {str(each): _unsafe(each, whole) for each in matching}
    return {
        "formats": [str(each) for each in matching],
        "unsafe": {name: checks for name, checks in unsafe.items() if checks},
    }


def _unsafe(inspector: Any, whole: bool) -> list[str]:
    """The safety checks that it fails, of those that the first bytes allow."""
    from oslo_utils.imageutils import format_inspector

    if not whole and (not inspector.complete or inspector.has_region("footer")):
        return []  # what decides is further on
    try:
        inspector.safety_check()
    except format_inspector.SafetyCheckFailed as failed:
        return sorted(failed.failures)
    except format_inspector.ImageFormatError:
        return ["incomplete"]
    return []


def data_is(facts: Mapping[str, Any]) -> str:
    """The one format of the data; several, joined, where that is not clear; or ""."""
    formats = set(facts["formats"])
    if formats == {"iso", "gpt"}:  # a bootable ISO
        return "iso"
    return " and ".join(sorted(formats))


def refused(record: Record, facts: Mapping[str, Any]) -> str:
    """Why Glance does not take that data for this image; "" if it does."""
    wanted, found = record.get("disk_format"), data_is(facts)
    if record.get("container_format") != "bare" or not found:
        return ""
    if found not in TOLD:
        return f"its data looks like {found} at once"
    if found != wanted and wanted != "raw" and (found != "raw" or wanted in TOLD):
        return f"its disk_format is {wanted}, but its data is {_called(found)}"
    unsafe = facts["unsafe"].get(found)
    if unsafe:
        return f"its data, {_called(found)}, is unsafe ({', '.join(unsafe)})"
    return ""


def unbuildable(record: Record, facts: Mapping[str, Any]) -> str:
    """Why Nova may build no server of it, though Glance takes it; "" if it does."""
    found = data_is(facts)
    if record.get("disk_format") != "raw" or found in ("", "raw", "gpt"):
        return ""
    return f"its disk_format is raw, but its data is {_called(found)}"


def _called(found: str) -> str:
    return {"raw": "not", "gpt": "a raw disk with partitions (gpt)"}.get(found, found)
