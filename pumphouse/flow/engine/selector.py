# SPDX-License-Identifier: Apache-2.0
"""Says what runs next, after a task has finished."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from typing import Any

from taskflow import states as st
from taskflow.engines.action_engine import deciders

from pumphouse.flow.engine import _private
from pumphouse.flow.engine.frontier import Frontier
from pumphouse.flow.engine.pool import ROOM

Atom = Any
Ready = Iterator[tuple[Atom, deciders.Decider]]


class Selector(_private.Selector):
    """Takes the place of TaskFlow's selector.

    Where links have deciders TaskFlow's own rules decide, at their own cost.
    """

    def __init__(self, runtime: Any) -> None:
        super().__init__(runtime)
        self._run = weakref.proxy(runtime)
        self._states = runtime.storage.get_atoms_states
        self._frontier: Frontier | None = None
        if not runtime.has_deciders():
            self._frontier = Frontier(runtime.compilation.execution_graph)
        self._again: dict[Atom, Atom] = {}  # to be started when the first is over

    def iter_next_atoms(self, atom: Atom = None) -> Ready:
        """What may start: because of *atom*, or (None) at all."""
        if atom is ROOM:
            found = []
        elif atom in self._again:
            found = [(self._again.pop(atom), deciders.NoOpDecider())]
        elif self._frontier is None:
            found = list(super().iter_next_atoms(atom))
        else:
            found = [(one, deciders.NoOpDecider()) for one in self._next(atom)]
        if atom is not None:
            # what was held back is considered again whenever something finished
            held_back = self._run.scheduler.next_held_back()
            found.extend((one, deciders.NoOpDecider()) for one in held_back)
        return iter(found)

    def execute_again(self, failed: Atom, atoms: list[Atom]) -> None:
        """*atoms* are to run again, the first of them after a pause.

        It is named now, because of *failed*, and again when its pause is over.
        """
        if self._frontier is not None:
            self._frontier.reopen(atoms)
        self._again[failed] = atoms[0]

    def pause_begins(self, atom: Atom) -> None:
        """When the pause of *atom* is over, it is what starts next."""
        self._again[atom] = atom

    def clear(self) -> None:
        """Forget what was under way: at the start of a run all is counted anew."""
        self._again.clear()

    def _state(self, atom: Atom) -> tuple[str, str]:
        state: tuple[str, str] = self._states([atom.name])[atom.name]
        return state

    def _succeeded(self, atom: Atom) -> bool:
        return self._state(atom) == (st.SUCCESS, st.EXECUTE)

    def _next(self, atom: Atom) -> Iterable[Atom]:
        if atom is None:
            return self._executable(self._from_start())
        if not self._succeeded(atom):
            return []
        assert self._frontier is not None
        return self._executable(self._frontier.finish(atom, self._succeeded))

    def _from_start(self) -> list[Atom]:
        assert self._frontier is not None
        states = self._run.states_of(self._run.atoms.values())
        return self._frontier.start(
            lambda atom: states[atom.name] == (st.SUCCESS, st.EXECUTE)
        )

    def _executable(self, atoms: Iterable[Atom]) -> list[Atom]:
        return [atom for atom in atoms if self._state(atom) == (st.PENDING, st.EXECUTE)]
