# SPDX-License-Identifier: Apache-2.0
"""What a plan foresees of flavors: ids that change, names and ids that are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from pumphouse.cloud.cloud import Cloud
from pumphouse.models import Action, Finding, Record, Resource
from pumphouse.resources.folding import folded
from pumphouse.resources.outlook import Outlook
from pumphouse.text import some

Listed = Callable[[Cloud], Iterator[dict[str, Any]]]

_NAMED = 10  # flavors spelled out in a note
_DISABLED = "OS-FLV-DISABLED:disabled"


def foresee(outlook: Outlook, listed: Listed) -> Iterator[Finding]:
    """All of it.

    :param listed: the records of all flavors of a cloud, in one request
    """
    if not outlook.options.keep_flavor_ids:
        yield from _ids(outlook)
    wanted = outlook.created("flavor")
    if not wanted:
        return
    there = list(listed(outlook.destination))
    names = _Names(outlook.destination, there)
    for flavor in wanted:
        others = [*there, *(w.record for w in wanted if w is not flavor)]
        yield from _unsettable(outlook, flavor)
        if reason := names.taken(flavor.record, others):
            yield Finding(flavor.ref, blocked=reason)
        if outlook.options.keep_flavor_ids and (reason := names.id_taken(flavor)):
            yield Finding(flavor.ref, blocked=reason)


def _ids(outlook: Outlook) -> Iterator[Finding]:
    """Ids are what scripts, templates and users of the API name flavors by."""
    changing = [
        f"{flavor.name} ({flavor.ref.id})"
        for flavor in outlook.having("flavor", Action.CREATE, Action.ADOPT)
        if outlook.decisions[flavor.ref].destination_id != flavor.ref.id
    ]
    if not changing:
        return
    shown = some(sorted(changing), _NAMED)
    flavors = "flavors" if len(changing) > 1 else "flavor"
    yield Finding(
        None,
        notes=(
            f"ids change of {flavors} {shown}: scripts and Heat templates that "
            "name one by its id do not find it; keep_flavor_ids: true keeps those of "
            "flavors that are created",
        ),
    )


def _unsettable(outlook: Outlook, flavor: Resource) -> Iterator[Finding]:
    """What the destination's API cannot set."""
    if flavor.record.get(_DISABLED):
        yield Finding(
            flavor.ref,
            notes=("is disabled, which no API can set: whoever sees it can use it",),
            announced=(_DISABLED,),
        )
    newest = outlook.destination.microversion("compute", "2.55")
    if flavor.record.get("description") and newest != "2.55":
        yield Finding(
            flavor.ref,
            notes=("its description is not kept: the destination's Nova has none",),
            announced=("description",),
        )


class _Names:
    """Which names and ids the destination's database takes for the same."""

    def __init__(self, cloud: Cloud, there: Sequence[Record]) -> None:
        self._cloud = cloud
        self._there = there

    def taken(self, flavor: Record, others: Sequence[Record]) -> str:
        """Why that name cannot be beside the others; "" if it can."""
        mine = str(flavor["name"])
        for other in others:
            name = str(other["name"])
            if name != mine and folded(name) == folded(mine) and self._folds():
                return (
                    f"the destination takes its name for that of flavor {name!r}: map "
                    "it to that one, or rename one of the two"
                )
        return ""

    def id_taken(self, flavor: Resource) -> str:
        """Why it cannot keep its id; "" if it can."""
        for other in self._there:
            mine, there = flavor.ref.id, str(other["id"])
            same = there == mine or (folded(there) == folded(mine) and self._has(mine))
            if same:
                return (
                    f"its id {mine} is that of flavor {other['name']!r} on the "
                    "destination: map it to that one, or say keep_flavor_ids: false"
                )
        return ""

    def _folds(self) -> bool:
        """Whether the database takes names for the same that are not, seen by an id.

        Names and ids are in one table, of one collation; those that count no accents
        count no case either.  (Accents in a path Nova does not understand.)  Where no
        id tells, it may.
        """
        ids = (str(flavor["id"]) for flavor in self._there)
        probe = next((each for each in ids if each.swapcase() != each), None)
        return probe is None or self._has(probe.swapcase())

    def _has(self, flavor_id: str) -> bool:
        path = f"/flavors/{quote(flavor_id, safe='')}"
        return self._cloud.find("compute", path) is not None
