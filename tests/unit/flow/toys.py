# SPDX-License-Identifier: Apache-2.0
"""A destination where things can be made, and a type that is put back.

The towns, houses and people of the planner's tests, made for real in memory.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pumphouse import exceptions
from pumphouse.models import Resource
from pumphouse.resources.base import MakeTask
from pumphouse.resources.context import Context
from pumphouse.resources.fields import copied, dropped, reference
from tests.unit.plan import toys


class Log:
    total = 0


class MakingCloud(toys.ToyCloud):
    """Makes what it is asked for.

    ``before`` and ``after`` are called with (type, body) around each making: what
    they raise is what the caller gets, before or after the thing is there.  So are
    ``before_delete`` and ``after_delete`` with (type, id) around each deletion.
    """

    def __init__(self, side: str = "destination", **records: Any) -> None:
        super().__init__(side, **records)
        self.before: Callable[[str, Mapping[str, Any]], None] = lambda kind, body: None
        self.after: Callable[[str, Mapping[str, Any]], None] = lambda kind, body: None
        self.before_delete: Callable[[str, str], None] = lambda kind, its_id: None
        self.after_delete: Callable[[str, str], None] = lambda kind, its_id: None
        self.made: list[str] = []
        self.deleted: list[tuple[str, str]] = []  # type and name
        self.log = Log()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def post(
        self,
        service: str,
        path: str,
        json: Any,
        key: str = "",
        guard: Any = None,
        **_: Any,
    ) -> dict[str, Any]:
        kind = path.removeprefix("/")
        body = json[kind]
        self.before(kind, body)
        if guard is not None:
            guard()
        with self._lock:
            record = {"id": f"{kind}-{next(self._numbers)}", **body}
            self.records.setdefault(kind, []).append(record)
            self.made.append(f"{kind} {body['name']}")
        self.after(kind, body)
        return record

    def delete(self, service: str, path: str, guard: Any = None, **_: Any) -> bool:
        kind, _, its_id = path.removeprefix("/").partition("/")
        self.before_delete(kind, its_id)
        if guard is not None:
            guard()
        with self._lock:
            records = self.records.get(kind, [])
            gone = [r for r in records if r["id"] == its_id]
            self.records[kind] = [r for r in records if r["id"] != its_id]
            self.deleted += [(kind, r["name"]) for r in gone]
        self.after_delete(kind, its_id)
        return bool(gone)


class Guest(toys.Toy):
    """Packs on the source, arrives on the destination; unpacks if that fails."""

    name = singular = "guest"
    path = "/guest"
    restart = True
    packed: ClassVar[set[str]] = set()
    fields = (
        dropped("id", "the destination gives its own"),
        copied("name"),
        reference("town", to="town", why="where they stay"),
    )

    def tasks(self, resource: Resource, make: MakeTask) -> list[Any]:
        return [make("pack", self.pack), make("arrive", self.arrive)]

    def pack(self, ctx: Context, resource: Resource) -> dict[str, Any]:
        self.packed.add(resource.ref.id)
        return {"downtime": 1.5}

    def arrive(self, ctx: Context, resource: Resource) -> Mapping[str, Any]:
        if resource.ref.id not in self.packed:
            raise exceptions.WrongState("arrived without luggage")
        try:
            return self.ensure(ctx, resource)
        except exceptions.PumphouseError:
            self.packed.discard(resource.ref.id)
            raise

    def calm(self, ctx: Context, resource: Resource) -> None:
        self.packed.discard(resource.ref.id)


TYPES: Mapping[str, Any] = {**toys.TYPES, "guest": Guest()}


def source() -> MakingCloud:
    """The planner's source, and two guests in its town."""
    Guest.packed.clear()
    records = toys.source().records
    return MakingCloud(
        "source",
        **records,
        guest=[
            {"id": "g1", "name": "Eve", "town": "t1"},
            {"id": "g2", "name": "Fay", "town": "t1"},
        ],
    )
