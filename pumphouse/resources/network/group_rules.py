# SPDX-License-Identifier: Apache-2.0
"""Security groups of the destination that would let through more than the source's.

Whether two groups are equal is judged before what their rules refer to is decided: a
rule that lets in a group which nothing stands for yet is taken for one that lets in
any.  When all is decided they are looked at once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pumphouse.models import Action, Finding, Resource
from pumphouse.resources.discovery import Found
from pumphouse.resources.fields import Translate
from pumphouse.resources.listing import ID, where
from pumphouse.resources.outlook import Outlook
from pumphouse.text import some

Extra = Callable[[Resource, Resource, Translate], list[str]]
"""The rules, in words, that only the second has."""

_NAMED = 5  # rules spelled out where a group blocks


def foresee(kind: Found, outlook: Outlook, extra: Extra) -> Iterator[Finding]:
    """Of the groups that the plan adopts, or the operator chose: what is let in."""
    groups = list(outlook.having(kind.name, Action.ADOPT, Action.MAP))
    if not groups:
        return
    ids = {outlook.decisions[group.ref].destination_id for group in groups}
    there = {r.ref.id: r for r in kind.list(outlook.destination, where(ID, ids))}
    for group in groups:
        other = there.get(outlook.decisions[group.ref].destination_id)
        more = extra(group, other, outlook.translate) if other else []
        if more:
            yield Finding(
                group.ref,
                blocked="on the destination it lets through more than on the source: "
                f"{some(more, _NAMED)}: remove that there, or map the group if that is "
                "wanted",
            )
