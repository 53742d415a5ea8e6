# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the clouds of one migration, by its seed."""

from __future__ import annotations

import random
from typing import Any

Rule = dict[str, Any]

MOST = 0.2  # of all requests
_DATA = "/file$"
_NOT_DATA = "^(?!.*/file$)"
_KINDS: tuple[Rule, ...] = (
    {"kind": "answer", "status": 429, "headers": {"Retry-After": "1"}},
    {"kind": "answer", "status": 500},
    {"kind": "answer", "status": 503},
    {"kind": "answer", "status": 409, "method": "POST|PUT|DELETE"},
    {"kind": "reset"},
    {"kind": "lost"},
    {"kind": "lost-status", "status": 502},
    {"kind": "lost-status", "status": 504},
    {"kind": "expire"},
    {"kind": "quota", "method": "POST"},
)
# They hit few requests, so they are certain or nearly so.
_RARE: tuple[Rule, ...] = (
    {"kind": "cut", "method": "GET", "path": _DATA, "bytes": 70000},
    {"kind": "cut", "method": "PUT", "path": _DATA, "bytes": 100000},
    {"kind": "corrupt", "method": "GET", "path": _DATA},
    {"kind": "error", "method": "POST", "path": "/servers$"},
    {"kind": "hang", "path": _NOT_DATA, "after": True},
    {"kind": "hang", "path": _NOT_DATA},
)
_VANISH: Rule = {
    "kind": "vanish",
    "path": "/(servers|ports|images|networks|subnets|routers)/",
    "times": 1,
}


def of_seed(seed: int) -> dict[str, list[Rule]]:
    """The rules for each side."""
    return {side: _of(random.Random(f"{seed}/{side}")) for side in _SIDES}


_SIDES = ("source", "destination")


def _of(dice: random.Random) -> list[Rule]:
    rate = dice.choice((0.0, 0.02, 0.05, 0.1, MOST))
    kinds = dice.sample(_KINDS, dice.randint(1, 4))
    rules = [{**kind, "rate": rate / len(kinds)} for kind in kinds] if rate else []
    for rule in dice.sample(_RARE, dice.randint(0, 2)):
        how = {"rate": dice.choice((0.3, 0.8)), "times": dice.randint(1, 3)}
        if rule["kind"] == "hang":
            how = {"rate": 0.05, "times": 1}
        rules.append({**rule, **how})
    if dice.random() < 0.08:
        rules.append({**_VANISH, "rate": 0.02})
    return rules


def may_lose(rules: dict[str, list[Rule]]) -> bool:
    """Whether something may vanish, which nobody can bring back."""
    return any(rule["kind"] == "vanish" for side in rules.values() for rule in side)
