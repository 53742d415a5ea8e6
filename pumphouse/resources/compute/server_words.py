# SPDX-License-Identifier: Apache-2.0
"""Words that Nova no longer takes, though it once did or a database has them.

The rules are those of ``nova/api/validation/parameter_types.py``, which are the same
from Zed to 2026.2.  A rename on the source is all that is needed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pumphouse.models import Record
from pumphouse.resources.compute.server_fields import own_tags

_MOST = 255  # characters of a name, a description, a key and a value of metadata
_MOST_OF_TAG = 60
_KEY = re.compile(r"[a-zA-Z0-9_:. -]{1,255}")
_TAG = re.compile(r"[^,/]*")


def refused(record: Record) -> str:
    """What of the server's words Nova would refuse, and what to do; "" if nothing."""
    return next(_refused(record), "")


def _refused(record: Record) -> Iterator[str]:
    server = record.get("id")
    name = str(record.get("name") or "")
    if not _printable(name) or name != name.strip() or not 0 < len(name) <= _MOST:
        yield (
            f"Nova no longer takes its name {name!r} (blanks at its ends, unprintable "
            f"or too many characters): 'openstack server set --name NAME {server}', "
            "then plan again"
        )
    text = str(record.get("description") or "")
    if not _printable(text) or len(text) > _MOST:
        yield (
            "Nova no longer takes its description (a line break, unprintable or more "
            f"than {_MOST} characters): 'openstack server set --description TEXT "
            f"{server}', then plan again"
        )
    for key, value in sorted((record.get("metadata") or {}).items()):
        if not _KEY.fullmatch(key) or len(str(value)) > _MOST:
            yield (
                f"Nova no longer takes its metadata {key!r} (letters, digits and "
                f"'-_:. ' in a key; {_MOST} characters): 'openstack server unset "
                f"--property KEY {server}', then plan again"
            )
    for tag in own_tags(record.get("tags")):
        if not _TAG.fullmatch(tag) or not 0 < len(tag) <= _MOST_OF_TAG:
            yield (
                f"Nova takes no tag {tag!r} (no ',' or '/', {_MOST_OF_TAG} "
                f"characters): 'openstack server unset --tag TAG {server}', then plan "
                "again"
            )


def _printable(text: str) -> bool:
    """As Nova says it: no control characters, and no separators but blanks."""
    return all(
        category == "Zs" or category[0] not in "CZ"
        for category in map(unicodedata.category, text)
    )
