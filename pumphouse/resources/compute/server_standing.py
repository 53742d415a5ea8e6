# SPDX-License-Identifier: Apache-2.0
"""Images and flavors as the servers of a plan will find them on the destination.

What the plan makes, or found equal there, is as the source says it.  What is mapped,
or came with an earlier run, is read there: a list for all images, and one for all
flavors, and only if there is one of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from pumphouse.models import Action, Record, Ref, Resource
from pumphouse.resources.compute.flavor import Flavor
from pumphouse.resources.image.image import Image
from pumphouse.resources.listing import ID, where
from pumphouse.resources.outlook import Outlook

ON_SOURCE, ON_DESTINATION = "on the source", "on the destination"


@dataclass(frozen=True)
class Standing:
    """One of them.

    :param where: where it can be changed, in words
    :param new: the plan makes it
    """

    record: Record
    where: str
    new: bool

    @property
    def there(self) -> bool:
        """Whether its record is the destination's, with ids of the destination."""
        return self.where == ON_DESTINATION


class Standings:
    """Finds them.

    :param servers: those of the plan that are going to be created
    """

    def __init__(self, outlook: Outlook, servers: Iterable[Resource]) -> None:
        self._outlook = outlook
        self._servers = list(servers)

    def of(self, kind: str, ref: Ref) -> Standing | None:
        """What a server refers to; None if that is blocked, or gone."""
        decision = self._outlook.decisions.get(ref)
        source = self._outlook.resources.get(ref)
        if decision is None or source is None or decision.action is Action.BLOCKED:
            return None
        if decision.action in (Action.CREATE, Action.ADOPT):
            new = decision.action is Action.CREATE
            return Standing(source.record, ON_SOURCE, new)
        read = self._images if kind == "image" else self._flavors
        record = read.get(decision.destination_id)
        return Standing(record, ON_DESTINATION, False) if record else None

    @cached_property
    def _images(self) -> dict[str, Record]:
        found = Image().list(
            self._outlook.destination, where(ID, self._standing("image"))
        )
        return {resource.ref.id: resource.record for resource in found}

    @cached_property
    def _flavors(self) -> dict[str, Record]:
        wanted = self._standing("flavor")
        found = Flavor().list(self._outlook.destination, where(ID, wanted))
        return {resource.ref.id: resource.record for resource in found}

    def _standing(self, kind: str) -> Collection[str]:
        refs = {Ref(kind, str(s.record[kind]["id"])) for s in self._servers}
        decisions = self._outlook.decisions
        return {
            decisions[ref].destination_id
            for ref in refs
            if ref in decisions and decisions[ref].action in (Action.MAP, Action.SKIP)
        }
