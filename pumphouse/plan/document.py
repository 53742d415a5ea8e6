# SPDX-License-Identifier: Apache-2.0
"""The plan: graph, decisions, options and totals, immutable, with a digest.

``apply`` does exactly what the document says.  The digest covers everything but
the plan's own id and date, so two plans with one digest do the same.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pumphouse import exceptions
from pumphouse.models import (
    Action,
    CloudPair,
    Decision,
    Difference,
    Ref,
    Resource,
)

if TYPE_CHECKING:
    import networkx as nx

    from pumphouse.conf.migration import Options

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Node:
    """One resource of the plan and what becomes of it."""

    resource: Resource
    decision: Decision

    @property
    def ref(self) -> Ref:
        return self.resource.ref


@dataclass(frozen=True)
class Plan:
    """A plan as it was drawn up.

    :param edges: (needed, dependent, why)
    :param options: the migration options it was drawn up with
    :param notes: what the operator should know that belongs to no node
    :param selected: what was asked for; empty in plans that earlier releases drew up
    :param whole_project: whether everything that belongs to the selected came along
    """

    id: str
    created_at: str
    title: str
    pair: CloudPair
    options: Options
    nodes: Mapping[Ref, Node]
    edges: tuple[tuple[Ref, Ref, str], ...]
    notes: tuple[str, ...] = ()
    selected: tuple[Ref, ...] = ()
    whole_project: bool = False

    @cached_property
    def graph(self) -> nx.DiGraph:
        """The graph, as :mod:`pumphouse.plan.graph` makes it."""
        import networkx as nx  # takes longer to load than most plans

        graph = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from((a, b, {"why": why}) for a, b, why in self.edges)
        return graph

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical document, in hexadecimal."""
        text = json.dumps(self._content(), sort_keys=True, separators=(",", ":"))
        return _sha256(text)

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Counts per action and per type, and the bytes to move."""
        actions = Counter(n.decision.action.value for n in self.nodes.values())
        types = Counter(ref.type for ref in self.nodes)
        return {
            "resources": len(self.nodes),
            "actions": {a.value: actions.get(a.value, 0) for a in Action},
            "types": dict(sorted(types.items())),
            "bytes": sum(
                n.decision.size
                for n in self.nodes.values()
                if n.decision.action is Action.CREATE
            ),
        }

    @cached_property
    def left_out(self) -> tuple[Node, ...]:
        """What the operator goes without."""
        return tuple(self.having(Action.LEFT_OUT))

    @cached_property
    def changed(self) -> tuple[Node, ...]:
        """What was migrated earlier and is not equal any more."""
        return tuple(n for n in self.having(Action.SKIP) if n.decision.differences)

    def having(self, *actions: Action) -> Iterator[Node]:
        """The nodes with one of these actions, in the plan's order."""
        return (n for n in self.nodes.values() if n.decision.action in actions)

    def check_pair(self, pair: CloudPair) -> None:
        """:raises InputError: it is for other clouds than *pair*"""
        if self.pair != pair:
            raise exceptions.InputError(
                f"the plan is for {self.pair}, the migration file names {pair}",
                resource=f"plan {self.id[:8]}",
                hint="Give the migration file that the plan was drawn up with",
            )

    def dumps(self) -> str:
        """The document as JSON text: a head with its digest, then what that covers.

        In the order in which the clouds said it: the order of a server's networks
        is that of its NICs.  ``written`` is about the text that follows it.
        """
        text = json.dumps(self._content(), separators=(",", ":"))
        return self._head(self.digest, _sha256(text)) + text[1:]

    def _head(self, digest: str, written: str) -> str:
        """The document up to the part that the digest covers, without its brace."""
        head = {
            "format": FORMAT,
            "id": self.id,
            "created_at": self.created_at,
            "digest": digest,
            "written": written,
        }
        return json.dumps(head, separators=(",", ":"))[:-1] + ","

    def _content(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "source": self.pair.source,
            "destination": self.pair.destination,
            "options": self.options.model_dump(mode="json"),
            "notes": list(self.notes),
            # Only where it is known: plans of before have the digests they had.
            **({"selection": self._selection()} if self.selected else {}),
            "nodes": [_node(n) for n in self.nodes.values()],
            "edges": [[str(a), str(b), why] for a, b, why in self.edges],
        }

    def _selection(self) -> dict[str, Any]:
        return {
            "resources": [str(ref) for ref in self.selected],
            "whole_project": self.whole_project,
        }

    @classmethod
    def loads(cls, text: str) -> Plan:
        """The plan that :meth:`dumps` wrote.

        :raises ValueError: another format, or not the document it was
        """
        from pumphouse.conf.migration import Options

        data = json.loads(text)
        if data.get("format") != FORMAT:
            raise ValueError(f"plan format {data.get('format')} is not {FORMAT}")
        nodes = [_read_node(n) for n in data["nodes"]]
        refs = {str(node.ref): node.ref for node in nodes}
        selection = data.get("selection", {})
        plan = cls(
            id=data["id"],
            created_at=data["created_at"],
            title=data["title"],
            pair=CloudPair(data["source"], data["destination"]),
            options=Options.model_validate(data["options"]),
            nodes={n.ref: n for n in nodes},
            edges=tuple((refs[a], refs[b], why) for a, b, why in data["edges"]),
            notes=tuple(data["notes"]),
            selected=tuple(map(Ref.parse, selection.get("resources", ()))),
            whole_project=bool(selection.get("whole_project")),
        )
        wanted = data["digest"]
        written = data.get("written", "")
        head = plan._head(wanted, written)
        if text.startswith(head) and _sha256("{" + text[len(head) :]) == written:
            plan.__dict__["digest"] = wanted  # to the letter: no need to sort it all
        if plan.digest != wanted:
            raise ValueError("the document does not match its digest")
        return plan


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _node(node: Node) -> dict[str, Any]:
    decision = node.decision
    return {
        "ref": str(node.ref),
        "name": node.resource.name,
        "project_id": node.resource.project_id,
        "action": decision.action.value,
        "reason": decision.reason,
        "destination_id": decision.destination_id,
        "differences": [
            [d.field, d.source, d.destination] for d in decision.differences
        ],
        "notes": list(decision.notes),
        # Only where there are any: plans of before have the digests they had.
        **({"announced": list(decision.announced)} if decision.announced else {}),
        "size": decision.size,
        "replaces": decision.replaces,
        "record": node.resource.record,
    }


def _read_node(data: Mapping[str, Any]) -> Node:
    return Node(
        Resource(
            ref=Ref.parse(data["ref"]),
            name=data["name"],
            record=data["record"],
            project_id=data["project_id"],
        ),
        Decision(
            action=Action(data["action"]),
            reason=data["reason"],
            destination_id=data["destination_id"],
            differences=tuple(Difference(*d) for d in data["differences"]),
            notes=tuple(data["notes"]),
            announced=tuple(data.get("announced", ())),
            size=data["size"],
            replaces=data["replaces"],
        ),
    )
