# SPDX-License-Identifier: Apache-2.0
"""A flow pattern over a networkx graph: the plan's graph, one to one.

TaskFlow's own ``graph_flow`` copies its graph and looks for cycles at each link,
which is quadratic; here links are free and the one look for cycles is made when
the flow is first walked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx
from taskflow import flow

from pumphouse import exceptions

Item = Any
"""A task or a flow."""


class GraphFlow(flow.Flow):  # type: ignore[misc]
    """Items, and links that say which one needs which one first.

    :param name: of the flow
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._graph: nx.DiGraph = nx.DiGraph()
        self._sorted: list[Item] | None = None

    def add(self, *items: Item) -> GraphFlow:
        """Add tasks or flows.  Adding one again changes nothing."""
        self._graph.add_nodes_from(items)
        self._sorted = None
        return self

    def link(self, u: Item, v: Item) -> GraphFlow:
        """*v* starts after *u* has finished.

        :raises ValueError: one of them was not added
        """
        for item in (u, v):
            if item not in self._graph:
                raise ValueError(f"{item} is not in the flow {self.name}")
        self._graph.add_edge(u, v, **{flow.LINK_MANUAL: True})
        self._sorted = None
        return self

    def __len__(self) -> int:
        return len(self._graph)

    def __iter__(self) -> Iterator[Item]:
        """The items, each after all that it needs.

        :raises PlanBlocked: the links form a cycle; the cycle is spelled out
        """
        return iter(self._order())

    def iter_nodes(self) -> Iterator[tuple[Item, dict[str, Any]]]:
        for item in self._order():
            yield item, {}

    def iter_links(self) -> Iterator[tuple[Item, Item, dict[str, Any]]]:
        yield from self._graph.edges(data=True)

    @property
    def requires(self) -> frozenset[str]:
        """Symbols: none, in all of such a flow."""
        return frozenset()

    @property
    def provides(self) -> frozenset[str]:
        """Symbols: none, in all of such a flow."""
        return frozenset()

    def _order(self) -> list[Item]:
        if self._sorted is None:
            try:
                self._sorted = list(nx.topological_sort(self._graph))
            except nx.NetworkXUnfeasible:
                raise exceptions.PlanBlocked(
                    f"needs itself first: {self._cycle()}",
                    resource=self.name,
                    hint="one of these links has to go",
                ) from None
        return self._sorted

    def _cycle(self) -> str:
        edges = nx.find_cycle(self._graph)
        return " -> ".join([edge[0].name for edge in edges] + [edges[0][0].name])
