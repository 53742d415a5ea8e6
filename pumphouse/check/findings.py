# SPDX-License-Identifier: Apache-2.0
"""What one look came to."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pumphouse import exceptions


class State(enum.StrEnum):
    """How good or bad a finding is; the worst first."""

    ERROR = "error"
    """A migration would fail."""
    WARNING = "warning"
    """One may go on, and should know."""
    UNKNOWN = "not looked at"
    """It could not be looked at, or not without changing something."""
    OK = "ok"


class Place(enum.StrEnum):
    """Where a finding is."""

    FILES = "files"
    SOURCE = "source"
    DESTINATION = "destination"
    BOTH = "both clouds"
    DATABASE = "database"


@dataclass(frozen=True)
class Finding:
    """One line for the operator.

    :param check: which look it was, as the reference lists them
    :param text: what was found, and what to do about it
    """

    state: State
    place: Place
    check: str
    text: str


class Looks:
    """Collects what the looks at one place come to.

    :param place: where
    """

    def __init__(self, place: Place) -> None:
        self.place = place

    def ok(self, check: str, text: str) -> Finding:
        return Finding(State.OK, self.place, check, text)

    def warning(self, check: str, text: str) -> Finding:
        return Finding(State.WARNING, self.place, check, text)

    def error(self, check: str, text: str) -> Finding:
        return Finding(State.ERROR, self.place, check, text)

    def unknown(self, check: str, text: str) -> Finding:
        return Finding(State.UNKNOWN, self.place, check, text)

    def look(
        self,
        check: str,
        looks: Callable[[], Iterable[Finding]],
        state: State = State.ERROR,
    ) -> Iterator[Finding]:
        """What *looks* finds; an error that it ends with is one more finding.

        :param state: of that error
        """
        try:
            yield from looks()
        except exceptions.PumphouseError as error:
            yield Finding(state, self.place, check, str(error))


ORDER = tuple(State)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By how bad they are, then as they were found."""
    return sorted(findings, key=lambda finding: ORDER.index(finding.state))


def failing(findings: Iterable[Finding]) -> bool:
    """Whether anything would make a migration fail."""
    return any(finding.state is State.ERROR for finding in findings)
