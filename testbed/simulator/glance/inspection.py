# SPDX-License-Identifier: Apache-2.0
"""What newer releases of Glance see in the first bytes of an upload."""

from __future__ import annotations

import io
import logging

from oslo_utils.imageutils import format_inspector as inspectors

ENOUGH = 64 * 1024  # bytes

# It would tell everybody what it finds
logging.getLogger(inspectors.__name__).disabled = True


def refusal(disk_format: str, container_format: str, head: bytes) -> str:
    """Why data that begins so is not taken as that; "" if it is."""
    if container_format != "bare":
        return ""
    wrapper = inspectors.InspectWrapper(io.BytesIO(head))
    wrapper.read(len(head) or 1)
    wrapper.close()
    try:
        found = {str(each): each for each in wrapper.formats}
    except AttributeError:  # text that becomes data
        return ""
    if found.keys() == {"iso", "gpt"}:
        del found["gpt"]
    if len(found) > 1:
        return f"Multiple formats detected: {','.join(found)}"
    ((name, inspector),) = found.items()
    odd = name == "raw" and disk_format not in inspectors.ALL_FORMATS
    if name != disk_format and disk_format != "raw" and not odd:
        return f"Image disk_format {disk_format} does not match stream data {name}"
    try:
        inspector.safety_check()
    except inspectors.SafetyCheckFailed:
        return "Image failed safety checks"
    except inspectors.ImageFormatError as error:
        return str(error)
    return ""
