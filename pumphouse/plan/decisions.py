# SPDX-License-Identifier: Apache-2.0
"""Decisions: what becomes of each node, judged before anything happens.

In this order, the first that applies:

1. a run left it half-way (a suspended server)         -> blocked: resume that run
2. bound by an earlier run, and still there            -> skip, with what differs by
   now; create, if that run did not finish it; map, if registered
3. the operator's own account or project               -> map
4. mapped in the migration file                        -> map, or blocked
5. cannot be moved as it is (an ERROR server, ...)     -> blocked
6. needs something that is gone from the source, or is of a kind that the
   destination cannot have                             -> blocked
7. the destination has its equal                       -> adopt
8. the destination has its namesake with other fields  -> blocked, with the difference
9. the project or domain it is made in is disabled     -> blocked
10. otherwise                                          -> create
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import networkx as nx

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.conf.migration import Options
from pumphouse.models import (
    PROJECT,
    USER,
    Action,
    Binding,
    Decision,
    Origin,
    Ref,
    Resource,
)
from pumphouse.plan import graph as graphs
from pumphouse.plan.disabled import Disabled
from pumphouse.plan.discovery import Inventory
from pumphouse.plan.lookup import Lookup
from pumphouse.plan.owners import Owners
from pumphouse.plan.selection import one
from pumphouse.resources.base import ResourceType
from pumphouse.resources.fields import UNMAPPED

Mappings = Mapping[str, Mapping[str, str]]

DIFFERS = "differs now"
"""Ends the reason of what was migrated earlier and is not equal any more."""


@dataclass
class Decider:
    """Decides node by node, in an order in which what is needed comes first.

    :param unfinished: what a run left half-way that only that run brings to an end,
        with its id
    :param begun: what a run bound and did not finish, with its id
    """

    source: Cloud
    destination: Cloud
    types: Mapping[str, ResourceType]
    inventory: Inventory
    graph: nx.DiGraph
    options: Options
    mappings: Mappings
    bindings: Mapping[Ref, Binding]
    unfinished: Mapping[Ref, str] = field(default_factory=dict)
    begun: Mapping[Ref, str] = field(default_factory=dict)
    decisions: dict[Ref, Decision] = field(default_factory=dict)
    _everywhere: dict[str, list[Resource]] = field(default_factory=dict)
    _taken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _standing: dict[Ref, Resource] = field(default_factory=dict)
    _disabled: Disabled = field(default_factory=Disabled)

    def __post_init__(self) -> None:
        self._lookup = Lookup(
            self.destination,
            (self.inventory.resources[ref] for ref in self.graph),
            self.translate,
            {ref: b.destination_id for ref, b in self.bindings.items()},
        )

    def decide(self) -> dict[Ref, Decision]:
        """All decisions, in the order in which they were taken."""
        for ref, binding in self.bindings.items():
            self._taken[ref.type].add(binding.destination_id)
        for ref in graphs.order(self.graph):
            resource = self.inventory.resources[ref]
            decision = self.decisions[ref] = self._decide(resource)
            there = self._standing.get(ref)
            self._disabled.look(self.types[ref.type], resource, there, decision)
        return self.decisions

    def translate(self, ref: Ref) -> str | None:
        """The destination id that stands for *ref*, as decided so far."""
        decision = self.decisions.get(ref)
        if decision is not None:
            return decision.destination_id or None
        # Not part of this plan (or not decided yet): an earlier run's, perhaps.
        if ref in self.bindings:
            return self.bindings[ref].destination_id
        return self._implied(ref)

    def _will_be(self, ref: Ref) -> str | None:
        """As :meth:`translate`, for comparing with what is there.

        What this plan is going to create is nothing that anything there refers to:
        not even by an empty field.
        """
        return self.translate(ref) or (UNMAPPED if ref in self.decisions else None)

    # -- one node ---------------------------------------------------------
    def _decide(self, resource: Resource) -> Decision:
        kind = self.types[resource.ref.type]
        run_id = self.unfinished.get(resource.ref)
        if run_id is not None:
            return Decision(
                Action.BLOCKED,
                f"run {run_id[:8]} left it half-way: 'pumphouse resume {run_id[:8]}' "
                "brings it to an end",
            )
        settled = self._bound(kind, resource) or self._mapped(kind, resource)
        if settled is not None:
            return settled
        fitness = kind.fitness(resource, self.options)
        if fitness.blocked:
            return Decision(Action.BLOCKED, fitness.blocked, notes=fitness.notes)
        gone = self._gone(kind, resource) or self._impossible(kind)
        if gone:
            return Decision(Action.BLOCKED, gone, notes=fitness.notes)
        decision = self._matched(kind, resource)
        if decision.action is Action.CREATE:
            disabled = self._disabled.why_not(kind, resource)
            if disabled:
                decision = Decision(Action.BLOCKED, disabled)
            else:
                without = [
                    *self._disabled.without(kind, resource, self.inventory.vanished)
                ]
                decision = replace(
                    decision,
                    size=kind.size(resource),
                    notes=tuple(note for note, _ in without),
                    announced=tuple(name for _, name in without if name),
                )
        return replace(
            decision,
            notes=(*fitness.notes, *decision.notes),
            announced=(*fitness.announced, *decision.announced),
        )

    def _bound(self, kind: ResourceType, resource: Resource) -> Decision | None:
        binding = self.bindings.get(resource.ref)
        if binding is None:
            return None
        wanted = self._wanted(resource)
        if wanted is not None and binding.origin is Origin.ADOPTED:
            return None  # the operator knows better now
        there = self._lookup.bound(kind, binding.destination_id)
        if there is None:
            self._taken[kind.name].discard(binding.destination_id)
            return None
        self._standing[resource.ref] = there
        if binding.origin is Origin.REGISTERED:
            return Decision(
                Action.MAP,
                "registered by the operator",
                destination_id=binding.destination_id,
            )
        by = f" by run {binding.run_id[:8]}" if binding.run_id else ""
        reason = f"{binding.origin.value} earlier{by}"
        mapped = self._mapped(kind, resource) if wanted is not None else None
        if mapped and mapped.destination_id != binding.destination_id:
            return Decision(
                Action.BLOCKED,
                f"mapped to {wanted!r}, but {binding.destination_id} was {reason}: "
                f"'pumphouse unregister {kind.name} {resource.ref.id}' first",
                destination_id=binding.destination_id,
            )
        return self._before(kind, resource, there, reason)

    def _before(
        self, kind: ResourceType, resource: Resource, there: Resource, reason: str
    ) -> Decision:
        """What becomes of what an earlier run brought, which is *there*."""
        fitness = kind.fitness(resource, self.options)
        run_id = self.begun.get(resource.ref)
        # What starts over as a whole is its own run's to finish.
        if run_id is not None and not kind.restart and not fitness.blocked:
            return Decision(
                Action.CREATE,
                f"run {run_id[:8]} did not finish it: that is done now",
                destination_id=there.ref.id,
                notes=fitness.notes,
                announced=fitness.announced,
                size=kind.size(resource),
            )
        return Decision(
            Action.SKIP,
            reason,
            destination_id=there.ref.id,
            differences=kind.compare(resource, there, self._will_be, self.options),
            announced=fitness.announced,
        )

    def _implied(self, ref: Ref) -> str | None:
        """The operator's own account and project stand for each other."""
        return self._own.get(ref)

    @cached_property
    def _own(self) -> Mapping[Ref, str]:
        """Asked of the clouds once: each time they look at their token's age."""
        return {
            Ref(USER, self.source.user_id): self.destination.user_id,
            Ref(PROJECT, self.source.project_id): self.destination.project_id,
        }

    def _mapped(self, kind: ResourceType, resource: Resource) -> Decision | None:
        wanted = self._wanted(resource)
        if wanted is None:
            implied = self._implied(resource.ref)
            if implied is None:
                return None
            return Decision(Action.MAP, "the operator's own", destination_id=implied)
        if kind.name not in self._everywhere:
            self._everywhere[kind.name] = list(kind.list(self.destination))
        try:
            there = one(
                *(self._everywhere[kind.name], wanted, kind, self.destination),
                Owners(kind, self.destination, self.types),
            )
        except exceptions.InputError as error:
            return Decision(Action.BLOCKED, f"mapped to {wanted!r}, but {error.what}")
        self._standing[resource.ref] = there
        return Decision(
            Action.MAP,
            f"mapped to {there.name or there.ref.id} in the migration file",
            destination_id=there.ref.id,
        )

    def _wanted(self, resource: Resource) -> str | None:
        """What the migration file says takes its place."""
        names = self.mappings.get(resource.ref.type, {})
        return names.get(resource.ref.id) or names.get(resource.name)

    def _gone(self, kind: ResourceType, resource: Resource) -> str:
        for need in kind.needs(resource):
            if need.must and need.ref in self.inventory.vanished:
                return f"needs {need.ref} ({need.why}), which is gone from the source"
        return ""

    def _impossible(self, kind: ResourceType) -> str:
        lacking = kind.lacking(self.destination)
        return f"the destination cannot have it: {lacking}" if lacking else ""

    def _matched(self, kind: ResourceType, resource: Resource) -> Decision:
        namesakes = [
            there
            for there in self._lookup.namesakes(kind, resource)
            if there.ref.id not in self._taken[kind.name]
        ]
        closest: tuple[int, Decision] | None = None
        for there in namesakes:
            different = kind.compare(resource, there, self._will_be, self.options)
            if not different:
                self._taken[kind.name].add(there.ref.id)
                return Decision(
                    Action.ADOPT,
                    "equal on the destination",
                    destination_id=there.ref.id,
                )
            if closest is None or len(different) < closest[0]:
                closest = (
                    len(different),
                    Decision(
                        Action.BLOCKED,
                        "the destination has one with this name that differs: "
                        "map it, or remove or rename one of the two",
                        differences=different,
                    ),
                )
        return closest[1] if closest else self._creation(resource.ref)

    def _creation(self, ref: Ref) -> Decision:
        stale = self.bindings.get(ref)
        if stale is None:
            return Decision(Action.CREATE, "not on the destination")
        return Decision(
            Action.CREATE,
            f"{stale.destination_id}, which stood for it, is gone",
            replaces=stale.destination_id,
        )


def settled(decision: Decision, known: Collection[str] = ()) -> Decision:
    """The decision about what was migrated earlier, with what differs unexpectedly.

    :param known: fields that are known to differ, besides the announced ones
    """
    if decision.action is not Action.SKIP or not decision.differences:
        return decision
    told = {*decision.announced, *known}
    left = tuple(d for d in decision.differences if d.field not in told)
    reason = f"{decision.reason}; {DIFFERS}" if left else decision.reason
    return replace(decision, reason=reason, differences=left)
