# SPDX-License-Identifier: Apache-2.0
"""Holds what a killed and resumed run left against what an undisturbed one left.

Ids, times and numbers given out differ from run to run.  So each record is told by
what it says once the ids in it are replaced by what *they* say, and so on, three
rounds deep; what cannot be told apart then is counted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from testbed.simulator.words import words
from tools.crashproof.world import World

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b")
_ROUNDS = 3
# Nor is what Glance remembers of ids that it never gives again.
_NO_RESOURCES = {"tokens", "revocations", "deleted_images"}
_VARYING = words(
    """created created_at updated updated_at launched_at terminated_at revision_number
    number password password_hash expires_at issued_at last_active_at at id
    standard_attr_id provider:segmentation_id"""
)
# What Neutron gives its own ports by itself; a port that somebody named is theirs.
_GIVEN = {
    "network:dhcp": ("mac_address", "fixed_ips"),
    "network:floatingip": ("mac_address", "fixed_ips"),
    "network:router_gateway": ("mac_address", "fixed_ips"),
    "network:router_interface": ("mac_address",),
}

Record = dict[str, Any]
Key = tuple[str, str, str]  # side, type, name


@dataclass
class Difference:
    """What is there twice, left over, or missing; in words."""

    duplicates: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.duplicates or self.orphans or self.lost)

    def __str__(self) -> str:
        lines = [f"  duplicate: {each}" for each in self.duplicates]
        lines += [f"  orphan: {each}" for each in self.orphans]
        lines += [f"  lost: {each}" for each in self.lost]
        return "\n".join(lines)


@dataclass
class Picture:
    """All there is, told without ids.

    :param records: how many there are of each (side, type, name, what it says)
    :param bindings: (type, source, destination, origin), both ends by what they say
    :param intents: those that are open
    :param runs: (kind, state, what its nodes are), the newest first
    """

    records: Counter[tuple[str, str, str, str]]
    bindings: Counter[tuple[str, ...]]
    intents: list[str]
    runs: list[tuple[str, ...]]


def picture(world: World) -> Picture:
    """What is there now."""
    rows = [*_rows(world.dump())]
    told = _told(rows)
    records: Counter[tuple[str, str, str, str]] = Counter()
    for side, kind, key, record in rows:
        text = _without_ids(_text(record), told)
        records[side, kind, _name(kind, key, record, told), text] += 1
    bindings = Counter(
        (kind, _of(source, told), _of(destination, told), origin)
        for kind, source, destination, origin in world.rows(
            "select type, source_id, destination_id, origin from bindings"
        )
    )
    intents = [
        f"{kind} {of} {_of(source, told)}"
        for kind, of, source in world.rows(
            "select kind, type, source_id from intents where outcome = ''"
        )
    ]
    states = world.rows(
        "select r.kind, r.state, group_concat(distinct n.state) from runs r "
        "left join nodes n on n.run_id = r.id "
        "group by r.number, r.kind, r.state order by r.number desc"
    )
    return Picture(records, bindings, intents, [tuple(map(str, s)) for s in states])


def differences(wanted: Picture, found: Picture) -> Difference:
    """In what *found* is not as *wanted*."""
    result = Difference()
    more, less = found.records - wanted.records, wanted.records - found.records
    names_wanted, names_found = _names(wanted), _names(found)
    for (side, kind, name, text), count in more.items():
        key = side, kind, name
        if names_found[key] <= names_wanted[key]:
            continue  # it is another one than it should be: said below
        where = result.duplicates if names_wanted[key] else result.orphans
        where.extend([f"{side} {kind} {name}: {text[:400]}"] * count)
    for (side, kind, name, text), _ in less.items():
        others = [t for s, k, n, t in more if (s, k, n) == (side, kind, name)]
        how = _different(text, others[0]) if others else "is not there"
        result.lost.append(f"{side} {kind} {name} {how}")
    result.orphans += [f"open intent: {i}" for i in found.intents]
    for binding in (wanted.bindings - found.bindings).elements():
        result.lost.append(f"binding {binding}")
    for binding in (found.bindings - wanted.bindings).elements():
        result.orphans.append(f"binding {binding}")
    if wanted.runs[:1] != found.runs[:1]:
        result.lost.append(f"run {found.runs[:1]}, not {wanted.runs[:1]}")
    return result


def _names(told: Picture) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for (side, kind, name, _), count in told.records.items():
        found[side, kind, name] += count
    return found


def _rows(dump: Any) -> Any:
    for side, types in dump.items():
        for kind, records in types.items():
            if kind not in _NO_RESOURCES:
                for key, record in records.items():
                    yield side, kind, key, record


def _told(rows: list[tuple[str, str, str, Any]]) -> dict[str, str]:
    """What each id stands for, as a hash."""
    told: dict[str, str] = {}
    texts = []
    for side, kind, key, record in rows:
        if _ID.fullmatch(key):
            name = record.get("name") if isinstance(record, dict) else ""
            told.setdefault(key, _hash(f"{side} {kind} {name or ''}"))
            texts.append((f"{side} {kind} ", key, _text(record)))
    for _ in range(_ROUNDS):
        told = {key: _hash(who + _without_ids(text, told)) for who, key, text in texts}
    return told


def _name(kind: str, key: str, record: Any, told: dict[str, str]) -> str:
    name = record.get("name") if isinstance(record, dict) else ""
    if not name and not _ID.fullmatch(key):
        return _of(key, told)
    return str(name or told.get(key, key))


def _text(record: Any) -> str:
    if isinstance(record, dict):
        record = {k: v for k, v in record.items() if k not in _VARYING}
        given = _GIVEN.get(record.get("device_owner", ""), ())
        for name in given if not record.get("name") else ():
            record.pop(name, None)
    return json.dumps(record, sort_keys=True)


def _without_ids(text: str, told: dict[str, str]) -> str:
    return _ID.sub(lambda found: told.get(found[0], "?"), text)


def _of(key: str, told: dict[str, str]) -> str:
    return told[key] if key in told else _without_ids(key, told)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _different(should: str, is_: str) -> str:
    """The fields in which two records differ."""
    a, b = json.loads(should), json.loads(is_)
    if not isinstance(a, dict) or not isinstance(b, dict):
        return f"is {is_[:200]}, not {should[:200]}"
    names = sorted(k for k in a.keys() | b.keys() if a.get(k) != b.get(k))
    return "; ".join(f"{k} is {b.get(k)!r}, not {a.get(k)!r}" for k in names)
