# SPDX-License-Identifier: Apache-2.0
"""The flow that the engine is measured with.

Nodes of six steps each, as a plan compiles to: one in two hundred a project, one in
twenty a network, the rest servers; each server after its network, each network
after its project.  A step does nothing and returns a small dictionary.
"""

from __future__ import annotations

from typing import Any

from taskflow.patterns import linear_flow

from pumphouse.flow.engine import GraphFlow, Task

STEPS = 6


class Step(Task):
    """Nothing, and then a small result."""

    def execute(self) -> dict[str, Any]:
        return {"id": self.name, "state": "ACTIVE"}


class Failing(Step):
    """A step that fails."""

    def execute(self) -> dict[str, Any]:
        raise ValueError("the server went to ERROR")


def make(
    atoms: int, failing: int = 0, kind: type[Task] = Step, steps: int = STEPS
) -> GraphFlow:
    """A flow of about that many atoms.

    :param failing: one server in how many fails, at its last step; 0: none
    :param kind: of the steps
    """
    flow = GraphFlow("benchmark")
    project = network = None
    for number in range(atoms // steps):
        node = linear_flow.Flow(f"node-{number}")
        fails = failing and number % 20 and number % failing == 1
        for step in range(steps):
            last = fails and step == steps - 1
            node.add((Failing if last else kind)(f"node-{number}:{step}"))
        flow.add(node)
        if number % 200 == 0:
            project = network = node
        elif number % 20 == 0:
            flow.link(project, node)
            network = node
        else:
            flow.link(network, node)
    return flow
