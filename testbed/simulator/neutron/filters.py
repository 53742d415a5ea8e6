# SPDX-License-Identifier: Apache-2.0
"""Neutron's filters: a parameter several times over means *or*, several mean *and*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from testbed.simulator.tables import Record
from testbed.simulator.words import words

_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
CONTROL = frozenset(
    ("limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields", *_TAGS)
)


class Filters:
    """All filters of one list.

    :param filters: attribute -> values, any of which will do
    :param control: the parameters that are no attributes, tags among them
    """

    def __init__(
        self, filters: Mapping[str, list[str]], control: Mapping[str, list[str]]
    ) -> None:
        self.exact = {k: v for k, v in filters.items() if k != "fixed_ips"}
        self._filters = {
            name: (values, {*map(_norm, values)}) for name, values in filters.items()
        }
        self._tags = [(name, control[name]) for name in _TAGS if control.get(name)]

    def passes(self, row: Record) -> bool:
        """Whether *row* passes all of them."""
        for name, (values, wanted) in self._filters.items():
            there = row.get(name)
            if name == "fixed_ips":
                if not _has_address(there or (), values):
                    return False
            elif isinstance(there, list):
                if not wanted & {str(each) for each in there}:
                    return False
            elif _norm(there) not in wanted:
                return False
        return all(_tagged(row, name, values) for name, values in self._tags)


def _norm(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return text.lower() if text in ("True", "False", "TRUE", "FALSE") else text


def _has_address(ips: Sequence[Record], values: Sequence[str]) -> bool:
    """``ip_address=``, ``subnet_id=`` and ``ip_address_substr=``: or within a kind."""
    wanted: dict[str, set[str]] = {}
    for value in values:
        name, _, text = value.partition("=")
        wanted.setdefault(name, set()).add(text)
    for name, texts in wanted.items():
        if name == "ip_address_substr":
            fits = any(text in ip["ip_address"] for ip in ips for text in texts)
        else:
            fits = any(ip.get(name) in texts for ip in ips)
        if not fits:
            return False
    return True


def _tagged(row: Record, how: str, values: Sequence[str]) -> bool:
    wanted = {tag for value in values for tag in value.split(",")}
    there = set(row.get("tags") or ())
    found = wanted <= there if how in ("tags", "not-tags") else bool(wanted & there)
    return found is not how.startswith("not-")


def sort(rows: list[Record], control: Mapping[str, list[str]]) -> list[Record]:
    """In the order asked for, by id where none is."""
    keys = [*zip(control.get("sort_key", ()), control.get("sort_dir", ()), strict=True)]
    rows = sorted(rows, key=lambda row: str(row["id"]))
    for name, direction in reversed(keys):
        rows.sort(key=lambda r: str(r.get(name)), reverse=direction == "desc")
    return rows


STANDARD = words(
    """id name project_id tenant_id description revision_number created_at updated_at
    changed_since status admin_state_up shared"""
)
"""By what nearly everything can be filtered."""
