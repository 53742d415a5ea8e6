# SPDX-License-Identifier: Apache-2.0
"""What a verification found, thing by thing, and what of that is a fault."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pumphouse.models import Difference, Resource

EXISTENCE = "(existence)"
"""Stands for a field where a thing as a whole is there or is not."""


class Verdict(enum.StrEnum):
    """What one finding of a verification means."""

    DIFFERENT = "different"
    NOT_KEPT = "not kept"  # the run found that it could not be
    ANNOUNCED = "as announced"  # the plan said that it would differ
    NOT_MIGRATED = "not migrated"
    ROLLED_BACK = "rolled back"
    UNFINISHED = "unfinished"  # something stands for it, and the run is not done
    LEFT_OUT = "left out"  # the operator went without it
    NOT_PLANNED = "not in the plan"  # on the source, perhaps since then
    NO_SOURCE = "not from the source"  # within what was created


FINE = (Verdict.ANNOUNCED, Verdict.LEFT_OUT)
"""What is as the plan said it would be."""


class Row(NamedTuple):
    """One finding."""

    resource: Resource
    difference: Difference
    verdict: Verdict


@dataclass
class Verification:
    """What a verification found.

    :param verified: how many are equal, but for what was announced or not kept
    :param differing: which are not, and in what
    :param not_kept: what the run said it could not keep
    :param announced: what differs as the plan said it would
    :param unbound: planned, but nothing stands for them (yet)
    :param unfinished: something stands for them, but no run came to their end
    :param left_out: planned to be left out
    :param unplanned: on the source, part of what was selected, and not in the plan
    :param sourceless: on the destination, within what was created, from nowhere
    :param not_compared: the operator said what takes their place
    :param sets: whether the last two were looked for: a plan of an earlier release
        does not know what it was drawn up for
    :param undone_by: the rollback that took the run back, if one did
    """

    verified: int = 0
    differing: list[tuple[Resource, tuple[Difference, ...]]] = field(
        default_factory=list
    )
    not_kept: list[tuple[Resource, Difference]] = field(default_factory=list)
    announced: list[tuple[Resource, Difference]] = field(default_factory=list)
    unbound: list[Resource] = field(default_factory=list)
    unfinished: list[Resource] = field(default_factory=list)
    left_out: list[Resource] = field(default_factory=list)
    unplanned: list[Resource] = field(default_factory=list)
    sourceless: list[Resource] = field(default_factory=list)
    not_compared: int = 0
    sets: bool = True
    undone_by: str = ""

    @property
    def complete(self) -> bool:
        """Whether all is there and equal, but for what the plan said of it."""
        return all(row.verdict in FINE for row in self.rows())

    def rows(self) -> Iterator[Row]:
        """Each thing that is not as on the source, with what that means."""
        for resource, differences in self.differing:
            for each in differences:
                yield Row(resource, each, Verdict.DIFFERENT)
        for resource, each in self.not_kept:
            yield Row(resource, each, Verdict.NOT_KEPT)
        gone = Verdict.ROLLED_BACK if self.undone_by else Verdict.NOT_MIGRATED
        yield from _existing(self.unbound, "planned", "not migrated", gone)
        yield from _existing(
            self.unfinished, "planned", "begun, not finished", Verdict.UNFINISHED
        )
        yield from _existing(self.unplanned, "present", "none", Verdict.NOT_PLANNED)
        yield from _existing(self.sourceless, "none", "present", Verdict.NO_SOURCE)
        yield from _existing(self.left_out, "present", "none", Verdict.LEFT_OUT)
        for resource, each in self.announced:
            yield Row(resource, each, Verdict.ANNOUNCED)

    def summary(self) -> str:
        """One line for people."""
        count = sum(len(d) for _, d in self.differing)
        parts = [f"{self.verified} verified, {count} differences"]
        for fields, what in (
            (self.announced, "as announced"),
            (self.not_kept, "not kept"),
        ):
            if fields:
                parts.append(f"{len(fields)} {what} ({_counted(fields)})")
        for things, what in (
            (self.unbound, "not migrated"),
            (self.unfinished, "unfinished"),
            (self.left_out, "left out"),
            (self.unplanned, "not in the plan"),
            (self.sourceless, "not from the source"),
        ):
            if things:
                parts.append(f"{len(things)} {what}")
        if self.not_compared:
            parts.append(f"{self.not_compared} mapped by the operator and not compared")
        return ", ".join(parts)


def _existing(
    resources: Sequence[Resource], source: str, there: str, verdict: Verdict
) -> Iterator[Row]:
    for resource in resources:
        yield Row(resource, Difference(EXISTENCE, source, there), verdict)


def _counted(fields: Sequence[tuple[Resource, Difference]]) -> str:
    names = Counter(f"{r.ref.type} {d.field}" for r, d in fields)
    return ", ".join(f"{n} {name}" for name, n in sorted(names.items()))
