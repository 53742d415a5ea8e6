# SPDX-License-Identifier: Apache-2.0
"""Outlooks on plans that were never drawn up, for what identity types foresee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pumphouse.models import Action, Decision, Ref, Resource
from pumphouse.resources.outlook import Outlook
from tests.unit.resources.fakes import FakeCloud, Options


def outlook(
    decided: Mapping[Resource, Action],
    stands: Mapping[Ref, str] | None = None,
    source: FakeCloud | None = None,
    destination: FakeCloud | None = None,
) -> Outlook:
    """One with these resources, what becomes of them, and what stands for them."""
    stands = stands or {}
    decisions = {
        resource.ref: Decision(action, "", destination_id=stands.get(resource.ref, ""))
        for resource, action in decided.items()
    }
    nowhere: Any = FakeCloud()
    return Outlook(
        source=source or nowhere,  # type: ignore[arg-type]
        destination=destination or nowhere,  # type: ignore[arg-type]
        options=Options(),
        resources={resource.ref: resource for resource in decided},
        decisions=decisions,
        translate=lambda ref: stands.get(ref),
    )


def named(kind: str, name: str) -> Resource:
    """A resource that nothing but its name matters of."""
    return Resource(Ref(kind, name), name, {"id": name, "name": name})


def folding(records: list[dict[str, Any]]) -> Any:
    """An answer to a list, whose filter by name takes no notice of case, as MySQL."""

    def answer(call: Any) -> list[dict[str, Any]]:
        wanted = call.params.get("name")
        found = [
            r for r in records if wanted is None or _bare(r["name"]) == _bare(wanted)
        ]
        # The fake filters by equality what it got: it is told the asked name.
        return [_Lenient(r) for r in found]

    return answer


class _Lenient(dict):  # type: ignore[type-arg]
    """A record that the fake does not filter by name again."""

    def __contains__(self, key: object) -> bool:
        return key != "name" and super().__contains__(key)


def _bare(name: str) -> str:
    return name.casefold().replace("ö", "o").replace("á", "a").rstrip(" ")
