# SPDX-License-Identifier: Apache-2.0
"""Compiles a flow in time linear in its atoms and links.

TaskFlow's compiler makes one graph for each (sub)flow and merges those upwards, so
every node is copied once for each sibling; and looks each atom up by walking the
whole hierarchy.  This one writes into one graph from the start, and its hierarchy
has an index.  What comes out is equal to what TaskFlow's makes: same nodes and
attributes in the same order, same edges and attributes, same hierarchy; a property
test compares the two on random flows.

Two things of TaskFlow's are refused, so that nothing after this has to know them.
Retry controllers: a task says itself what runs again (``Task.again``), and nothing is
ever reverted.  Symbols: nothing passes between tasks but what is in the store.
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
        :raises ValueError: an item is in it twice, a flow has a retry controller, or
            a task requires or provides symbols
        """
        if self._compilation is None:
            top = self._hierarchy_top()
            self._compile(self._root, top)
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

    def _compile(self, item: Item, node: tree.Node) -> Item:
        """Add *item* and all below it to the graph; returns the node it ends with."""
        if item in self._places:
            raise ValueError(f"{item} is in the flow {self._root.name} twice")
        self._places[item] = node
        if isinstance(item, flows.Flow):
            return self._compile_flow(item, node)
        if isinstance(item, tasks.Task):
            if item.requires or item.optional or item.provides:
                raise ValueError(f"the task {item.name} has symbols")
            self._graph.add_node(item, kind=stock.TASK)
            return item
        raise TypeError(f"{item!r} ({type(item)}) is neither a task nor a flow")

    def _compile_flow(self, flow: flows.Flow, node: tree.Node) -> Item:
        if flow.retry is not None:
            raise ValueError(f"the flow {flow.name} has a retry controller")
        self._graph.add_node(flow, kind=stock.FLOW, noop=True)
        ends: dict[Item, Item] = {}
        for child in flow:
            place = _node_for(child)
            node.add(place)
            ends[child] = self._compile(child, place)
        self._link(flow, ends)
        return self._frame(flow, ends)

    def _link(self, flow: flows.Flow, ends: dict[Item, Item]) -> None:
        for u, v, attributes in flow.iter_links():
            if v not in ends:
                raise KeyError(v)
            self._graph.add_edge(ends[u], v, **attributes)

    def _frame(self, flow: flows.Flow, ends: dict[Item, Item]) -> Item:
        """All in a flow comes after its entry and before its end, which is returned."""
        attributes = {flows.LINK_INVARIANT: True}
        end = stock.Terminator(flow)
        firsts = [child for child in ends if not self._graph.pred[child]]
        lasts = [last for last in ends.values() if not self._graph.succ[last]]
        for first in firsts:
            self._graph.add_edge(flow, first, **attributes)
        self._graph.add_node(end, kind=stock.FLOW_END, noop=True)
        for last in lasts or [flow]:
            self._graph.add_edge(last, end, **attributes)
        return end


def _node_for(item: Item) -> tree.Node:
    if isinstance(item, flows.Flow):
        return FlowNode(item, kind=stock.FLOW, noop=True)
    return tree.Node(item, kind=stock.TASK)


def names(item: Item) -> Iterator[str]:
    """The names of all tasks in a flow."""
    if not isinstance(item, flows.Flow):
        yield item.name
        return
    for child in item:
        yield from names(child)
