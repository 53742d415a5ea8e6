# SPDX-License-Identifier: Apache-2.0
"""What a role brings besides itself, and what that comes to on another cloud.

A role may imply others, and these again others (``GET /v3/role_inferences``): who
has it has them all.  So a role of the same name may give more on the destination,
or less.  What comes with a role that is implied on both clouds is that role's own
difference, told once, with that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Action, Finding, Ref, Resource
from pumphouse.resources.fields import UNMAPPED, Translate
from pumphouse.resources.outlook import Outlook

# Keystone's default policies let it do everything, and give any role to anybody.
ALMIGHTY = "admin"
ABOUT = "about_implied"
"""Of a role's record: id -> name and own implied roles, of all that it implies."""


class Inferences:
    """Which role of one cloud implies which, in one request."""

    def __init__(self, cloud: Cloud) -> None:
        self._direct: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}
        for rule in cloud.list("identity", "/role_inferences", "role_inferences"):
            prior, implied = rule["prior_role"], rule["implies"]
            self._direct[str(prior["id"])] = {str(r["id"]) for r in implied}
            self._names |= {str(r["id"]): r.get("name", "") for r in (prior, *implied)}

    def record(self, role_id: str) -> dict[str, Any]:
        """What a role's record says of them; see ``Role.fields``."""
        own, every = self._direct.get(role_id, set()), self.closure(role_id)
        # Of roles that imply each other only one can need the other first.
        first = {
            r for r in own if role_id not in self.closure(r) or r < role_id
        }  # fmt: skip
        about = {
            r: {"name": self._names[r], "implies": sorted(self._direct.get(r, ()))}
            for r in sorted(every)
        }
        return {
            "implies": sorted(first),
            "implies_indirectly": sorted(every - first),
            ABOUT: about,
        }

    def closure(self, role_id: str) -> set[str]:
        """All roles that it implies; itself only if it is in a circle."""
        return _closure(role_id, lambda each: self._direct.get(each, ()))


def every(role: Resource) -> set[str]:
    """The ids of all roles that *role* implies, at one remove or more."""
    record = role.record
    return {*record.get("implies", ()), *record.get("implies_indirectly", ())}


def name_of(role: Resource, role_id: str) -> str:
    """The name of one that *role* implies; its id if that is not known."""
    about = role.record.get(ABOUT, {}).get(role_id, {})
    return str(about.get("name") or role_id)


def almighty(role: Resource) -> bool:
    """Whether who has it may do everything anyway, so that nothing can be added."""
    names = {role.name, *(name_of(role, each) for each in every(role))}
    return ALMIGHTY in names and not role.record.get("domain_id")


def gained(source: Resource, there: Resource, translate: Translate) -> set[str]:
    """The ids of the destination's roles that only there come with it."""
    if almighty(source):
        return set()
    itself = there.ref.id  # what it is said to imply explains nothing, in a circle
    both = {translate(Ref("role", each)) or "" for each in every(source)}
    about = there.record.get(ABOUT, {})
    explained = set(both)
    for each in both:
        explained |= _closure(
            each, lambda r: about.get(r, {}).get("implies", ()) if r != itself else ()
        )
    return every(there) - explained - {itself}


def lost(source: Resource, there: Resource, translate: Translate) -> set[str]:
    """The ids of the source's roles that no longer come with it there."""
    return {
        each
        for each in every(source)
        if (translate(Ref("role", each)) or UNMAPPED) not in every(there)
    }


def foresee(
    outlook: Outlook, roles: Iterable[Resource], there: Mapping[str, Resource]
) -> Iterator[Finding]:
    """What a role that the operator chose, or an earlier run, gives and takes.

    One that is to be adopted is compared like anything else.

    :param roles: the plan's that stand for something already
    :param there: the destination's, by id
    """
    for role in roles:
        decision = outlook.decisions[role.ref]
        other = there.get(decision.destination_id)
        if other is None:
            continue
        verb = "mapped to" if decision.action is Action.MAP else "stood for by"
        head = f"{verb} {other.name!r}"
        more = sorted(name_of(other, r) for r in gained(role, other, outlook.translate))
        less = sorted(name_of(role, r) for r in lost(role, other, outlook.translate))
        notes = []
        if more:
            notes.append(
                f"{head}, which gives {_words(more)} as well on the destination: "
                f"more than on the source for {_holders(outlook, role)}"
            )
        if less:
            notes.append(
                f"{head}, which does not give {_words(less)} on the destination: "
                f"lost to {_holders(outlook, role)}"
            )
        if notes:
            yield Finding(role.ref, notes=tuple(notes))


def _holders(outlook: Outlook, role: Resource) -> str:
    """Who has it, of those in the plan."""
    found = {
        str(who.get("name") or who["id"])
        for each in outlook.having("assignment")
        for who in (each.record.get("user") or each.record.get("group") or {},)
        if who and each.record["role"]["id"] == role.ref.id
    }
    return _words(sorted(found)) if found else "whoever has it"


def _words(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _closure(role_id: str, implies: Any) -> set[str]:
    found: set[str] = set()
    left = set(implies(role_id))
    while left:
        each = left.pop()
        found.add(each)
        left |= set(implies(each)) - found
    return found
