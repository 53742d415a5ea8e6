# SPDX-License-Identifier: Apache-2.0
"""Which earlier atoms' results an atom may use, without walking all siblings.

TaskFlow's walker goes, at each level of nesting, through everything to the left of
the atom until it has met all its predecessors: for an atom at the end of a flow of
thousands that is thousands of steps.  This one goes back along the edges instead,
one level at a time, and only as far as it is asked; the scopes and the order within
them are the same, which a property test holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from taskflow.engines.action_engine import compiler as stock

Atom = Any
Node = Any


class Positions:
    """Where each atom stands when the hierarchy is read from left to right."""

    def __init__(self, compilation: stock.Compilation) -> None:
        self._spans: dict[Any, tuple[int, int]] = {}
        self._count(compilation.hierarchy, 0)

    def _count(self, node: Any, at: int) -> int:
        start = at
        if node.metadata["kind"] in stock.ATOMS:
            at += 1
        for child in node:
            at = self._count(child, at)
        self._spans[node.item] = (start, at)
        return at

    def start(self, item: Any) -> int:
        """The position of an atom, or of the first one in a flow."""
        return self._spans[item][0]


class ScopeWalker:
    """The scopes of one atom, innermost first: lists of atom names."""

    def __init__(
        self, compilation: stock.Compilation, positions: Positions, atom: Atom
    ) -> None:
        self._graph = compilation.execution_graph
        self._place = compilation.hierarchy.find(atom)
        self._positions = positions
        self._atom = atom

    def __iter__(self) -> Iterator[list[str]]:
        starts = list(self._graph.pred[self._atom])
        inner = self._atom
        hidden = False  # predecessors to the right are never visible, but remain
        for parent in self._place.path_iter(include_self=False):
            if not hidden and not self._any_atom(starts):
                return
            found, starts = self._level(starts, parent.item)
            limit = self._positions.start(inner)
            visible = [atom for atom in found if self._positions.start(atom) < limit]
            visible.sort(key=self._positions.start, reverse=True)
            hidden = hidden or len(visible) < len(found)
            yield [atom.name for atom in visible]
            inner = parent.item

    def _level(self, starts: list[Node], flow: Node) -> tuple[list[Atom], list[Node]]:
        """The predecessors within *flow*, and where to go on outside of it."""
        found = []
        seen = set(starts)
        stack = list(starts)
        while stack:
            node = stack.pop()
            if node is flow:  # the only way out
                continue
            if self._graph.nodes[node]["kind"] in stock.ATOMS:
                found.append(node)
            for before in self._graph.pred[node]:
                if before not in seen:
                    seen.add(before)
                    stack.append(before)
        return found, list(self._graph.pred[flow])

    def _any_atom(self, starts: list[Node]) -> bool:
        seen = set(starts)
        stack = list(starts)
        while stack:
            node = stack.pop()
            if self._graph.nodes[node]["kind"] in stock.ATOMS:
                return True
            for before in self._graph.pred[node]:
                if before not in seen:
                    seen.add(before)
                    stack.append(before)
        return False
