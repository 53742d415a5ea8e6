# SPDX-License-Identifier: Apache-2.0
"""Says what runs (or is put back) next, after an atom has finished."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from typing import Any

from taskflow import states as st
from taskflow.engines.action_engine import compiler as stock
from taskflow.engines.action_engine import deciders

from pumphouse.flow.engine import _private
from pumphouse.flow.engine.frontier import Frontier
from pumphouse.flow.engine.pool import ROOM

Atom = Any
Ready = Iterator[tuple[Atom, deciders.Decider]]

_GONE = (st.PENDING, st.REVERTED, st.IGNORE)
_UNDOABLE = (st.SUCCESS, st.FAILURE)
_PUT_BACK = (st.REVERT, st.RETRY)


class Selector(_private.Selector):
    """Takes the place of TaskFlow's selector.

    Where links have deciders TaskFlow's own rules decide, at their own cost.
    """

    def __init__(self, runtime: Any) -> None:
        super().__init__(runtime)
        self._run = weakref.proxy(runtime)
        self._states = runtime.storage.get_atoms_states
        self._graph = runtime.compilation.execution_graph
        self._frontier: Frontier | None = None
        if not runtime.has_deciders():
            self._frontier = Frontier(self._graph)
        self._going_back: set[Atom] = set()  # controllers whose flow is put back
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

    def put_back(self, controller: Atom) -> None:
        """The flow of *controller* is being reverted, flows within as parts of it.

        Such a part waits for what comes after it there, so it must not go on its own.
        """
        self._going_back.difference_update(self._run.members(controller))
        self._going_back.add(controller)

    def is_put_back_with(self, controller: Atom) -> bool:
        """Whether a flow around that of *controller* is being reverted."""
        around = self._around(self._run.find_retry(controller))
        return any(outer in self._going_back for outer in around)

    def reopen(self, controller: Atom) -> None:
        """The flow of *controller* will run again."""
        again = [controller, *self._run.members(controller)]
        self._going_back.difference_update(again)
        if self._frontier is not None:
            self._frontier.reopen(again)

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
        self._going_back.clear()

    def _state(self, atom: Atom) -> tuple[str, str]:
        state: tuple[str, str] = self._states([atom.name])[atom.name]
        return state

    def _succeeded(self, atom: Atom) -> bool:
        return self._state(atom) == (st.SUCCESS, st.EXECUTE)

    def _next(self, atom: Atom) -> Iterable[Atom]:
        if atom is None:
            return [*self._executable(self._from_start()), *self._revertible()]
        state, intention = self._state(atom)
        if (state, intention) == (st.SUCCESS, st.EXECUTE):
            assert self._frontier is not None
            return self._executable(self._frontier.finish(atom, self._succeeded))
        if state == st.SUCCESS:  # it finished while its flow is being put back
            return [atom] if intention == st.REVERT else []
        if state in (st.FAILURE, st.REVERTED):
            return self._revertible(atom)
        return []

    def _from_start(self) -> list[Atom]:
        assert self._frontier is not None
        states = self._run.states_of(self._run.atoms.values())
        return self._frontier.start(
            lambda atom: states[atom.name] == (st.SUCCESS, st.EXECUTE)
        )

    def _executable(self, atoms: Iterable[Atom]) -> list[Atom]:
        return [atom for atom in atoms if self._state(atom) == (st.PENDING, st.EXECUTE)]

    def _revertible(self, atom: Atom = None) -> list[Atom]:
        """What may be put back: in the flows around *atom*, or (None) anywhere."""
        controllers = list(self._going_back)
        if atom is not None:
            controllers = [one for one in self._around(atom) if one in self._going_back]
        return [one for each in controllers for one in self._revertible_in(each)]

    def _around(self, atom: Atom) -> Iterator[Atom]:
        """*atom* and the controllers it is under, innermost first."""
        while atom is not None:
            yield atom
            atom = self._run.find_retry(atom)

    def _revertible_in(self, controller: Atom) -> list[Atom]:
        """Atoms of one flow after which, in it, nothing is left to put back."""
        if self._state(controller)[0] == st.REVERTED:
            self._going_back.discard(controller)  # all of it is
            return []
        members = set(self._run.members(controller))
        found = []
        for atom in (*self._run.member_atoms(controller), controller):
            state, intention = self._state(atom)
            wanted = intention in _PUT_BACK and state in _UNDOABLE
            if wanted and all(
                self._state(after)[0] in _GONE for after in self._after(atom, members)
            ):
                found.append(atom)
        return found

    def _after(self, atom: Atom, members: set[Any]) -> Iterator[Atom]:
        """The next atoms after *atom* within *members*.

        A controller hides nothing: one whose attempts are counted anew is PENDING at
        the start of a run, with all that succeeded under it still there.
        """
        nodes = self._graph.nodes
        seen = set()
        stack = list(self._graph.succ[atom])
        while stack:
            node = stack.pop()
            if node in seen or node not in members:
                continue
            seen.add(node)
            kind = nodes[node]["kind"]
            if kind in stock.ATOMS:
                yield node
            if kind != stock.TASK:
                stack.extend(self._graph.succ[node])
