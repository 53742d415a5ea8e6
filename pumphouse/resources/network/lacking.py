# SPDX-License-Identifier: Apache-2.0
"""Extensions that the destination lacks, for fields that are carried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pumphouse.models import Finding, Resource
from pumphouse.resources.fields import ABSENT, Field
from pumphouse.resources.outlook import Outlook

if TYPE_CHECKING:
    from pumphouse.resources.network.neutron import NeutronType


def extensions(kind: NeutronType, outlook: Outlook) -> Iterator[Finding]:
    """What of the *kind*'s new ones is lost because the destination cannot keep it.

    A field that the type calls vital blocks: without it the thing would be open to
    more than it was, or be something else.
    """
    wanted: list[tuple[Resource, list[Field]]] = []
    for each in outlook.created(kind.name):
        narrowed = kind.narrowed(each, outlook.options)
        said = [f for f in _extended(kind, outlook) if _said(narrowed, f)]
        wanted += [(each, said)] if said else []
    known = outlook.destination.extensions() if wanted else frozenset()
    for resource, fields in wanted:
        lost = [f.path for f in fields if kind.extensions[f.path] not in known]
        vital = [path for path in lost if path in kind.vital]
        if vital:
            yield Finding(resource.ref, blocked=_words(kind, vital, resource))
        elif lost:
            yield Finding(
                resource.ref,
                notes=(_words(kind, lost, resource),),
                announced=tuple(lost),
            )


def _extended(kind: NeutronType, outlook: Outlook) -> Iterator[Field]:
    for field in kind.fields:
        if (
            field.send
            and field.path in kind.extensions
            and field.active(outlook.options)
        ):
            yield field


def _said(resource: Resource, field: Field) -> bool:
    """Whether the record says something of *field* that its absence does not mean."""
    value = resource.record.get(field.path)
    if value is None:
        return False
    if field.default is ABSENT or field.default is None:
        return bool(value)
    return bool(value != field.default)


def _words(kind: NeutronType, paths: list[str], resource: Resource) -> str:
    said = [
        f"{path} ({resource.record[path]!r}) needs the extension "
        f"{kind.extensions[path]}, which the destination lacks"
        for path in paths
    ]
    return "; ".join(said)
