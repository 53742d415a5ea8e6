# SPDX-License-Identifier: Apache-2.0
"""Names that a newer Neutron refuses, seen before anything is made.

Releases with neutron-lib's validator ``type:name_string`` take a name of printable
characters only, with no blank at either end.  Older ones took, and keep, any text.
No extension announces the validator, so the destination is asked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Finding, Record
from pumphouse.resources.outlook import Outlook

if TYPE_CHECKING:
    from pumphouse.resources.network.neutron import NeutronType

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id of nothing: Neutron gives none like it."""

_LAST = 0xFFFE  # the validator's pattern knows no character beyond


def suspicious(name: str) -> bool:
    """Whether ``type:name_string`` refuses that name."""
    # Its pattern ends with "$", which overlooks one line break at the very end.
    text = name[:-1] if len(name) > 1 and name.endswith("\n") else name
    if not text:
        return False
    blank = any(
        unicodedata.category(end).startswith("Z") for end in (text[0], text[-1])
    )
    return blank or not all(map(_printable, text))


def refused(kind: NeutronType, outlook: Outlook) -> Iterator[Finding]:
    """Which of the *kind*'s new ones the destination would not take for their names.

    One request for a kind that has such names, none otherwise.
    """
    found = [each for each in outlook.created(kind.name) if _named(kind, each.record)]
    if not found or not _strict(kind, outlook.destination, found[0].record["name"]):
        return
    for each in found:
        noun = kind.singular.replace("_", " ")
        yield Finding(
            each.ref,
            blocked=(
                f"the destination takes no name like {each.record['name']!r}: only "
                "printable characters, no blank at either end. Rename it on the "
                f"source: openstack {noun} set --name NAME {kind.member(each.ref.id)}"
            ),
        )


def _named(kind: NeutronType, record: Record) -> bool:
    return suspicious(str(record.get("name") or ""))


def _strict(kind: NeutronType, cloud: Cloud, name: str) -> bool:
    """Whether *cloud* refuses to give that name to something that does not exist.

    Neutron looks at the values of a request before it looks for what they are for:
    400 for the name, 404 for the rest.  Neither changes anything.
    """
    try:
        cloud.put(
            kind.service, f"{kind.path}/{NOBODY}", {kind.singular: {"name": name}}
        )
    except exceptions.CloudError as error:
        return error.status == 400
    return False


def _printable(character: str) -> bool:
    category = unicodedata.category(character)
    spaces = category.startswith("Z") and category != "Zs"
    return ord(character) <= _LAST and not category.startswith("C") and not spaces
