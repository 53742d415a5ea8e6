# SPDX-License-Identifier: Apache-2.0
"""Fields: what becomes of each thing that an API says about a resource.

A resource type declares *every* field that its API returns, on any supported
release, as one of

=========  ==================================================================
copied     sent to the destination as it is, and compared afterwards
reference  the id of another source resource: sent, mapped to what stands for
           it on the destination, and compared
optional   copied only if the named migration option is on
compared   not sent (the cloud sets it), but must be equal afterwards
dropped    not carried, for the stated reason
=========  ==================================================================

A field that is declared nowhere fails the conformance suite on the real clouds,
so that nothing is lost silently when an API grows.

References may sit inside a value.  ``refs`` names the places in a small path
language: ``""`` is the value itself, ``[]`` each element of a list, and a word
the value under that key; parts are joined by dots: ``[].subnet_id``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pumphouse.models import Need, Record, Ref

Translate = Callable[[Ref], str | None]
"""Gives the destination id that stands for a source reference, or None."""

Normal = Callable[[Any], Any]
"""Brings a value into the one form in which both sides are compared."""

UNMAPPED = "(not on the destination)"
"""Stands in a translated value where a reference has no destination id."""


class Fate(enum.StrEnum):
    COPIED = "copied"
    REFERENCE = "reference"
    OPTIONAL = "optional"
    COMPARED = "compared"
    DROPPED = "dropped"


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one resource type.

    :param path: its key in the API's JSON object
    :param fate: what becomes of it
    :param why: for a dropped field the reason; for a reference what it is for
    :param refs: where references sit in the value: path -> resource type
    :param option: name of the migration option that turns the field on
    :param send: whether it goes into the request that creates the resource
    :param omit_none: leave it out of that request when it is None
    :param default: what its absence means, for comparison between releases
    :param normal: brings a value into comparable form, e.g. ``sorted``
    :param must: a reference without which the resource cannot be migrated;
        otherwise the field is left empty when nothing stands for it
    :param brings: whether what it refers to comes along, see ``models.Need``
    :param enabled: whether what it refers to has to be enabled, see there as well
    :param otherwise: what is done without it, see there as well
    :param secret: its value never leaves the process; only its presence does
    """

    path: str
    fate: Fate
    why: str = ""
    refs: Mapping[str, str] = field(default_factory=dict)
    option: str = ""
    send: bool = True
    omit_none: bool = True
    default: Any = ABSENT
    normal: Normal | None = None
    secret: bool = False
    must: bool = True
    brings: bool = True
    enabled: bool = False
    otherwise: str = ""

    def active(self, options: Any) -> bool:
        """Whether the field is carried under these migration options."""
        if self.fate is Fate.DROPPED:
            return False
        return not self.option or bool(getattr(options, self.option))

    def needs(self, record: Record) -> Iterator[Need]:
        """The references in this field of *record*."""
        value = record.get(self.path)
        if value is None:
            return
        for path, kind in self.refs.items():
            found: list[str] = []
            rewrite(value, path, found.append)
            for source_id in found:
                why = self.why or self.path
                yield Need(
                    Ref(kind, source_id),
                    why,
                    must=self.must,
                    brings=self.brings,
                    enabled=self.enabled,
                    otherwise=self.otherwise,
                    field="" if self.must else self.path,
                )

    def translated(self, record: Record, translate: Translate) -> Any:
        """The value as it should be on the destination."""
        value = record.get(self.path)
        missing = UNMAPPED if self.must and self.brings else None
        for path, kind in self.refs.items():
            value = rewrite(value, path, _mapped(kind, translate, missing))
        return value

    def comparable(self, value: Any) -> Any:
        """*value* in the form in which both sides are compared."""
        if value is None and self.default is not ABSENT:
            value = self.default
        return self.normal(value) if self.normal and value is not None else value


def _mapped(kind: str, translate: Translate, missing: Any) -> Callable[[str], Any]:
    return lambda source_id: translate(Ref(kind, source_id)) or missing


def rewrite(value: Any, path: str, change: Callable[[str], Any]) -> Any:
    """A copy of *value* with each id at *path* replaced by ``change(id)``.

    Missing keys, None and empty ids are left as they are.
    """
    return _rewrite(value, tuple(filter(None, path.split("."))), change)


def _rewrite(value: Any, parts: tuple[str, ...], change: Callable[[str], Any]) -> Any:
    if value is None or value == "":
        return value
    if not parts:
        return change(value)
    head, rest = parts[0], parts[1:]
    if head == "[]":
        return [_rewrite(item, rest, change) for item in value]
    if head not in value:
        return value
    return {**value, head: _rewrite(value[head], rest, change)}


def copied(path: str, **more: Any) -> Field:
    """A field sent as it is (references inside it mapped) and compared."""
    return Field(path, Fate.COPIED, **more)


def reference(path: str, to: str, why: str, **more: Any) -> Field:
    """A field that holds the id of a resource of type *to*."""
    return Field(path, Fate.REFERENCE, why=why, refs={"": to}, **more)


def references(path: str, to: str, why: str, **more: Any) -> Field:
    """A field that holds a list of ids of resources of type *to*."""
    more.setdefault("normal", sorted)
    return Field(path, Fate.REFERENCE, why=why, refs={"[]": to}, **more)


def optional(path: str, option: str, **more: Any) -> Field:
    """A field copied only under the migration option *option*."""
    return Field(path, Fate.OPTIONAL, option=option, **more)


def compared(path: str, **more: Any) -> Field:
    """A field the cloud sets itself, which must come out equal."""
    return Field(path, Fate.COMPARED, send=False, **more)


def dropped(path: str, why: str) -> Field:
    """A field that is not carried, and why."""
    return Field(path, Fate.DROPPED, why=why, send=False)


def by_key(*keys: str) -> Normal:
    """A normal form for a list of objects whose order means nothing."""

    def normal(items: Any) -> Any:
        return sorted(items, key=lambda item: [str(item.get(k)) for k in keys])

    return normal
