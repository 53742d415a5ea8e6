# SPDX-License-Identifier: Apache-2.0
"""Compiles a flow in time linear in its atoms and links.

TaskFlow's compiler makes one graph for each (sub)flow and merges those upwards, so
every node is copied once for each sibling; and looks each atom up by walking the
whole hierarchy.  This one writes into one graph from the start, and its hierarchy
has an index.  What comes out is equal to what TaskFlow's makes: same nodes and
attributes in the same order, same edges and attributes, same hierarchy; a property
test compares the two on random flows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from taskflow import flow as flows
from taskflow import task as tasks
from taskflow.engines.action_engine import compiler as stock
from taskflow.types import graph, tree

Item = Any


class FlowNode(tree.Node):  # type: ignore[misc]
    """A node of the hierarchy that knows the position of its children."""

    def __init__(self, item: Item, **metadata: Any) -> None:
        super().__init__(item, **metadata)
        self._positions: dict[Item, int] = {}

    def add(self, child: tree.Node) -> None:
        position = self.child_count()
        super().add(child)
        self._positions.setdefault(child.item, position)

    def index(self, item: Item) -> int:
        """The position of a child.

        :raises ValueError: it is none
        """
        try:
            return self._positions[item]
        except KeyError:
            raise ValueError(f"{item} is not contained in any child") from None


class RootNode(FlowNode):
    """The top of the hierarchy; finds any item in it in one step."""

    def __init__(self, item: Item, **metadata: Any) -> None:
        super().__init__(item, **metadata)
        self.places: dict[Item, tree.Node] = {item: self}

    def find(
        self, item: Item, only_direct: bool = False, include_self: bool = True
    ) -> tree.Node | None:
        if only_direct or not include_self:
            return super().find(item, only_direct, include_self)
        return self.places.get(item)


class LinearCompiler:
    """Takes the place of TaskFlow's ``PatternCompiler``.

    :param root: the flow (or single task) to compile
    """

    def __init__(self, root: Item) -> None:
        self._root = root
        self._compilation: stock.Compilation | None = None
        self._graph = graph.DiGraph(name=getattr(root, "name", ""))
        self._places: dict[Item, tree.Node] = {}

    def compile(self) -> stock.Compilation:
        """The execution graph and the hierarchy.  Compiles only once.

        :raises TypeError: something in it is neither a task nor a flow
        :raises ValueError: an item is in it twice
        """
        if self._compilation is None:
            top = self._hierarchy_top()
            self._compile(self._root, top, None)
            self._graph.freeze()
            top.freeze()
            self._compilation = stock.Compilation(self._graph, top)
        return self._compilation

    def _hierarchy_top(self) -> tree.Node:
        if isinstance(self._root, flows.Flow):
            top = RootNode(self._root, kind=stock.FLOW, noop=True)
            self._places = top.places
            self._places.clear()
            return top
        return tree.Node(self._root, kind=stock.TASK)

    def _compile(self, item: Item, node: tree.Node, controller: Any) -> Item:
        """Add *item* and all below it to the graph; returns the node it ends with."""
        if item in self._places:
            raise ValueError(f"{item} is in the flow {self._root.name} twice")
        self._places[item] = node
        if isinstance(item, flows.Flow):
            return self._compile_flow(item, node, controller)
        if isinstance(item, tasks.Task):
            self._add(item, controller, kind=stock.TASK)
            return item
        raise TypeError(f"{item!r} ({type(item)}) is neither a task nor a flow")

    def _compile_flow(self, flow: flows.Flow, node: tree.Node, controller: Any) -> Item:
        self._add(flow, controller, kind=stock.FLOW, noop=True)
        inner = controller
        if flow.retry is not None:
            inner = flow.retry
            if inner in self._places:
                raise ValueError(f"the retry {inner} controls two flows")
            self._places[inner] = tree.Node(inner, kind=stock.RETRY)
            node.add(self._places[inner])
        ends: dict[Item, Item] = {}
        for child in flow:
            place = _node_for(child)
            node.add(place)
            ends[child] = self._compile(child, place, inner)
        self._link(flow, ends)
        return self._frame(flow, ends, controller)

    def _link(self, flow: flows.Flow, ends: dict[Item, Item]) -> None:
        for u, v, attributes in flow.iter_links():
            if v not in ends:
                raise KeyError(v)
            self._graph.add_edge(ends[u], v, **attributes)

    def _frame(self, flow: flows.Flow, ends: dict[Item, Item], controller: Any) -> Item:
        """All in a flow comes after its entry and before its end, which is returned."""
        entry: Item = flow
        attributes = {flows.LINK_INVARIANT: True}
        if flow.retry is not None:
            entry = flow.retry
            self._add(entry, controller, kind=stock.RETRY)
            self._graph.add_edge(flow, entry, **attributes)
            attributes = {flows.LINK_INVARIANT: True, flows.LINK_RETRY: True}
        end = stock.Terminator(flow)
        firsts = [child for child in ends if not self._graph.pred[child]]
        lasts = [last for last in ends.values() if not self._graph.succ[last]]
        for first in firsts:
            self._graph.add_edge(entry, first, **attributes)
        self._add(end, controller, kind=stock.FLOW_END, noop=True)
        for last in lasts or [entry]:
            self._graph.add_edge(last, end, **{flows.LINK_INVARIANT: True})
        return end

    def _add(self, node: Item, controller: Any, **attributes: Any) -> None:
        if controller is not None:
            attributes[stock.RETRY] = controller
        self._graph.add_node(node, **attributes)


def _node_for(item: Item) -> tree.Node:
    if isinstance(item, flows.Flow):
        return FlowNode(item, kind=stock.FLOW, noop=True)
    return tree.Node(item, kind=stock.TASK)


def names(item: Item) -> Iterator[str]:
    """The names of all atoms in a flow."""
    if not isinstance(item, flows.Flow):
        yield item.name
        return
    if item.retry is not None:
        yield item.retry.name
    for child in item:
        yield from names(child)


def members(compilation: stock.Compilation, controller: Any) -> Iterator[Item]:
    """All graph nodes that a retry controller is responsible for.

    The atoms and nested (sub)flows of its flow, without the controller, the
    flow's own node and its end.
    """
    nodes = compilation.execution_graph.nodes
    successors = compilation.execution_graph.succ
    flow = compilation.hierarchy.find(controller).parent.item
    seen = set()
    stack = list(successors[controller])
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        if nodes[node]["kind"] == stock.FLOW_END and node.flow is flow:
            continue
        seen.add(node)
        yield node
        stack.extend(successors[node])
