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

# Up to how many projects a request each is better than the whole cloud's list.
_FEW = 10
_STANDS = (Action.ADOPT, Action.MAP)
Has = set[tuple[str | None, str | None]]
"""(user id, role id) pairs."""


def foresee(outlook: Outlook) -> Iterator[Finding]:
    """Of each project in the plan: who loses it, and who gains it."""
    here, there = Words(outlook.source, outlook), Words(outlook.destination, outlook)
    projects = [
        project
        for project in outlook.having("project")
        if project.ref.id != outlook.source.project_id  # the operator's own
    ]
    many = len(projects) > _FEW
    every = list(ways.given(outlook.source)) if many else []
    for project in projects:
        ours = (
            _among(every, project.ref, _above(outlook, project))
            if many
            else ways.to(outlook.source, project.ref)
        )
        lost = list(_lost(outlook, project, ours))
        theirs = _theirs(outlook, project, bool(lost), many)
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


def _theirs(outlook: Outlook, project: Resource, asked: bool, many: bool) -> list[Way]:
    """The ways to it on the destination; of one to be created those from above."""
    cloud, decision = outlook.destination, outlook.decisions[project.ref]
    above = [
        Ref(place.type, there)
        for place in _above(outlook, project)
        if (there := outlook.translate(place))
    ]
    named = {"include_names": "true"}
    if not decision.destination_id:
        below = {f"scope.{INHERITED}": "projects", **named}
        return _among(ways.given(cloud, **below), None, above)
    if decision.action not in _STANDS and not asked:
        return []
    place = Ref("project", decision.destination_id)
    if many:
        return _among(ways.given(cloud, **named), place, above)
    return ways.to(cloud, place)


def _among(found: Iterable[Way], place: Ref | None, above: Iterable[Ref]) -> list[Way]:
    """Those that count in *place*: given there, or to be inherited from above."""
    places = set(above)
    return [
        way
        for way in found
        if (way.given in places if way.inherited else way.given == place)
    ]


def _above(outlook: Outlook, project: Resource) -> Iterator[Ref]:
    """What is above it on the source, as far as it is in the plan."""
    record = project.record
    yield Ref("domain", str(record.get("domain_id")))
    while record.get("parent_id") not in (None, record.get("domain_id")):
        parent = Ref("project", str(record["parent_id"]))
        yield parent
        if parent not in outlook.resources:
            break
        record = outlook.resources[parent].record
