# SPDX-License-Identifier: Apache-2.0
"""Three small resource types and a cloud they live in, to plan with.

A ``house`` stands in a ``town``; a ``person`` lives in a house and may have a
``boss`` elsewhere.  They show every feature of the contract and nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pumphouse.models import Resource
from pumphouse.resources.base import Fitness, ResourceType
from pumphouse.resources.fields import copied, dropped, reference
from pumphouse.resources.listing import Where
from pumphouse.resources.relations import Part


class ToyCloud:
    """Records by type; counts how often each type was read."""

    def __init__(self, side: str, **records: list[dict[str, Any]]) -> None:
        self.side = side
        self.name = side
        self.identity = f"http://{side}|one"
        self.user_id = f"{side}-operator"
        self.project_id = f"{side}-project"
        self.records = records
        self.reads: list[str] = []
        self.catalogue = frozenset(("toys", "zoos"))

    def guarded(self, guard: Callable[[], None]) -> Any:
        return Guarded(self, guard)

    def services(self) -> frozenset[str]:
        return self.catalogue

    def snapshot(self) -> ToyCloud:
        return self

    def all(self, kind: str) -> list[dict[str, Any]]:
        self.reads.append(kind)
        return self.records.get(kind, [])


class Guarded:
    """A toy cloud that asks *guard* before it is changed."""

    def __init__(self, cloud: ToyCloud, guard: Callable[[], None]) -> None:
        self._cloud = cloud
        self._guard = guard

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cloud, name)
        if name in ("post", "delete"):
            return functools.partial(found, guard=self._guard)
        return found

    def guarded(self, guard: Callable[[], None]) -> Guarded:
        return Guarded(self._cloud, guard)


class Toy(ResourceType):
    service = "toys"

    def read(self, cloud: Any, which: Where) -> Iterator[Resource]:
        yield from map(self.resource, cloud.all(self.name))


class Town(Toy):
    """Stands alone."""

    name = singular = "town"
    path = "/town"
    fields = (dropped("id", "the destination gives its own"), copied("name"))

    def disabled(self, resource: Resource) -> bool:
        return bool(resource.record.get("closed"))


class House(Toy):
    """Belongs to a town."""

    name = singular = "house"
    path = "/house"
    project_field = "town"
    fields = (
        dropped("id", "the destination gives its own"),
        copied("name"),
        reference("town", to="town", why="where it stands", enabled=True),
        copied("floors", default=1),
    )

    def fitness(self, resource: Resource, options: Any) -> Fitness:
        if resource.record.get("on_fire"):
            return Fitness("it is on fire", notes=("bring water",))
        return Fitness()

    def size(self, resource: Resource) -> int:
        return 100


class Person(Toy):
    """Lives in a house, comes along with it, and may work for somebody."""

    name = singular = "person"
    path = "/person"
    project_field = ""
    natural_key = ("name", "house")
    along = (Part("house", "house"),)
    fields = (
        dropped("id", "the destination gives its own"),
        copied("name"),
        reference("house", to="house", why="where they live", enabled=True),
        reference("boss", to="person", why="whom they work for", brings=False),
        reference(
            "pet",
            to="pet",
            why="whom they feed",
            must=False,
            enabled=True,
            otherwise="they feed nobody",
        ),
        copied("diary", secret=True, send=False),
    )


class Pet(Toy):
    """Exists only to be gone, or asleep, where there are zoos."""

    service = "zoos"
    name = singular = "pet"
    path = "/pet"
    fields = (dropped("id", "the destination gives its own"), copied("name"))

    def disabled(self, resource: Resource) -> bool:
        return bool(resource.record.get("asleep"))


TYPES: Mapping[str, Any] = {t.name: t for t in (Town(), House(), Person(), Pet())}


def source() -> ToyCloud:
    return ToyCloud(
        "source",
        town=[{"id": "t1", "name": "Ulm"}, {"id": "t2", "name": "Ulm"}],
        house=[
            {"id": "h1", "name": "mill", "town": "t1", "floors": 2},
            {"id": "h2", "name": "inn", "town": "t1"},
            {"id": "h3", "name": "mill", "town": "t2"},
        ],
        person=[
            {"id": "p1", "name": "Ann", "house": "h1", "boss": None, "diary": "dear"},
            {"id": "p2", "name": "Bob", "house": "h2", "boss": "p1", "pet": "gone"},
            {"id": "p3", "name": "Cat", "house": "h3", "boss": "p1"},
        ],
    )
