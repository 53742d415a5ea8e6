# SPDX-License-Identifier: Apache-2.0
"""Who reaches a project on one cloud and not on the other.

Only roles that were given to a user in a selected project are carried.  Those that
come by a group, or from above, are lost to whoever has them; and whoever has one on
the destination already, in a project that is adopted or above one that is created,
reaches what arrives there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pumphouse.models import Action, Finding, Ref, Resource
from pumphouse.resources.identity import ways
from pumphouse.resources.identity.implied import ALMIGHTY
from pumphouse.resources.identity.ways import INHERITED, Way, Words
from pumphouse.resources.outlook import Outlook

_STANDS = (Action.ADOPT, Action.MAP)
Has = set[tuple[str | None, str | None]]
"""(user id, role id) pairs."""


def foresee(outlook: Outlook) -> Iterator[Finding]:
    """Of each project in the plan: who loses it, and who gains it."""
    here, there = Words(outlook.source, outlook), Words(outlook.destination, outlook)
    for project in outlook.having("project"):
        if project.ref.id == outlook.source.project_id:
            continue  # the operator's own
        ours = ways.to(outlook.source, project.ref)
        lost = list(_lost(outlook, project, ours))
        theirs = _theirs(outlook, project, bool(lost))
        has = {(way.user, way.role) for way in theirs}
        lost = [w for w in lost if _translated(outlook, w) not in has]
        notes = []
        if lost:
            notes.append(_told_lost(outlook, here, ours, lost))
        gained = list(_gained(outlook, project, ours, theirs))
        if gained:
            notes.append(
                "on the destination others than on the source reach what arrives in "
                f"it: {there.of(gained)}"
            )
        if notes:
            yield Finding(project.ref, notes=tuple(notes))


def _lost(outlook: Outlook, project: Resource, ours: list[Way]) -> Iterator[Way]:
    """The ways that are not carried; of a selection of servers those of owners."""
    own = [w for w in ours if w.given == project.ref and not w.group]
    whole = all(w.assignment in outlook.decisions for w in own)
    for way in ours:
        decision = outlook.decisions.get(way.assignment)
        if decision is not None and decision.action is not Action.BLOCKED:
            continue
        if (way in own) or not (whole or Ref("user", way.user) in outlook.decisions):
            continue
        yield way


def _told_lost(outlook: Outlook, words: Words, ours: list[Way], lost: list[Way]) -> str:
    kept = {w.user for w in ours if w not in lost}
    nothing = [w for w in lost if w.user not in kept]
    less = [w for w in lost if w.user in kept]
    told = []
    if nothing:
        told.append(f"no access is left to {words.of(nothing)}")
    if less:
        told.append(f"roles are lost to {words.of(less)}")
    return (
        "only roles given to a user in the project itself are carried: "
        f"{'; '.join(told)}: give them on the destination"
    )


def _gained(
    outlook: Outlook, project: Resource, ours: list[Way], theirs: list[Way]
) -> Iterator[Way]:
    if outlook.decisions[project.ref].action not in (*_STANDS, Action.CREATE):
        return
    same = {_translated(outlook, way) for way in ours}
    for way in theirs:
        if (way.user, way.role) not in same and way.role_name != ALMIGHTY:
            yield way


def _translated(outlook: Outlook, way: Way) -> tuple[str | None, str | None]:
    translate = outlook.translate
    return translate(Ref("user", way.user)), translate(Ref("role", way.role))


def _theirs(outlook: Outlook, project: Resource, asked: bool) -> list[Way]:
    """The ways to it on the destination; of one to be created those from above."""
    decision = outlook.decisions[project.ref]
    if decision.destination_id:
        if decision.action in _STANDS or asked:
            place = Ref("project", decision.destination_id)
            return ways.to(outlook.destination, place)
        return []
    above = set(_above(outlook, project))
    return [w for w in _inherited(outlook) if w.given in above]


def _above(outlook: Outlook, project: Resource) -> Iterable[Ref]:
    """What is above it and stands on the destination, as references there."""
    record = project.record
    places = [Ref("domain", str(record.get("domain_id")))]
    while record.get("parent_id") not in (None, record.get("domain_id")):
        parent = Ref("project", str(record["parent_id"]))
        places.append(parent)
        if parent not in outlook.resources:
            break
        record = outlook.resources[parent].record
    for place in places:
        there = outlook.translate(place)
        if there:
            yield Ref(place.type, there)


def _inherited(outlook: Outlook) -> Iterator[Way]:
    """All roles on the destination that count below where they were given."""
    cloud = outlook.destination
    params = {f"scope.{INHERITED}": "projects", "include_names": "true"}
    for record in cloud.list(
        "identity", "/role_assignments", "role_assignments", params=params
    ):
        who = record.get("user") or record.get("group") or {}
        scope = next(k for k in ("project", "domain", "system") if k in record["scope"])
        if not who or who["id"] == cloud.user_id or scope == "system":
            continue
        name = str(who.get("name") or who["id"])
        yield Way(
            user=str(who["id"]),
            user_name=name if "user" in record else f"the members of group {name}",
            role=str(record["role"]["id"]),
            role_name=str(record["role"].get("name") or record["role"]["id"]),
            given=Ref(scope, str(record["scope"][scope]["id"])),
            inherited=True,
        )
