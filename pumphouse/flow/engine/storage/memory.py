# SPDX-License-Identifier: Apache-2.0
"""The states of one flow, as the engine sees them while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from taskflow import exceptions
from taskflow import states as st
from taskflow.persistence import models
from taskflow.types.failure import Failure

from pumphouse.flow.engine import _private


class Storage(_private.Storage):
    """TaskFlow's storage; progress stays in memory, and failures are at hand.

    TaskFlow saves an atom for each change of its progress, and itself sets it twice
    for each task.  How far a task has come means nothing after a crash, since it
    starts again, so it is not worth a write.
    """

    def __init__(
        self, flow_detail: models.FlowDetail, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(flow_detail, *args, **kwargs)
        self._failed = {
            atom.name: None for atom in flow_detail if atom.failure is not None
        }
        self._progress: dict[str, tuple[float, Any]] = {}

    # Only the engine's thread changes states, and changes one attribute at a time: to
    # read them needs no lock, and they are read a dozen times for each task.
    def get_atoms_states(self, atom_names: Iterable[str]) -> dict[str, tuple[str, str]]:
        """State and intention by atom name."""
        return {name: self._state_of(name) for name in atom_names}

    def get_atom_state(self, atom_name: str) -> str:
        """The state of one atom."""
        return self._state_of(atom_name)[0]

    def get_atom_intention(self, atom_name: str) -> str:
        """Whether an atom is to be executed, reverted, retried or ignored."""
        return self._state_of(atom_name)[1]

    def _state_of(self, atom_name: str) -> tuple[str, str]:
        detail = self.detail_of(atom_name)
        if detail is None:
            raise exceptions.NotFound(f"Unknown atom name '{atom_name}'")
        return detail.state, detail.intention

    def fetch_unsatisfied_args(
        self, atom_name: str, args_mapping: Mapping[str, str], **kwargs: Any
    ) -> set[str]:
        """Which of the symbols that an atom wants nobody will provide."""
        if not args_mapping:
            return set()
        missing: set[str] = super().fetch_unsatisfied_args(
            atom_name, args_mapping, **kwargs
        )
        return missing

    def set_task_progress(
        self, task_name: str, progress: float, details: Any = None
    ) -> None:
        """Remember how far a task has come, 0.0 to 1.0, until the process ends."""
        if details is None and task_name in self._progress:
            details = self._progress[task_name][1]
        self._progress[task_name] = (progress, details or None)

    def get_task_progress(self, task_name: str) -> float:
        """How far a task has come in this process, 0.0 to 1.0."""
        return self._progress.get(task_name, (0.0, None))[0]

    def get_task_progress_details(self, task_name: str) -> Any:
        """What the task said with its last progress that had details."""
        progress, details = self._progress.get(task_name, (0.0, None))
        return details and {"at_progress": progress, "details": details}

    def save(self, atom_name: str, result: Any, state: str = st.SUCCESS) -> None:
        """Keep what an atom gave, or why it failed."""
        super().save(atom_name, result, state)
        if state == st.FAILURE:
            self._failed[atom_name] = None
        elif state == st.SUCCESS and atom_name in self._failed:
            del self._failed[atom_name]  # it was retried
            self.failures_of(atom_name).clear()

    def get_execute_failures(self) -> dict[str, Failure]:
        """Why atoms failed, by name, in the order they did."""
        with self.lock.read_lock():
            return {
                name: self.failures_of(name)[st.EXECUTE]
                for name in self._failed
                if st.EXECUTE in self.failures_of(name)
            }

    # TaskFlow's other name of it
    get_failures = get_execute_failures
