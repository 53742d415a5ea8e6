# SPDX-License-Identifier: Apache-2.0
"""What becomes of a failure: it stays where it happened, and the run goes on.

TaskFlow reverts everything when an atom fails.  Here the atom stays FAILURE, what
depends on it stays PENDING, and all else runs to its end.  A task that says so itself
runs again after a pause.  Nothing is ever reverted.
"""

from __future__ import annotations

import weakref
from typing import Any

from taskflow import states as st
from taskflow.engines.action_engine import completer as stock
from taskflow.types import failure

from pumphouse import exceptions
from pumphouse.flow.engine._private import Task
from pumphouse.flow.engine.pool import PAUSED

Atom = Any


class Completer(stock.Completer):  # type: ignore[misc]
    """Takes the place of TaskFlow's completer."""

    def __init__(self, runtime: Any) -> None:
        super().__init__(runtime)
        self._run = weakref.proxy(runtime)

    def resume(self) -> set[Atom]:
        """The atoms to begin with: none.

        What was to be executed has been reset and is found by the selector.
        """
        return set()

    def complete(self, node: Atom, outcome: str, result: Any) -> None:
        """Save what became of an atom.

        A task that stopped at a safe point, because it was asked to, has not failed:
        it is PENDING again.
        """
        if outcome == PAUSED:
            return
        if _stopped(result):
            self._run.storage.set_atom_state(node.name, st.PENDING)
        else:
            super().complete(node, outcome, result)

    def complete_failure(
        self, node: Atom, outcome: str, cause: failure.Failure
    ) -> bool:
        """Decide on one failure.

        :returns: whether it ends the run: never
        """
        if not _stopped(cause) and isinstance(node, Task):
            again = node.again(cause.exception)
            if again is not None:
                self._run.execute_again(node, again)
        return False


def _stopped(result: Any) -> bool:
    error = result.exception if isinstance(result, failure.Failure) else None
    return isinstance(error, exceptions.Suspended)


def normalise(runtime: Any) -> None:
    """Before a run: let all that has not succeeded run in it."""
    storage = runtime.storage
    runtime.scheduler.clear()
    runtime.selector.clear()
    states = runtime.states_of(runtime.atoms.values())
    for name, (state, intention) in states.items():
        if state not in (st.PENDING, st.SUCCESS):
            storage.reset(name)
        if intention != st.EXECUTE:
            storage.set_atom_intention(name, st.EXECUTE)
