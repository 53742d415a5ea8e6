# SPDX-License-Identifier: Apache-2.0
"""Tables of records: by id, in the order of their making, with indexes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

Record = dict[str, Any]


class Table:
    """Records of one type.

    :param indexed: fields by which records are looked up; their values are hashable
    :param alike: gives the same for values that an index takes for equal
    """

    def __init__(
        self, *indexed: str, alike: Callable[[Any], Any] | None = None
    ) -> None:
        self._alike = alike or _itself
        self.rows: dict[str, Record] = {}
        self._indexes: dict[str, dict[Any, dict[str, Record]]] = {
            name: {} for name in indexed
        }

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.rows.values())

    def __contains__(self, key: object) -> bool:
        return key in self.rows

    def get(self, key: str | None) -> Record | None:
        """The record of that id."""
        return self.rows.get(key) if key is not None else None

    def add(self, record: Record, key: str | None = None) -> Record:
        """A new record, under its ``id`` unless *key* is given."""
        key = record["id"] if key is None else key
        self.rows[key] = record
        for name, index in self._indexes.items():
            index.setdefault(self._alike(record.get(name)), {})[key] = record
        return record

    def remove(self, key: str) -> Record | None:
        """Takes it out; what it was."""
        record = self.rows.pop(key, None)
        if record is not None:
            for name, index in self._indexes.items():
                self._forget(index, self._alike(record.get(name)), key)
        return record

    def change(self, key: str, values: Mapping[str, Any]) -> Record:
        """Sets fields of a record."""
        record = self.rows[key]
        for name in self._indexes.keys() & values.keys():
            if record.get(name) != values[name]:
                index = self._indexes[name]
                self._forget(index, self._alike(record.get(name)), key)
                index.setdefault(self._alike(values[name]), {})[key] = record
        record.update(values)
        return record

    def by(self, name: str, value: Any) -> Collection[Record]:
        """The records with that value in an indexed field."""
        return self._indexes[name].get(self._alike(value), {}).values()

    def among(self, wanted: Mapping[str, Iterable[Any]]) -> Iterable[Record]:
        """Those that may pass filters on fields: all, or what an index leaves."""
        if "id" in wanted:
            ids = dict.fromkeys(wanted["id"])
            return [self.rows[each] for each in ids if each in self.rows]
        found: list[Record] | None = None
        for name in self._indexes.keys() & wanted.keys():
            index = self._indexes[name]
            values = dict.fromkeys(map(self._alike, wanted[name]))
            some = [r for value in values for r in index.get(value, {}).values()]
            if found is None or len(some) < len(found):
                found = some
        return self.rows.values() if found is None else found

    @staticmethod
    def _forget(index: dict[Any, dict[str, Record]], value: Any, key: str) -> None:
        there = index.get(value)
        if there is not None:
            there.pop(key, None)
            if not there:
                del index[value]


def _itself(value: Any) -> Any:
    return value
