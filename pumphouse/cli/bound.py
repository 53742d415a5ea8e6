# SPDX-License-Identifier: Apache-2.0
"""Bindings as an operator knows them: by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pumphouse import exceptions
from pumphouse.models import Binding, CloudPair, Ref

if TYPE_CHECKING:
    from pumphouse.store import Store


def names(store: Store, bindings: Iterable[Binding]) -> dict[Ref, str]:
    """What the source resources are called, as far as anybody has said.

    Bindings of before they kept names are looked up in the plans of their runs.
    """
    from pumphouse.cli import plan as plans

    found = {b.ref: b.name for b in bindings if b.name}
    unnamed = {b.run_id for b in bindings if not b.name and b.run_id}
    for plan_id in sorted({r.plan_id for r in store.runs() if r.id in unnamed}):
        for ref, node in plans.load(store, plan_id).nodes.items():
            found.setdefault(ref, node.resource.label)
    return found


def one(store: Store, kind: str, term: str) -> tuple[CloudPair, Binding, str]:
    """The binding that *term* means: its clouds, itself, and its name.

    :param term: an id on the source, one on the destination, or a name
    :raises NotFound: nothing stands for such a resource
    :raises Ambiguous: several are named so
    """
    found = store.bindings_by_pair(kind)
    called = names(store, [b for _, b in found])
    for matches in (
        lambda b: b.ref.id == term,
        lambda b: b.destination_id == term,
        lambda b: called.get(b.ref) == term,
    ):
        matching = [(pair, b) for pair, b in found if matches(b)]
        if len(matching) > 1:
            ids = ", ".join(b.ref.id for _, b in matching)
            raise exceptions.Ambiguous(
                f"several are named {term!r}",
                resource=kind,
                hint=f"Say which by its id: {ids}",
            )
        if matching:
            pair, binding = matching[0]
            return pair, binding, called.get(binding.ref, "")
    close = difflib.get_close_matches(term, sorted(set(called.values())), n=3)
    hint = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
    raise exceptions.NotFound(
        f"nothing stands for {term!r}",
        resource=kind,
        hint=f"{hint}'pumphouse binding list --type {kind}' shows what there is",
    )
