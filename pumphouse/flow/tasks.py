# SPDX-License-Identifier: Apache-2.0
"""The TaskFlow task that carries out one step of one resource.

Its name is its identity: ``<type>:<source id>:<step>``.  A resumed run finds it
again by that name and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pumphouse import exceptions
from pumphouse.flow.engine import Again, Patience, Task
from pumphouse.models import Ref, Resource
from pumphouse.resources.base import Step
from pumphouse.resources.context import Context

LOG = logging.getLogger(__name__)


class Recorder(Protocol):
    """Keeps what the operator sees of a run: what really began and ended."""

    def started(self, ref: Ref, step: str) -> None: ...

    def done(
        self, ref: Ref, step: str, details: Mapping[str, Any], *, last: bool
    ) -> None: ...

    def failed(self, ref: Ref, step: str, error: exceptions.PumphouseError) -> None: ...

    def again(
        self, ref: Ref, step: str, error: exceptions.PumphouseError, seconds: float
    ) -> None: ...

    def interrupted(self, ref: Ref, step: str) -> None: ...


ONCE = Patience(attempts=1)


class StepTask(Task):
    """One step of one resource.

    Its result is what the step returned.  Every failure leaves it as a
    :class:`~pumphouse.exceptions.PumphouseError` that names the resource.  One that
    may go away by itself has the step run again after a pause; or the resource from
    its first step on, where that was put back.

    ``last``: no step follows.  ``steps``: names of all steps up to this one, where
    a failure puts the resource back; otherwise empty.
    """

    def __init__(
        self,
        step: str,
        function: Step,
        resource: Resource,
        context: Context,
        recorder: Recorder,
        patience: Patience = ONCE,
    ) -> None:
        super().__init__(name=f"{resource.ref}:{step}")
        self._step = step
        self._function = function
        self._resource = resource
        self._context = context
        self._recorder = recorder
        self._patience = patience
        self._attempt = 0  # in this run
        self._again: Again | None = None
        self.last = False
        self.steps: Sequence[str] = ()

    def again(self, error: BaseException | None) -> Again | None:
        """What the last failure asked for."""
        return self._again

    def execute(self) -> dict[str, Any]:
        """Carry the step out; safe to run twice."""
        ref = self._resource.ref
        self._context.checkpoint()
        self._attempt += 1
        self._again = None
        self._recorder.started(ref, self._step)
        try:
            details = dict(self._function(self._context, self._resource) or {})
            self._recorder.done(ref, self._step, details, last=self.last)
        except exceptions.Suspended:
            self._recorder.interrupted(ref, self._step)
            raise
        except exceptions.PumphouseError as error:
            error.about(str(self._resource))
            self._failed(ref, error)
            raise
        except Exception as unexpected:
            # A bug of ours: the operator gets a line, --debug the rest.
            LOG.debug("unexpected error in %s", self.name, exc_info=True)
            fault = exceptions.ResourceError(
                f"unexpected {type(unexpected).__name__} in step {self._step}",
                resource=str(self._resource),
                hint="This is a fault of Pumphouse: --debug shows more to report",
            )
            self._recorder.failed(ref, self._step, fault)
            raise fault from None
        return details

    def _failed(self, ref: Ref, error: exceptions.PumphouseError) -> None:
        seconds = self._patience.after(error, self._attempt)
        if seconds is None or self._stopping():
            self._recorder.failed(ref, self._step, error)
            return
        put_back = self.steps and self._context.binding(ref) is None
        self._again = Again(seconds, tuple(self.steps) if put_back else (self.name,))
        self._recorder.again(ref, self._step, error, seconds)

    def _stopping(self) -> bool:
        try:
            self._context.checkpoint()
        except exceptions.Suspended:
            return True
        return False
