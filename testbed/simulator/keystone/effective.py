# SPDX-License-Identifier: Apache-2.0
"""Role assignments as they work out: for each user and project, and by what way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from testbed.simulator.tables import Record


@dataclass(frozen=True)
class Effect:
    """One user has one role in one place.

    :param place: where it counts, ``("project", id)``
    :param given: where it was given, which is above *place* if it was inherited
    :param group: whose member has it, "" for a user's own
    :param prior: the role that implies it, "" for one that was given
    """

    user: str
    role: str
    place: tuple[str, str]
    given: tuple[str, str]
    group: str = ""
    prior: str = ""

    @property
    def link(self) -> str:
        """The path of the assignment that it comes from, as Keystone puts it."""
        kind, where = self.given
        actor = f"groups/{self.group}" if self.group else f"users/{self.user}"
        path = f"{kind}s/{where}/{actor}/roles/{self.prior or self.role}"
        if self.given == self.place:
            return path
        return f"OS-INHERIT/{path}/inherited_to_projects"


def effects(
    state: Any, members: Callable[[str], Iterable[str]], place: tuple[str, str]
) -> Iterator[Effect]:
    """Who has which role in *place*; those of domains imply only, and are left out."""
    for each in state.assignments:
        if each["inherited"] != (each["place"] != place):
            continue
        if each["inherited"] and each["place"] not in _above(state, place):
            continue
        kind, who = each["actor"]
        for user in members(who) if kind == "group" else (who,):
            group = who if kind == "group" else ""
            one = Effect(user, each["role"], place, each["place"], group)
            yield from _global(state, [one, *_implied(state, one)])


def _implied(state: Any, given: Effect) -> Iterator[Effect]:
    seen, left = {given.role}, [given.role]
    while left:
        prior = left.pop()
        for rule in state.implied:
            if rule["prior"] == prior and rule["implies"] not in seen:
                seen.add(rule["implies"])
                left.append(rule["implies"])
                yield replace(given, role=rule["implies"], prior=prior)


def _global(state: Any, found: Iterable[Effect]) -> Iterator[Effect]:
    for each in found:
        if state.roles.rows[each.role]["domain_id"] is None:
            yield each


def _above(state: Any, place: tuple[str, str]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    project: Record | None = state.projects.get(place[1])
    while project is not None:
        found |= {("domain", project["domain_id"]), ("project", project["parent_id"])}
        project = state.projects.get(project["parent_id"])
    return found
