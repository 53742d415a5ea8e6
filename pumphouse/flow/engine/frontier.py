# SPDX-License-Identifier: Apache-2.0
"""Which atoms may start now: Kahn's algorithm, kept up to date during a run.

TaskFlow looks at all descendants of an atom each time one finishes, and for each of
those at all its ancestors.  Counting the unfinished predecessors of each node costs
one step for each edge in a whole run, and gives the same answer: an atom may start
when everything before it, however far back, has succeeded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import networkx as nx

Node = Any
Done = Callable[[Node], bool]


class Frontier:
    """
    :param graph: a compilation's execution graph
    """

    def __init__(self, graph: nx.DiGraph) -> None:
        self._graph = graph
        self._waiting: dict[Node, int] = {}
        self._finished: set[Node] = set()

    def start(self, done: Done) -> list[Node]:
        """Count from the beginning; returns all atoms that may start.

        :param done: whether an atom has succeeded
        """
        self._finished.clear()
        self._waiting = {node: len(before) for node, before in self._graph.pred.items()}
        first = [node for node, count in self._waiting.items() if not count]
        return self._spread(first, done)

    def finish(self, atom: Node, done: Done) -> list[Node]:
        """*atom* succeeded; returns the atoms that may start now for that reason."""
        return self._spread([atom], done)

    def reopen(self, nodes: Iterable[Node]) -> None:
        """These nodes will run again, after whatever precedes them."""
        if not self._waiting:
            return  # start() is still to come, and counts everything
        again = set(nodes)
        for node in again & self._finished:
            for after in self._graph.succ[node]:
                self._waiting[after] += 1
        self._finished -= again
        for node in again:
            before = self._graph.pred[node]
            self._waiting[node] = sum(one not in self._finished for one in before)

    def _spread(self, nodes: Iterable[Node], done: Done) -> list[Node]:
        attributes = self._graph.nodes
        ready = []
        queue = deque(nodes)
        while queue:
            node = queue.popleft()
            if "noop" not in attributes[node] and not done(node):
                ready.append(node)
                continue
            self._finished.add(node)
            for after in self._graph.succ[node]:
                self._waiting[after] -= 1
                if not self._waiting[after]:
                    queue.append(after)
        return ready
