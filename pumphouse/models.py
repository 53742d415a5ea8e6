# SPDX-License-Identifier: Apache-2.0
"""The frozen data that passes between stages: references, resources, decisions.

The words are those of the architecture page, section "Words".  Nothing here
knows a cloud, a database or a flow.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PROJECT = "project"
USER = "user"
"""The types of what nearly everything belongs to, and of who Pumphouse itself is."""

Record = Mapping[str, Any]
"""What an API said of one resource: its JSON object, as it came."""


class Ref(NamedTuple):
    """Names one source resource: its type and its source id.

    Composite ids are spelled out by the type, e.g. ``keypair:<user id>/<name>``.
    """

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """The reference that ``str(ref)`` spelled.

        :raises ValueError: without a colon
        """
        kind, colon, source_id = text.partition(":")
        if not colon or not kind or not source_id:
            raise ValueError(f"{text!r} is not TYPE:ID")
        return cls(kind, source_id)


@dataclass(frozen=True, slots=True)
class Need:
    """One reference from a resource to another: *needs first*, and why.

    :param must: without it the resource cannot be migrated; otherwise it may be
        missing on the source (a deleted user's server is still a server)
    :param brings: it comes along with the resource; otherwise it only goes
        first if it is part of the plan anyway
    :param enabled: the resource is made within it, which has to be enabled for that:
        what it is made with is a token of it, say
    :param otherwise: what is done where that cannot be had and need not (``must``),
        for the plan
    :param field: the field that then differs, as ``compare`` names it; empty if none
    """

    ref: Ref
    why: str
    must: bool = True
    brings: bool = True
    enabled: bool = False
    otherwise: str = ""
    field: str = ""


NOT_KEPT = "not_kept"
"""In what a step says of a resource: fields that it knows could not be kept.

A list of their names; those of all steps of one resource add up.
"""


@dataclass(frozen=True, slots=True)
class Resource:
    """A reference plus what its cloud says about it, read once.

    ``record`` never holds a secret: the type strips those before it makes one.
    """

    ref: Ref
    name: str
    record: Record = field(hash=False)
    project_id: str = ""

    def __str__(self) -> str:
        return f"{self.ref.type} {self.label}"

    @property
    def label(self) -> str:
        """Its name; its id if it has none."""
        return self.name or self.ref.id


class Action(enum.StrEnum):
    """What will happen to one node of the plan."""

    CREATE = "create"  # does not exist on the destination: make it
    ADOPT = "adopt"  # exists and is equal: use it
    MAP = "map"  # the operator named what takes its place
    SKIP = "skip"  # migrated by an earlier run; differences: what changed since
    BLOCKED = "blocked"  # cannot be carried out as it is
    LEFT_OUT = "left-out"  # blocked, or needs what is: the operator goes without it


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two sides differ.  Values are JSON; secrets never."""

    field: str
    source: Any
    destination: Any

    def __str__(self) -> str:
        return f"{self.field}: {self.source!r} -> {self.destination!r}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one node, with the reason and the field differences.

    One that is to be created and has a ``destination_id`` was begun by an earlier run:
    that is what it is going to be, once it is finished.
    """

    action: Action
    reason: str
    destination_id: str = ""
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()  # what cannot be kept, said before it happens
    announced: tuple[str, ...] = ()  # fields that will differ: a note says why
    size: int = 0  # bytes to move
    replaces: str = ""  # a binding to this destination id is stale: it is gone


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out before anything happens, of one node or of the whole plan.

    :param ref: the node it is about; None: the plan as a whole
    :param blocked: why the node cannot be carried out as it is, and what to do
    :param notes: what the operator should know; what cannot be kept
    :param announced: fields that will differ, as ``compare`` names them; a note says
        why.  A verification tells them apart from what should not differ
    """

    ref: Ref | None
    blocked: str = ""
    notes: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()


class Origin(enum.StrEnum):
    """Where a destination resource came from."""

    CREATED = "created"  # a run made it: rollback may delete it
    ADOPTED = "adopted"  # it was there and equal
    REGISTERED = "registered"  # the operator said so


@dataclass(frozen=True, slots=True)
class Binding:
    """Source reference -> destination id, for one pair of clouds."""

    ref: Ref
    destination_id: str
    origin: Origin
    run_id: str = ""
    name: str = ""
    created_at: str = ""  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class CloudPair:
    """The two clouds a plan is about, by identity (not by clouds.yaml name).

    Each is ``<auth url>|<region>``, so that renaming an entry of clouds.yaml
    loses no binding and pointing a name elsewhere reuses none.
    """

    source: str
    destination: str

    def __str__(self) -> str:
        return f"{self.source} -> {self.destination}"
