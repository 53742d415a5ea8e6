# SPDX-License-Identifier: Apache-2.0
"""What the steps of one run work with: clouds, bindings, journal, safe points.

Implements the protocol of :mod:`pumphouse.resources.context`.  All of it may be
used from many threads at once.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pumphouse import exceptions
from pumphouse.cloud.cloud import Cloud
from pumphouse.cloud.identity_database import IdentityDatabase
from pumphouse.conf.migration import Options
from pumphouse.conf.settings import Settings
from pumphouse.flow.delegations import Delegations
from pumphouse.flow.pace import Pace
from pumphouse.models import NOT_KEPT, Binding, CloudPair, Origin, Ref
from pumphouse.store import Store, Writer
from pumphouse.store.rows import Intent

LOG = logging.getLogger(__name__)
T = TypeVar("T")

# Errors after which nobody knows whether the request took effect, or it did.
UNKNOWN_OUTCOME = (
    exceptions.LostAnswer,
    exceptions.ServiceError,
    exceptions.Unreachable,
    exceptions.Timeout,
    exceptions.StoreError,
    exceptions.Suspended,
    exceptions.Unfinished,
)

FIRST_POLL = 0.25  # seconds; each further one is twice as long
FIRST_LOOK = 1.5  # seconds, at what nobody has waited for yet

Progress = Callable[[Ref, int, int], None]


def _outcome_unknown(error: BaseException) -> bool:
    """Whether something may have been made, for all that *error* tells.

    An error while a lost answer was being dealt with says nothing about what the
    lost request did; neither does a success that made no sense.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, UNKNOWN_OUTCOME) or getattr(seen, "retried", False):
            return True
        if isinstance(seen, exceptions.UnexpectedAnswer) and 0 < seen.status < 400:
            return True
        seen = seen.__context__
    return False


@dataclass
class RunContext:
    """The context of one run; see the protocol for what each method promises.

    :param writer: of the run that this is the context of
    :param settled_at: when nothing that an earlier owner of the run asked for can be
        under way any more: what it announced is not gone on with before
    :param standing: references that need no binding, with what stands for them
        (mapped in the migration file, the operator's own)
    :param mapped: those of them that the plan says are mapped
    :param names: what resources are called, for whoever lists bindings
    :param aside: around every wait: the step needs no place among those at work
    :param stopping: set when the run is to stop at the next safe point
    """

    source: Cloud
    destination: Cloud
    store: Store
    writer: Writer
    options: Options
    settings: Settings = field(default_factory=Settings)
    standing: Mapping[Ref, str] = field(default_factory=dict)
    mapped: Mapping[Ref, str] = field(default_factory=dict)
    names: Mapping[Ref, str] = field(default_factory=dict)
    source_passwords: IdentityDatabase | None = None
    destination_passwords: IdentityDatabase | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    aside: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    on_progress: Progress = lambda ref, done, total: None
    settled_at: float = 0.0  # by ``monotonic``
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.pair = CloudPair(self.source.identity, self.destination.identity)
        self.source = self.source.guarded(self._confirm)
        self.destination = self.destination.guarded(self._confirm)
        self._lock = threading.RLock()
        self._exclusive: dict[tuple[str, ...], threading.Lock] = defaultdict(
            threading.Lock
        )
        self._creating: dict[Ref, Intent] = {}
        self._own: set[int] = set()  # ids of intents that were opened here
        self._bindings = {b.ref: b for b in self.store.bindings(self.pair)}
        self._delegations = Delegations(self)
        self._pace = Pace()

    @property
    def run_id(self) -> str:
        """The run that this is the context of."""
        return self.writer.run_id

    def _confirm(self) -> None:
        """Right before each request: also a read may have a cloud make something."""
        self.writer.confirm()

    # -- bindings ---------------------------------------------------------
    def translate(self, ref: Ref) -> str | None:
        if ref in self.mapped:  # the operator's word, now, beats an adoption then
            return self.mapped[ref]
        found = self._bindings.get(ref)
        if found is not None:
            return found.destination_id
        return self.standing.get(ref)

    def destination_id(self, ref: Ref) -> str:
        found = self.translate(ref)
        if found is None:
            raise exceptions.ResourceError(
                f"nothing on the destination stands for {ref}",
                hint=f"Migrate it, or 'pumphouse register {ref.type} {ref.id} ID'",
            )
        return found

    def binding(self, ref: Ref) -> Binding | None:
        return self._bindings.get(ref)

    def bind(
        self, ref: Ref, destination_id: str, origin: Origin = Origin.CREATED
    ) -> None:
        name = self.names.get(ref, "")
        binding = Binding(ref, destination_id, origin, self.run_id, name)
        with self._lock:
            intent = self._creating.get(ref)
        self.writer.bind(self.pair, binding, closes=intent.id if intent else None)
        with self._lock:
            self._bindings[ref] = binding
            self._creating.pop(ref, None)

    def unbind(self, ref: Ref) -> None:
        self.writer.unbind(self.pair, ref)
        with self._lock:
            self._bindings.pop(ref, None)

    def taken(self, kind: str) -> Collection[str]:
        with self._lock:
            return {
                b.destination_id for r, b in self._bindings.items() if r.type == kind
            }

    # -- journal ----------------------------------------------------------
    @contextlib.contextmanager
    def creating(self, ref: Ref) -> Iterator[Intent]:
        intent = self._opened("create", ref)
        with self._lock:
            self._creating[ref] = intent
        try:
            yield intent
        except exceptions.PumphouseError as error:
            # A clear no: nothing was made, so nothing is looked for next time.
            # But what an earlier, unknown try may have made still counts.
            if not intent.reopened and not _outcome_unknown(error):
                self.writer.close_intent(
                    intent.id, "failed", {"error": type(error).__name__}
                )
            raise
        finally:
            with self._lock:
                self._creating.pop(ref, None)

    def temporary(self, kind: str, ref: Ref, **details: Any) -> Intent:
        return self._opened(kind, ref, details)

    def settle(self, intent: Any, outcome: str = "undone") -> None:
        self.writer.close_intent(intent.id, outcome)

    def unsettled(self, kind: str, ref: Ref) -> Intent | None:
        still_open = self.store.open_intents(self.pair, kinds=[kind], ref=ref)
        if not still_open:
            return None
        self._await_old_request(still_open[0])
        return still_open[0]

    def _opened(
        self, kind: str, ref: Ref, details: Mapping[str, Any] | None = None
    ) -> Intent:
        intent = self.writer.open_intent(self.pair, kind, ref, details)
        if intent.reopened:
            self._await_old_request(intent)
        else:
            self._own.add(intent.id)
        return intent

    def _await_old_request(self, intent: Intent) -> None:
        """What an earlier owner had asked for has happened by now, or never will."""
        left = self.settled_at - self.monotonic() if self.settled_at else 0.0
        if left > 0 and intent.id not in self._own:
            self._pause(left)

    # -- other hats on the destination ------------------------------------
    def acting_as(self, user_id: str, project_id: str) -> Cloud | None:
        return self._delegations.acting_as(user_id, project_id)

    def as_operator_in(self, project_id: str) -> Cloud:
        return self._delegations.as_operator_in(project_id)

    def close(self) -> None:
        """Give back every delegation.  What fails stays in the journal."""
        self._delegations.close()

    # -- waiting, stopping, telling ---------------------------------------
    @contextlib.contextmanager
    def exclusively(self, *what: str) -> Iterator[None]:
        with self._lock:
            lock = self._exclusive[what]
        with lock:
            yield

    def wait(
        self,
        what: str,
        poll: Callable[[], T | None],
        *,
        timeout: float,
        kind: str = "",
    ) -> T:
        began = self.monotonic()
        longest = self.settings.poll_interval
        first = self._pace.first_look(kind, FIRST_LOOK, longest) if kind else 0.0
        pause = min(max(FIRST_POLL, first / 2), longest)
        missed = 0.0
        if first:
            self._pause(first)
        while (found := poll()) is None:
            missed = self.monotonic() - began
            if missed + pause > timeout:
                raise exceptions.Timeout(
                    f"waited {timeout:.0f} s in vain for {what}",
                    hint="Look at it with the cloud's own tools, then resume",
                )
            self._pause(pause)
            pause = min(pause * 2, longest)
        if kind:
            self._pace.took(kind, missed, self.monotonic() - began)
        return found

    def _pause(self, seconds: float) -> None:
        with self.aside():
            stop = self.stopping.wait(seconds)
        if stop:
            self.checkpoint()

    def checkpoint(self) -> None:
        self.writer.check()
        if self.stopping.is_set():
            raise exceptions.Suspended(
                "stopped on request", hint="'pumphouse resume' goes on"
            )

    def progress(self, ref: Ref, done: int, total: int) -> None:
        self.on_progress(ref, done, total)

    def note(self, ref: Ref, name: str, **details: Any) -> None:
        self.writer.event(name, ref, **details)

    def not_kept(self, ref: Ref, *fields: str) -> None:
        self.writer.node_said(ref, {NOT_KEPT: list(fields)})

    def now(self) -> float:
        return self.clock()
