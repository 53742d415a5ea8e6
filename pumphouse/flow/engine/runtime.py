# SPDX-License-Identifier: Apache-2.0
"""The parts of the engine, put together for one compilation.

What TaskFlow's own parts do is kept, but for: what may run next (``selector``), how
much of it is started (``scheduler``), what becomes of failures (``completer``), and
how finished tasks are collected (``builder``).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from taskflow import flow as flows
from taskflow import states as st
from taskflow.engines.action_engine import builder as stock_builder
from taskflow.engines.action_engine import compiler as stock

from pumphouse.flow.engine import _private
from pumphouse.flow.engine.completer import Completer
from pumphouse.flow.engine.pool import Completions
from pumphouse.flow.engine.retries import Again
from pumphouse.flow.engine.scheduler import Scheduler
from pumphouse.flow.engine.selector import Selector

Atom = Any


class Runtime(_private.Runtime):
    """The runtime of a keep-going engine.

    :param completions: where finished tasks are collected
    :param slots: how many tasks may be in flight
    """

    def __init__(
        self, *args: Any, completions: Completions, slots: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.completions = completions
        self.slots = slots
        self.atoms: dict[str, Atom] = {}
        self.order: dict[str, int] = {}

    @functools.cached_property
    def selector(self) -> Selector:
        return Selector(self)

    @functools.cached_property
    def builder(self) -> Any:
        return stock_builder.MachineBuilder(self, self.completions.wait)

    @functools.cached_property
    def completer(self) -> Completer:
        return Completer(self)

    @functools.cached_property
    def scheduler(self) -> Scheduler:
        return Scheduler(self)

    def compile(self) -> None:
        """Prepare what is looked up often."""
        super().compile()
        self.atoms = {atom.name: atom for atom in self.iterate_nodes(stock.ATOMS)}
        self.order = {name: number for number, name in enumerate(self.atoms)}

    def has_deciders(self) -> bool:
        """Whether any link of the flow has a decider."""
        edges = self.compilation.execution_graph.edges(data=flows.LINK_DECIDER)
        return any(decider is not None for _u, _v, decider in edges)

    def execute_again(self, failed: Atom, again: Again) -> None:
        """Have *failed*, and what goes before it again, run once more after a pause."""
        atoms = [self.atoms[name] for name in again.atoms]
        for atom in atoms:
            if self.storage.get_atom_state(atom.name) != st.PENDING:
                self.storage.reset(atom.name)
        self.scheduler.pause(atoms[0], again.seconds)
        self.selector.execute_again(failed, atoms)

    def states_of(self, atoms: Iterable[Atom]) -> dict[str, tuple[str, str]]:
        """State and intention by atom name."""
        states: dict[str, tuple[str, str]] = self.storage.get_atoms_states(
            atom.name for atom in atoms
        )
        return states
