# SPDX-License-Identifier: Apache-2.0
"""What becomes of a failure: it stays where it happened, and the run goes on.

TaskFlow reverts everything when an atom fails without a retry controller, and also
when a controller gives up.  Here the atom stays FAILURE, what depends on it stays
PENDING, and all else runs to its end.  A controller that answers RETRY has its flow
reverted and run again, as in TaskFlow; one that gives up leaves it as it is, or has
it reverted under the engine's option ``put_back``.  A task that says so itself runs
again after a pause, without anything being reverted.
"""

from __future__ import annotations

import weakref
from typing import Any

from taskflow import retry as retries
from taskflow import states as st
from taskflow.engines.action_engine import completer as stock
from taskflow.engines.action_engine import executor
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
        self._put_back = bool(runtime.options.get("put_back", False))

    def resume(self) -> set[Atom]:
        """The atoms to begin with: those whose revert was interrupted.

        What was to be executed has been reset and is found by the selector.
        """
        states = self._run.states_of(self._run.atoms.values())
        return {
            atom
            for name, atom in self._run.atoms.items()
            if states[name][0] == st.REVERTING
        }

    def complete(self, node: Atom, outcome: str, result: Any) -> None:
        """Save what became of an atom.

        A task that stopped at a safe point, because it was asked to, has not failed:
        it is PENDING again, or goes on being reverted in the next run.
        """
        if outcome == PAUSED:
            return
        if not _stopped(result):
            super().complete(node, outcome, result)
        elif outcome == executor.EXECUTED:
            self._run.storage.set_atom_state(node.name, st.PENDING)

    def complete_failure(
        self, node: Atom, outcome: str, cause: failure.Failure
    ) -> bool:
        """Decide on one failure.

        :returns: whether it ends the run: never
        """
        if outcome == executor.EXECUTED and not _stopped(cause):
            again = node.again(cause.exception) if isinstance(node, Task) else None
            if again is None:
                self._decide(node, cause)
            else:
                self._run.execute_again(node, again)
        return False

    def _decide(self, node: Atom, cause: failure.Failure) -> None:
        innermost = self._run.find_retry(node)
        controller = innermost
        while controller is not None:
            if self._run.selector.is_put_back_with(controller):
                return  # as one of its members; nothing is left to decide
            action = self._run.fetch_action(controller)
            decision = action.on_failure(controller, node, cause)
            if decision == retries.RETRY:
                _revert_flow(self._run, controller, st.RETRY)
                return
            controller = self._run.find_retry(controller)
        if innermost is not None and self._put_back:
            _revert_flow(self._run, innermost, st.REVERT)


def _revert_flow(runtime: Any, controller: Atom, then: str) -> None:
    """Have the flow of *controller* reverted, and *then* (RETRY) executed again."""
    storage = runtime.storage
    storage.set_atom_intention(controller.name, then)
    for atom in runtime.member_atoms(controller):
        storage.set_atom_intention(atom.name, st.REVERT)
    runtime.selector.put_back(controller)


def _stopped(result: Any) -> bool:
    error = result.exception if isinstance(result, failure.Failure) else None
    return isinstance(error, exceptions.Suspended)


def normalise(runtime: Any) -> None:
    """Before a run: let all that has not succeeded run in it.

    A flow whose revert was interrupted goes on being reverted first.
    """
    storage = runtime.storage
    runtime.scheduler.clear()
    runtime.selector.clear()
    reverting: set[str] = set()
    # inner ones come first, so that the outermost has the last word
    for controller in list(runtime.iterate_retries()):
        if _normalise_controller(runtime, controller):
            _revert_flow(runtime, controller, st.RETRY)
            reverting.update(a.name for a in runtime.member_atoms(controller))
            reverting.add(controller.name)
    states = runtime.states_of(runtime.atoms.values())
    for name, (state, intention) in states.items():
        if name in reverting:
            if state in (st.RUNNING, st.REVERT_FAILURE):  # as one that failed
                storage.set_atom_state(name, st.FAILURE)
            continue
        if state not in (st.PENDING, st.SUCCESS):
            storage.reset(name)
        if intention != st.EXECUTE:
            storage.set_atom_intention(name, st.EXECUTE)


def _normalise_controller(runtime: Any, controller: Atom) -> bool:
    """Give a controller a fresh start.

    :returns: whether its flow was being reverted, and has to be to the end
    """
    storage = runtime.storage
    state, intention = runtime.states_of([controller])[controller.name]
    if state == st.RETRYING:  # all is reverted
        runtime.retry_subflow(controller)
        storage.set_atom_state(controller.name, st.PENDING)
        return False
    if state != st.SUCCESS:
        return False
    if intention in (st.REVERT, st.RETRY):
        return True
    history = storage.get_retry_history(controller.name)
    if any(failures for _result, failures in history):
        # attempts are counted for each run: a resumed one has all of them again
        storage.reset(controller.name)
    return False
