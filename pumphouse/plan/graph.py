# SPDX-License-Identifier: Apache-2.0
"""The graph: references, and edges that say *needs first*, and why.

An edge runs from what is needed to what needs it, so that a topological order
is an order in which things can be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import networkx as nx

from pumphouse import exceptions
from pumphouse.models import Need, Ref


def build(refs: Iterable[Ref], needs: Iterable[tuple[Ref, Need]]) -> nx.DiGraph:
    """The graph of these references; needs of others are left out.

    :raises PlanningFailed: there is a cycle; the message spells it out
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(refs)
    for dependent, need in needs:
        if dependent in graph and need.ref in graph and dependent != need.ref:
            graph.add_edge(need.ref, dependent, why=need.why)
    if not nx.is_directed_acyclic_graph(graph):
        edges = nx.find_cycle(graph)
        spelled = ", ".join(
            f"{after} needs {before} ({graph.edges[before, after]['why']})"
            for before, after in ((e[0], e[1]) for e in edges)
        )
        raise exceptions.PlanningFailed(
            f"these resources need each other in a circle: {spelled}",
            hint="Map one of them in the migration file to break the circle",
        )
    return graph


def order(graph: nx.DiGraph) -> Iterator[Ref]:
    """A topological order in which types stay together as far as they can.

    All projects before all networks before all servers: so whoever walks it can
    look things up for a whole type at once.
    """
    rank = _type_ranks(graph)
    return iter(
        nx.lexicographical_topological_sort(graph, key=lambda r: (rank[r.type], r))
    )


def _type_ranks(graph: nx.DiGraph) -> dict[str, int]:
    types = nx.DiGraph()
    types.add_nodes_from(sorted({ref.type for ref in graph}))
    # sorted: a set of text has another order in each process
    types.add_edges_from(sorted({(a.type, b.type) for a, b in graph.edges}))
    # Types may refer to each other both ways (a project to its parent).
    condensed = nx.condensation(types)
    ranks = {}
    for rank, component in enumerate(nx.topological_sort(condensed)):
        for name in condensed.nodes[component]["members"]:
            ranks[name] = rank
    return ranks


def dot(graph: nx.DiGraph, label: dict[Ref, str], colour: dict[Ref, str]) -> str:
    """The graph in Graphviz's language, grouped by resource type."""
    lines = ["digraph plan {", "  rankdir=LR;", "  node [shape=box, style=filled];"]
    by_type: dict[str, list[Ref]] = {}
    for ref in graph:
        by_type.setdefault(ref.type, []).append(ref)
    for name, refs in sorted(by_type.items()):
        lines.append(f"  subgraph {_quote('cluster_' + name)} {{")
        lines.append(f"    label={_quote(name)};")
        lines.extend(
            f"    {_quote(str(ref))} [label={_quote(label.get(ref, ref.id))}, "
            f"fillcolor={_quote(colour.get(ref, 'white'))}];"
            for ref in sorted(refs)
        )
        lines.append("  }")
    lines.extend(
        f"  {_quote(str(before))} -> {_quote(str(after))} [tooltip={_quote(why)}];"
        for before, after, why in sorted(graph.edges(data="why"))
    )
    lines.append("}")
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
