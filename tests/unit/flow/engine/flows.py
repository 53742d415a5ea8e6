# SPDX-License-Identifier: Apache-2.0
"""Random flows, for property tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from taskflow.patterns import linear_flow, unordered_flow

from pumphouse.flow.engine import Again, GraphFlow, Task


class Plain(Task):
    """A task that gives its own name, and runs again after errors that may go away."""

    def execute(self) -> str:
        return str(self.name)

    def again(self, error: BaseException | None) -> Again | None:
        retryable = getattr(error, "retryable", False)
        return Again(0.0, (self.name,)) if retryable else None


class Backwards(GraphFlow):
    """A pattern that lists its items in no helpful order: the last one first."""

    def __iter__(self) -> Iterator[Any]:
        return reversed(list(super().__iter__()))


@st.composite
def random_flow(draw: st.DrawFn, depth: int = 3) -> Any:
    """A linear, unordered or graph flow, of tasks and flows of these."""
    numbers = itertools.count()

    def task() -> Plain:
        return Plain(f"t{next(numbers)}")

    def flow(level: int) -> Any:
        name = f"f{next(numbers)}"
        kind = draw(st.sampled_from(["linear", "unordered", "graph", "backwards"]))
        items = [
            flow(level - 1) if level and draw(st.booleans()) else task()
            for _ in range(draw(st.integers(0, 4)))
        ]
        if kind == "linear":
            return linear_flow.Flow(name).add(*items)
        if kind == "unordered":
            return unordered_flow.Flow(name).add(*items)
        pattern = GraphFlow if kind == "graph" else Backwards
        graph = pattern(name).add(*items)
        for later in range(1, len(items)):
            for earlier in range(later):
                if draw(st.booleans()):
                    graph.link(items[earlier], items[later])
        return graph

    return flow(depth)
