# SPDX-License-Identifier: Apache-2.0
"""The states of one flow, as the engine sees them while it runs."""

from __future__ import annotations

from typing import Any

from taskflow import storage


class Storage(storage.Storage):  # type: ignore[misc]
    """TaskFlow's storage; progress stays in memory.

    TaskFlow saves an atom for each change of its progress, and itself sets it twice
    for each task.  How far a task has come means nothing after a crash, since it
    starts again, so it is not worth a write.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._progress: dict[str, tuple[float, Any]] = {}

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
