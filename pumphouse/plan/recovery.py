# SPDX-License-Identifier: Apache-2.0
"""Bindings found again, of which no database knows any more: from both clouds alone.

A plan without bindings finds what is on the destination already and equal: that is what
stands for a resource, if anything does.  What a run has left word of at the source
itself, as servers have in the reason of their lock, is looked at and compared as well.
Nothing is guessed: what is not equal, or not there, is told and left to the operator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pumphouse.models import Action, Binding, Difference, Origin, Ref, Resource
from pumphouse.plan.document import Node, Plan
from pumphouse.plan.later import own
from pumphouse.plan.planner import Planner
from pumphouse.plan.selection import Selection
from pumphouse.resources.fields import UNMAPPED
from pumphouse.resources.listing import ID, where

EQUAL = "equal on the destination"
NOTED = "noted on the source by the run that moved it"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about one resource.

    :param destination_id: what stands for it; "" if that was not found out
    :param why: by what it was recognised, or why it was not
    """

    resource: Resource
    destination_id: str
    why: str

    @property
    def binding(self) -> Binding:
        """What to keep of it: nobody can prove any more that a run has made it."""
        return Binding(
            self.resource.ref,
            self.destination_id,
            Origin.ADOPTED,
            name=self.resource.label,
        )


def recover(planner: Planner, selection: Selection) -> list[Found]:
    """What stands on the destination for all that the selection takes.

    Reads both clouds, changes neither, and writes nothing.  What is bound already is
    left out, and so is what the operator has mapped.

    :param planner: with the bindings that there are still
    :raises NotFound: the selection names nothing
    :raises CloudError: a cloud could not be read
    """
    plan = replace(planner, preflight=None).draw_up(selection)
    return [*_Recovery(planner, plan).found()]


class _Recovery:
    def __init__(self, planner: Planner, plan: Plan) -> None:
        self._planner = planner
        self._plan = plan
        self._own = dict(
            zip(own(planner.source), own(planner.destination), strict=True)
        )
        self._noted = self._read_noted()

    def found(self) -> Iterator[Found]:
        for node in self._plan.nodes.values():
            decision = node.decision
            if node.ref in self._planner.bindings or decision.action is Action.MAP:
                continue
            if node.ref in self._noted:
                yield self._judge(node.resource, *self._noted[node.ref])
            elif decision.action is Action.ADOPT:
                yield Found(node.resource, decision.destination_id, EQUAL)
            else:
                yield Found(node.resource, "", self._why_not(node))

    def _why_not(self, node: Node) -> str:
        """Why nothing is known to stand for it; never more than was looked at."""
        kind, decision = self._planner.types[node.ref.type], node.decision
        unknown = kind.key(node.resource, self._known) is None
        if decision.action is Action.CREATE and unknown:
            return "not looked for: what it belongs to was not found"
        return "; ".join([decision.reason, *map(str, decision.differences)])

    def _read_noted(self) -> Mapping[Ref, tuple[str, Resource | None]]:
        """What runs have left word of, with what is there; a list a type."""
        noted: dict[str, dict[Ref, str]] = defaultdict(dict)
        for node in self._plan.nodes.values():
            successor = self._planner.types[node.ref.type].successor(node.resource)
            if successor and node.ref not in self._planner.bindings:
                noted[node.ref.type][node.ref] = successor
        found: dict[Ref, tuple[str, Resource | None]] = {}
        destination = self._planner.destination.snapshot()
        for name, wanted in noted.items():
            kind = self._planner.types[name]
            listed = kind.list(destination, where(ID, wanted.values()))
            there = {each.ref.id: each for each in listed}
            for ref, its in wanted.items():
                found[ref] = its, there.get(its)
        return found

    def _judge(self, resource: Resource, its: str, there: Resource | None) -> Found:
        if there is None:
            return Found(resource, "", f"{its}, {NOTED}, is gone from the destination")
        kind = self._planner.types[resource.ref.type]
        saved = replace(there, record=kind.saved(there.record))
        announced = self._plan.nodes[resource.ref].decision.announced
        differing: list[Difference] = [
            each
            for each in kind.compare(
                resource, saved, self._translate, self._planner.options
            )
            if each.field not in announced
        ]
        if differing:
            told = "; ".join(map(str, differing))
            return Found(resource, "", f"{its}, {NOTED}, differs by now: {told}")
        return Found(resource, its, NOTED)

    def _translate(self, ref: Ref) -> str | None:
        """What stands for *ref*, as far as it was found out."""
        return self._known(ref) or (UNMAPPED if ref in self._plan.nodes else None)

    def _known(self, ref: Ref) -> str | None:
        if ref in self._planner.bindings:
            return self._planner.bindings[ref].destination_id
        if ref in self._noted:
            return self._noted[ref][0]
        node = self._plan.nodes.get(ref)
        if node is not None:
            return node.decision.destination_id or None
        return self._own[ref].id if ref in self._own else None
