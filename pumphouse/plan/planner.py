# SPDX-License-Identifier: Apache-2.0
"""Draws up a plan: selection, discovery, graph, decisions, document."""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.collector import paused
from pumphouse.conf.migration import Options
from pumphouse.models import PROJECT, USER, Action, Binding, CloudPair, Decision, Ref
from pumphouse.plan import graph as graphs
from pumphouse.plan import selection as selections
from pumphouse.plan.decisions import Decider, Mappings, settled
from pumphouse.plan.discovery import Tell, discover
from pumphouse.plan.document import Node, Plan
from pumphouse.plan.foresight import applied, foresee
from pumphouse.plan.leaving import without_blocked
from pumphouse.plan.mapped import unmatched
from pumphouse.plan.preflight import Preflight
from pumphouse.plan.selection import Selection
from pumphouse.resources.base import ResourceType
from pumphouse.resources.outlook import Forgetful, Memory, Outlook

Check = Callable[[Cloud, Cloud, Plan, Mapping[str, ResourceType], bool], Preflight]
Told = Callable[[Collection[Ref]], Mapping[Ref, Collection[str]]]


@dataclass(frozen=True)
class Planner:
    """Everything a plan is drawn up from.

    :param bindings: all bindings of this pair of clouds
    :param unfinished: what a run left half-way that only that run brings to an end,
        with its id
    :param begun: what a run bound and did not finish, with its id
    :param told: what the plans and runs that brought something said would differ, or
        could not be kept; asked only of what differs
    :param without_blocked: leave what is blocked out, with what cannot do without it
    :param passwords: whether both Keystone databases are at hand
    :param identity: the source's, if that is at hand
    :param memory: what earlier plans found out about data
    """

    source: Cloud
    destination: Cloud
    types: Mapping[str, ResourceType]
    options: Options
    mappings: Mappings
    bindings: Mapping[Ref, Binding]
    unfinished: Mapping[Ref, str] = field(default_factory=dict)
    begun: Mapping[Ref, str] = field(default_factory=dict)
    told: Told = lambda refs: {}
    passwords: bool = False
    identity: IdentityDatabase | None = None
    memory: Memory = field(default_factory=Forgetful)
    without_blocked: bool = False
    preflight: Check | None = None

    @property
    def pair(self) -> CloudPair:
        return CloudPair(self.source.identity, self.destination.identity)

    def draw_up(self, selection: Selection, tell: Tell = lambda text: None) -> Plan:
        """The plan for that selection.  Reads both clouds, changes neither.

        :raises NotFound: the selection names nothing
        :raises Ambiguous: the selection names several
        :raises CloudError: a cloud could not be read
        """
        with paused():
            plan = self._leaving(self._drawn_up(selection, tell))
        if self.preflight is None:
            return plan
        tell("preflight")
        found = self.preflight(
            *(self.source, self.destination, plan, self.types),
            selection.whole_project,
        )
        return self._leaving(found.applied_to(plan))

    def _leaving(self, plan: Plan) -> Plan:
        return without_blocked(plan, self.types) if self.without_blocked else plan

    def _drawn_up(self, selection: Selection, tell: Tell) -> Plan:
        tell("selection")
        source = self.source.snapshot()
        roots = selections.resolve(selection, source, self.types)
        inventory = discover(
            source,
            roots,
            self.types,
            known=self._stands,
            tell=tell,
        )
        graph = graphs.build(inventory.resources, inventory.needs)
        tell(f"decisions: {len(graph)} resources")
        decider = Decider(
            source=source,
            destination=self.destination.snapshot(),
            types=self.types,
            inventory=inventory,
            graph=graph,
            options=self.options,
            mappings=self.mappings,
            bindings=self.bindings,
            unfinished=self.unfinished,
            begun=self.begun,
        )
        decisions = decider.decide()
        tell("foresight")
        findings = foresee(
            self.types,
            Outlook(
                source=source,
                destination=decider.destination,
                options=self.options,
                resources=inventory.resources,
                decisions=decisions,
                translate=decider.translate,
                memory=self.memory,
                identity=self.identity,
                passwords=self.passwords,
            ),
        )
        decisions, foreseen = applied(decisions, findings)
        told = self._told(decisions)
        nodes = {}
        for ref, decision in decisions.items():
            kind, resource = self.types[ref.type], inventory.resources[ref]
            kept = replace(
                resource,
                name=kind.title(resource, inventory.named),
                record=kind.saved(resource.record),
            )
            nodes[ref] = Node(kept, settled(decision, told.get(ref, ())))
        return Plan(
            id=uuid.uuid4().hex,
            created_at=datetime.datetime.now(datetime.UTC).isoformat("T", "seconds"),
            title=str(selection),
            pair=self.pair,
            options=self.options,
            nodes=nodes,
            edges=tuple((a, b, why) for a, b, why in sorted(graph.edges(data="why"))),
            notes=(
                *self._lacking(source),
                *unmatched(self.mappings, self.types, inventory.resources, source),
                *foreseen,
            ),
            selected=tuple(root.ref for root in roots),
            whole_project=selection.whole_project,
        )

    def _lacking(self, source: Cloud) -> Iterator[str]:
        """Of which types the source cannot have any, and why: said once."""
        kinds: dict[str, list[str]] = defaultdict(list)
        for kind in self.types.values():
            lacking = kind.lacking(source)
            if lacking:
                kinds[lacking].append(kind.name)
        for why, names in kinds.items():
            yield f"the source cannot have any {', '.join(names)}: {why}"

    def _told(self, decisions: Mapping[Ref, Decision]) -> Mapping[Ref, Collection[str]]:
        """What is known to differ of what was migrated earlier."""
        differing = [
            ref
            for ref, decision in decisions.items()
            if decision.action is Action.SKIP and decision.differences
        ]
        return self.told(differing) if differing else {}

    @cached_property
    def _own(self) -> tuple[Ref, Ref]:
        """The operator's user and project, asked of the cloud once."""
        return Ref(USER, self.source.user_id), Ref(PROJECT, self.source.project_id)

    def _stands(self, ref: Ref, name: str) -> bool:
        """Whether the operator said what stands for *ref*, or it is their own."""
        mapped = self.mappings.get(ref.type, {})
        return ref.id in mapped or (bool(name) and name in mapped) or ref in self._own
